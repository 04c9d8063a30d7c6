"""A study: draw instances, train the generators they need, train every arm, put it together."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from classifiers.config import TrainConfig
from ganaug.config import GanConfig
from ganaug.files import write_json
from pipelines import runtime
from pipelines.checking import check_models
from pipelines.executor import Executor
from pipelines.identity import digest, slug
from pipelines.recipe import DataConfig, Recipe
from pipelines.results import GanRun, InstanceRecord, StudyResult, TrainRun
from pipelines.sources import Source, load_source
from pipelines.subsets import Instance, further_images, instance, parse_classes
from pipelines.tasks import EVERY_CLASS, GanTask, TrainTask


@dataclass(frozen=True)
class Drawn:
    """An instance on disk.

    Attributes
    ----------
    folder
        Relative to outputs/; holds `train.npz` and `test.npz`.
    record
        What was drawn.
    class_digests
        Stands for the training images of each class.
    further
        File of further real images, relative to outputs/; None where no arm needs any.
    """

    folder: str
    record: InstanceRecord
    class_digests: tuple[str, ...]
    further: str | None = None


def open_source(data: DataConfig) -> Source:
    """Load the source that ``data`` names."""
    return load_source(data.source, data_dir=data.data_dir, size=data.size, skip_bad=data.skip_bad)


def draw_instances(
    source: Source,
    data: DataConfig,
    outputs: Path,
    extra_real: int = 0,
    *,
    tested: bool = True,
) -> list[Drawn]:
    """Draw the instances of ``data`` and write each to a folder named by its content.

    With ``extra_real``, as many further images of each class are written beside it. ``tested`` is
    that of `instance`.
    """
    drawn = []
    for seed in range(data.seed, data.seed + data.instances):
        one = instance(
            source,
            seed,
            classes=parse_classes(data.classes),
            per_class=data.per_class,
            test_per_class=data.test_per_class,
            tested=tested,
        )
        written = write_instance(one, outputs)
        if extra_real:
            images = further_images(source, one, extra_real)
            path = Path(written.folder) / f"further-{images.digest()[:12]}.npz"
            if not (outputs / path).is_file():
                images.save(outputs / path)
            written = replace(written, further=path.as_posix())
        drawn.append(written)
    return drawn


def write_instance(one: Instance, outputs: Path) -> Drawn:
    """Write an instance to a folder named by its content."""
    content = digest([one.train.digest(), one.test.digest()])
    folder = Path("instance") / f"{slug(one.train.source)}-{one.seed}-{content}"
    for name, images in (("train", one.train), ("test", one.test)):
        if not (outputs / folder / f"{name}.npz").is_file():
            images.save(outputs / folder / f"{name}.npz")
    labels = range(len(one.train.class_names))
    digests = tuple(one.train.select(one.train.labels == label).digest() for label in labels)
    return Drawn(folder.as_posix(), one.record(), digests)


def plan_gans(drawn: Sequence[Drawn], config: GanConfig) -> list[list[GanTask]]:
    """Return the tasks that train the generators, instance by instance."""
    planned = []
    for one in drawn:
        own = config.model_copy(update={"seed": config.seed + one.record.seed})
        labels = range(len(one.record.classes)) if config.scope == "class" else [None]
        planned.append([_plan_gan(one, label, own) for label in labels])
    return planned


def _plan_gan(one: Drawn, label: int | None, config: GanConfig) -> GanTask:
    return GanTask(
        name=f"{EVERY_CLASS if label is None else one.record.classes[label]}-{one.record.seed}",
        instance=one.folder,
        label=label,
        images=digest(one.class_digests) if label is None else one.class_digests[label],
        config=config,
    )


def bank_folder(tasks: Sequence[GanTask]) -> Path:
    """Return the folder of the bank that gathers the generators of ``tasks``."""
    members = [task.folder().as_posix() for task in tasks]
    names = "-".join(task.name.rpartition("-")[0] for task in tasks[:4])
    return Path("bank") / f"{slug(names)}-{digest(members)}"


def train_gans(
    tasks: Sequence[Sequence[GanTask]], executor: Executor
) -> tuple[list[Path], list[GanRun]]:
    """Train the generators and gather those of each instance in a bank."""
    from ganaug import Bank

    outputs = executor.outputs

    flat = [(index, task) for index, group in enumerate(tasks) for task in group]
    results = executor.run([task for _, task in flat], "generators")
    banks = []
    for group in tasks:
        folder = bank_folder(group)
        if not (outputs / folder).is_dir():
            Bank.assemble(outputs / folder, _class_folders(group, outputs))
        banks.append(folder)
    runs = [
        GanRun(instance=index, folder=task.folder(), result=result)
        for (index, task), result in zip(flat, results, strict=True)
    ]
    return banks, runs


def _class_folders(tasks: Sequence[GanTask], outputs: Path) -> list[Path]:
    """Return the folders with a `generator.keras` each, in the order of their labels."""
    if tasks[0].config.scope != "conditional":
        return [outputs / task.folder() for task in tasks]
    folders = (outputs / tasks[0].folder()).glob("[0-9]*-*")
    return sorted(folders, key=lambda folder: int(folder.name.partition("-")[0]))


def plan_trainings(
    recipe: Recipe, drawn: Sequence[Drawn], banks: Sequence[Path] | None
) -> list[tuple[int, str, TrainTask]]:
    """Return (instance, arm, task) for every arm on every instance."""
    planned = []
    for index, one in enumerate(drawn):
        for name, arm in recipe.resolved_arms().items():
            train: TrainConfig = arm.train.model_copy(
                update={"seed": arm.train.seed + one.record.seed}
            )
            bank = banks[index].as_posix() if arm.generated and banks else None
            task = TrainTask(
                name=f"{recipe.name}-{name}-{one.record.seed}",
                instance=one.folder,
                arm=arm.model_copy(update={"train": train}),
                bank=bank,
                further=one.further if arm.mix.extra_real else None,
            )
            planned.append((index, name, task))
    return planned


def run_study(recipe: Recipe, outputs: Path, *, workers: int, command: str) -> Path:
    """Run every task of ``recipe`` and return the folder of its `result.json`."""
    clock = _Clock()
    source = open_source(recipe.data)
    drawn = draw_instances(source, recipe.data, outputs, recipe.extra_real)
    check_models(recipe, source.train.size, len(drawn[0].record.classes))
    clock.lap("data")
    banks: list[Path] | None = None
    gans: list[GanRun] = []
    with Executor(outputs, workers) as executor:
        if any(arm.generated for arm in recipe.resolved_arms().values()):
            banks, gans = train_gans(plan_gans(drawn, recipe.gan), executor)
            clock.lap("generators")
        planned = plan_trainings(recipe, drawn, banks)
        results = executor.run([task for *_, task in planned], "classifiers")
    clock.lap("classifiers")
    settings = recipe.model_dump(mode="json")
    study = StudyResult(
        name=recipe.name,
        title=recipe.title,
        command=command,
        machine=runtime.machine(),
        source="; ".join([source.name, *source.notes]),
        seconds=clock.laps,
        recipe=settings,
        published=recipe.published,
        instances=[one.record for one in drawn],
        arms=list(recipe.arms),
        gans=gans,
        trainings=[
            TrainRun(instance=index, arm=arm, folder=task.folder(), result=result)
            for (index, arm, task), result in zip(planned, results, strict=True)
        ],
    )
    identity = digest([settings, [run.folder.as_posix() for run in study.trainings]])
    folder = Path("study") / f"{slug(recipe.name)}-{identity}"
    write_json(outputs / folder / "result.json", study.model_dump(mode="json"))
    return outputs / folder


class _Clock:
    """Wall time by part."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, part: str) -> None:
        now = time.perf_counter()
        self.laps[part] = round(now - self._last, 1)
        self._last = now
