"""The score of one fold."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from classifiers.config import TrainConfig
from ganaug.bank.bank import Bank
from ganaug.quality.kid import kid
from pipelines.comparison.results import TrainRun
from pipelines.data.images import Images
from pipelines.synthetic.judges import JUDGE_SIZE, open_judge
from pipelines.tasks.results import TrainTaskResult
from pipelines.workspace import TEST

SAMPLES = 200


def last_epochs(train: TrainConfig, last: int) -> list[int]:
    """Return the epochs whose mean accuracy is a score; of classifiers that vote, the end alone."""
    if train.folds or train.members > 1:
        return []
    return [*range(max(1, train.epochs - last + 1), train.epochs + 1)]


def last_accuracies(result: TrainTaskResult, last: int) -> float:
    """Return the mean validation accuracy of the last epochs, 0..1; a probe has but one.

    The best epoch would be an optimist: on 33 images of two classes the luckiest of 50 epochs is
    several points above the truth.
    """
    if not result.accuracy_at:
        return result.scores.accuracy
    epochs = sorted(result.accuracy_at)[-last:]
    return float(np.mean([result.accuracy_at[epoch] for epoch in epochs]))


def fold_accuracies(runs: Sequence[TrainRun], last: int) -> list[float]:
    """Return the score of each fold in turn, the mean over the seeds that trained on it."""
    scores: dict[int, list[float]] = {}
    for run in runs:
        scores.setdefault(run.instance, []).append(last_accuracies(run.result, last))
    return [float(np.mean(own)) for _, own in sorted(scores.items())]


def fold_kid(bank: Path, fold: Path, judge: str) -> float:
    """Return the mean KID over the classes, between samples and the images that were left out.

    Parameters
    ----------
    bank
        Generators of the classes.
    fold
        Folder whose ``test.npz`` holds the images that were left out.
    judge
        Network whose features are compared, see `Search.judge`.
    """
    extractor = open_judge(judge, JUDGE_SIZE)
    left_out = Images.load(fold / TEST)
    generators = Bank(bank)
    return float(
        np.mean(
            [
                kid(
                    extractor(left_out.of_class(left_out.class_names.index(name))),
                    extractor(generators.sample(name, SAMPLES, seed=0)),
                ).value
                for name in generators.class_names
            ]
        )
    )
