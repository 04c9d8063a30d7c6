"""Callbacks that watch the training: keep the best generator, notice a collapse."""

import logging
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from ganaug.config import GanConfig
from ganaug.training.callbacks import OnStep
from ganaug.training.checkpoint import save_arrays
from ganaug.training.record import Record

CERTAIN_STEPS = 500
"""A discriminator that was right about every image for so long teaches nothing any more."""
EARLY_STEPS = 200
"""Before this the samples may well be all the same: an untrained generator knows one grey."""
FEWEST_OF_A_CLASS = 3
"""Samples of each class that a measurement draws at least: fewer have no kernel distance."""
MEASURED, PROBED = (0, 1), (0, 2)
"""What follows the seed in that of the latent vectors which are measured, or looked at for a
collapse. A bank draws by (seed, class), and NumPy reads (s) as (s, 0): the step that is kept must
not be chosen by the very samples that are judged afterwards."""
PROBE = 16
"""Samples that are compared to see whether they are all the same."""
_log = logging.getLogger(__name__)


class Collapsed(Exception):  # noqa: N818 - it is caught by the training, never shown
    """The training has broken down.

    Parameters
    ----------
    step
        Where it was noticed.
    reason
        In words.
    """

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(f"step {step}: {reason}")
        self.step = step
        self.reason = reason


def best_file(folder: Path, step: int) -> Path:
    """Return the file of the generator that measured best at a step.

    It is named by the step because the measurement itself is only in the next checkpoint: a
    training that goes back to an earlier one finds the file that the earlier record speaks of.
    """
    return folder / f"best-{step}.npz"


class KeepBest(OnStep):
    """Measure the quality of samples, keep the best generator's weights, stop when it stalls.

    A class-conditional GAN is measured once its labels count in full: before, its classes are not
    those that it would be kept for.

    Parameters
    ----------
    config
        Says how often, on how many samples, and with how much patience.
    record
        Gets the measurements.
    folder
        Gets the best weights, in :func:`best_file` of the step.
    quality
        uint8 images ``[N, H, W, 3]`` to a number; lower is better.
    """

    def __init__(
        self,
        config: GanConfig,
        record: Record,
        folder: Path,
        quality: Callable[[np.ndarray], float],
    ) -> None:
        super().__init__(config.quality_every, config.steps)
        self.config = config
        self.record = record
        self.folder = folder
        self.quality = quality

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Measure, and keep or stop."""
        classes = self.model.classes
        if classes and float(keras.ops.convert_to_numpy(self.model.label_weight())) < 1:
            return
        count = max(self.config.quality_samples, FEWEST_OF_A_CLASS * classes)
        self.model.recalibrate_batch_norm()
        samples = self.model.sample(count, [self.config.seed, *MEASURED])
        score = float(self.quality(samples))
        best = self.record.best
        self.record.scores.append((step, score))
        if best is None or score < best[1]:
            save_arrays(best_file(self.folder, step), self.model.sampler.get_weights())
        if self.record.stalled(step, self.config.patience):
            self.model.stop_training = True


class WatchForCollapse(OnStep):
    """Raise :class:`Collapsed` when the training has broken down; runs before the checkpoint.

    A loss or weight that is no number always ends the run. All samples equal, or a discriminator
    that is never wrong, do so while there are restarts left; afterwards they are a warning, which
    the record keeps.

    Parameters
    ----------
    config
        Says how many restarts there are.
    record
        Has the accuracies and the restarts so far.
    name
        What is trained, for the warning.
    """

    def __init__(self, config: GanConfig, record: Record, name: str) -> None:
        super().__init__(1, config.steps)
        self.config = config
        self.record = record
        self.name = name

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Check the tick, and the weights whenever a checkpoint is due."""
        if not np.isfinite(list(logs.values())).all():
            raise Collapsed(step, "the loss is not a number")
        due = step % self.config.checkpoint_every == 0 or step == self.total
        if due and not _all_finite(self.model):
            raise Collapsed(step, "a weight is not a number")
        if due and step >= EARLY_STEPS and self._samples_are_equal():
            self._give_in(step, "all samples are equal")
        if self._always_right(step):
            self._give_in(step, "the discriminator is always right")

    def _give_in(self, step: int, reason: str) -> None:
        """Ask for a restart; without any left, say once what is wrong and go on."""
        if self.record.may_restart(self.config.restarts):
            raise Collapsed(step, reason)
        if reason not in [known for _, known in self.record.warnings]:
            self.record.warnings.append((step, reason))
            _log.warning("class %s, step %d: %s, no restart is left", self.name, step, reason)

    def _samples_are_equal(self) -> bool:
        """Tell whether the samples of a class are all the same image."""
        classes = max(1, self.model.classes)
        samples = self.model.sample(PROBE * classes, [self.config.seed, *PROBED]).astype(int)
        # Two grey levels: rounding may part what is the same image.
        return any(np.ptp(samples[i::classes], axis=0).max() < 2 for i in range(classes))

    def _always_right(self, step: int) -> bool:
        back_to = self.record.restarts[-1].back_to if self.record.restarts else 0
        since = step - CERTAIN_STEPS
        return since >= back_to and self.record.always_right(since)


def _all_finite(model: keras.Model) -> bool:
    return all(np.isfinite(v.numpy()).all() for v in model.trainable_variables)
