"""Trainings that never started, or not at first, in words: whatever is added to such "helps"."""

from collections.abc import Sequence

from pipelines.tasks.results import TrainTaskResult


def warning(name: str, failed: int, trained: int, attempts: int = 1) -> str:
    """Say that trainings of an arm never started; empty if all did.

    Parameters
    ----------
    name
        Of the arm.
    failed, trained
        Its trainings that never learned, and all of them.
    attempts
        How often the one that was tried most was tried.

    Examples
    --------
    >>> warning("real", 3, 4, 2).partition(":")[2].partition(":")[0]
    ' “real” never learned in 3 of 4 trainings, in up to 2 attempts each'
    """
    if not failed:
        return ""
    tried = f", in up to {attempts} attempts each" if attempts > 1 else ""
    return (
        f"Warning: “{name}” never learned in {failed} of {trained} trainings{tried}: it answers "
        "one class, its loss is at chance. Try another learning rate (--train.learning-rate), "
        "more epochs (--train.epochs) or another model (--train.model)."
    )


def retried(name: str, results: Sequence[TrainTaskResult]) -> str:
    """Say how many trainings of an arm started in a later attempt only, and what helped.

    Empty if none did.
    """
    starts = [one.start for one in results if one.start and one.start.helped]
    if not starts:
        return ""
    helped = [what for start in starts for what in start.helped]
    counts = {what: helped.count(what) for what in helped}
    listed = [
        what + (f" ({count})" if len(counts) > 1 else "")
        for what, count in sorted(counts.items(), key=lambda pair: -pair[1])
    ]
    several = any(start.classifiers > 1 for start in starts)
    who = "had classifiers that did not start" if several else "did not start"
    return (
        f"Note: “{name}” {who} at first in {len(starts)} of {len(results)} trainings: "
        f"{', '.join(listed)} helped."
    )
