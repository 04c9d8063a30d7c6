"""Trainings that never learned, told from their results, of older versions too."""

import numpy as np

from classifiers.training.starts import at_chance
from pipelines.tasks.results import TrainTaskResult


def never_learned(result: TrainTaskResult) -> bool:
    """Whether a training ended where it began, in every attempt.

    The training itself says so. Where an older version left no word of it, the last loss of its
    curve and the answers to the test images tell. On 38 solar cells study P's small network did
    that in 2 of 4 draws: flips then "helped" by 17 points.
    """
    if result.start is not None:
        return not result.start.learned
    losses = result.history.get("loss")
    if not losses:  # a probe is fitted in closed form
        return False
    return at_chance(losses[-1], np.array(result.scores.confusion))
