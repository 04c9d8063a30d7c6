"""The work of a `JoinTask`: classifiers of all images, to one that answers by their vote."""

import time
from pathlib import Path

from classifiers.inference.ensembles import as_one_model
from classifiers.inference.probabilities import probabilities
from groundwork.files import replacing, write_json
from groundwork.names import listed
from pipelines.tasks.base import Progress
from pipelines.tasks.checked import read_check, write_check
from pipelines.tasks.final import JoinTask
from pipelines.tasks.results import FinalTaskResult
from pipelines.tasks.trained import TrainedClassifier
from pipelines.workspace import CONFIG, MODEL


def run(task: JoinTask, outputs: Path, folder: Path, progress: Progress) -> FinalTaskResult:
    """Join the members, and save `model.keras`."""
    start = time.perf_counter()
    found = [TrainedClassifier(outputs / task.kind / name) for name in task.members]
    networks = []
    for number, one in enumerate(found, start=1):
        networks.append(one.seeing())
        progress(number, len(found))
    settings = found[0].as_vote() | {"name": task.name, "members": list(task.members)}
    write_json(folder / CONFIG, settings)
    joined = as_one_model(networks)
    with replacing(folder / MODEL) as path:
        joined.save(path)
    pixels, _ = read_check(found[0].folder)
    answered = probabilities(joined, pixels)
    write_check(folder, pixels, answered)
    results = [FinalTaskResult.read(one.folder) for one in found]
    return FinalTaskResult(
        class_names=found[0].class_names,
        class_images=results[0].class_images,
        history={},
        size=results[0].size,
        train_images=results[0].train_images,
        steps=sum(one.steps for one in results),
        notes=[f"The vote of {listed(task.arms, quoted=True)}."],
        effort=task.effort,
        seconds=sum(one.seconds for one in results) + time.perf_counter() - start,
    )
