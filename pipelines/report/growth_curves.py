"""The learning curves of a comparison's arms, from its trainings on growing parts of the images."""

from collections.abc import Sequence

import numpy as np

from pipelines.comparison.results import ComparisonResult, PartRun
from pipelines.report.table import Results
from pipelines.statistics.learning_curve import LearningCurve, Measured, learning_curve
from pipelines.tasks.learning import never_learned


def learning_curves(comparison: ComparisonResult, table: Results) -> dict[str, LearningCurve]:
    """Return the learning curves of the arms that were trained on parts, by name.

    Parts on which a training never learned are left out, and so are arms that never did on all
    images: how often training fails is another question than what images teach.
    """
    found = {}
    for arm in table.arms:
        runs = [run for run in comparison.parts if run.arm == arm.name]
        if not runs or arm.failed:
            continue
        measured = [
            _measured(runs, fraction) for fraction in sorted({run.fraction for run in runs})
        ]
        known = [one for one in measured if one.errors]
        whole = [
            comparison.instances[i].train_images / len(comparison.instances[i].classes)
            for i in sorted({run.instance for run in runs})
        ]
        errors = {i: 1 - accuracy for i, accuracy in arm.final.items()}
        one = learning_curve(
            [*known, Measured(float(np.mean(whole)), errors)],
            _tested(comparison, runs),
            correlation=comparison.correlation,
        )
        if one:
            found[arm.name] = one
    return found


def _measured(runs: Sequence[PartRun], fraction: float) -> Measured:
    """Return the errors after training on one part, means over the seeds; none if one failed."""
    own = [run for run in runs if run.fraction == fraction]
    errors: dict[int, list[float]] = {}
    if not any(never_learned(run.result) for run in own):
        for run in own:
            errors.setdefault(run.instance, []).append(1 - run.result.scores.accuracy)
    return Measured(
        float(np.mean([run.per_class for run in own])),
        {i: float(np.mean(values)) for i, values in errors.items()},
    )


def _tested(comparison: ComparisonResult, runs: Sequence[PartRun]) -> int:
    """Return about how many distinct images the runs' instances were tested on."""
    images = [comparison.instances[i].test_images for i in sorted({run.instance for run in runs})]
    shared = comparison.overlap
    if shared is None:
        return sum(images)
    of_one = float(np.mean(images))
    distinct = of_one * (1 + (len(images) - 1) * (1 - shared.test))
    if not shared.own_test:  # no more than the folds are made of
        distinct = min(distinct, shared.train_images + shared.test_images)
    return max(1, round(distinct))
