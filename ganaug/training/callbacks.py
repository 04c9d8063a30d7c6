"""What happens between the steps of a training: history, grids, checkpoints, progress.

Training runs in *ticks*, Keras epochs of a fixed number of steps.
"""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from ganaug.config import GanConfig
from ganaug.grids import image_grid, save_picture
from ganaug.model.gan import GAN
from ganaug.training.record import Record

GRID_COLUMNS = 10
GRID_ROWS = 5


class OnStep(keras.callbacks.Callback):  # type: ignore[misc]
    """Call :meth:`act` at the end of a tick when the step is a multiple of `every`, or the last.

    Parameters
    ----------
    every
        Steps between the calls.
    total
        Steps of the whole training.
    """

    def __init__(self, every: int, total: int) -> None:
        super().__init__()
        self.every = every
        self.total = total

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Keras calls this after a tick."""
        step = int(self.model.step.numpy())
        if step % self.every == 0 or step == self.total:
            self.act(step, logs or {})

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Do the callback's work."""
        raise NotImplementedError


class RecordHistory(OnStep):
    """Append the mean of each curve over the tick to the record."""

    def __init__(self, every: int, total: int, record: Record) -> None:
        super().__init__(every, total)
        self.record = record

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Append one point."""
        self.record.add_point({"step": step} | {name: logs[name] for name in self.model.means})


class DrawGrid(OnStep):
    """Draw the same latent vectors again and again into ``grids/step-00500.png``."""

    def __init__(self, every: int, total: int, real: np.ndarray, folder: Path) -> None:
        super().__init__(every, total)
        self.real = real
        self.folder = folder

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Draw one grid."""
        path = self.folder / "grids" / f"step-{step:05d}.png"
        save_picture(draw_grid(self.model, self.real), path)


def draw_grid(gan: GAN, real: np.ndarray, label: int | None = None) -> Image.Image:
    """Return a grid of samples from fixed latent vectors under a row of real images.

    A class-conditional GAN draws one class, or all of them in turn.
    """
    images = gan.sample(len(real) * GRID_ROWS, [gan.config.seed], label)
    return image_grid(np.concatenate([real, images]), len(real), header=1)


class SaveCheckpoint(OnStep):
    """Call ``save(gan=...)``, though not in what may turn out to be a collapse.

    A discriminator that is always right is called a collapse only after many steps. A checkpoint
    from among them would bring a restart back into what it is to escape from, so there is none
    while no accuracy since the last one was below 1 and a restart is left.
    """

    def __init__(self, config: GanConfig, record: Record, save: Callable[..., None]) -> None:
        super().__init__(config.checkpoint_every, config.steps)
        self.config = config
        self.record = record
        self.save = save

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Keras calls this first: training begins at a checkpoint."""
        self.saved = int(self.model.step.numpy())

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Call it, or wait."""
        escapable = step < self.total and self.record.may_restart(self.config.restarts)
        if escapable and self.record.always_right(self.saved):
            return
        self.save(gan=self.model)
        self.saved = step


class ReportProgress(OnStep):
    """Call ``progress(step, total)``."""

    def __init__(self, every: int, total: int, progress: Callable[[int, int], None]) -> None:
        super().__init__(every, total)
        self.progress = progress

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Call it."""
        self.progress(step, self.total)
