"""Trainings that never started: whatever is added to such an arm "helps"."""

import numpy as np

from pipelines.tasks.results import TrainTaskResult

AT_CHANCE = 0.9
"""Of the loss of always answering the classes' frequencies: a network that learns gets below."""
ONE_ANSWER = 0.95
"""Fraction of the answers that are one class where nothing was learned."""


def never_learned(result: TrainTaskResult) -> bool:
    """Whether a training ended where it began.

    Its loss is still that of knowing the classes' frequencies alone, and it answers nearly always
    one class. On 38 + 38 images study P's small network did that in 3 of 4 draws: generated images
    then "helped" by 20 points, and noise by 16.
    """
    losses = result.history.get("loss")
    if not losses:  # a probe is fitted in closed form
        return False
    confusion = np.array(result.scores.confusion)
    frequency = confusion.sum(axis=1) / confusion.sum()
    frequency = frequency[frequency > 0]
    chance = -float((frequency * np.log(frequency)).sum())
    one = confusion.sum(axis=0).max() / confusion.sum()
    return bool(losses[-1] >= AT_CHANCE * chance and one >= ONE_ANSWER)


def warning(name: str, failed: int, trained: int) -> str:
    """Say that trainings of an arm never started; empty if all did.

    Examples
    --------
    >>> warning("real", 3, 4).partition(":")[2].partition(":")[0]
    ' “real” never learned in 3 of 4 trainings'
    """
    if not failed:
        return ""
    return (
        f"Warning: “{name}” never learned in {failed} of {trained} trainings: it answers one "
        "class, its loss is at chance. Try another learning rate (--train.learning-rate) or model."
    )
