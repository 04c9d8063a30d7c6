"""What happens between the steps of a training: history, grids, checkpoints, progress.

Training runs in *ticks*, Keras epochs of a fixed number of steps.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ganaug.checkpoint import History, save_checkpoint
from ganaug.grids import image_grid, save_picture
from ganaug.sampling import draw_latents, generate

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
    """Append the mean of each curve over the tick to `history`."""

    def __init__(self, every: int, total: int, history: History) -> None:
        super().__init__(every, total)
        self.history = history

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Append one point."""
        point = {"step": step} | {name: logs[name] for name in self.model.means}
        for name, value in point.items():
            self.history.setdefault(name, []).append(float(value))


class DrawGrid(OnStep):
    """Draw the same latent vectors again and again, under a row of real images."""

    def __init__(self, every: int, total: int, real: np.ndarray, folder: Path, seed: int) -> None:
        super().__init__(every, total)
        self.real = real[:GRID_COLUMNS]
        self.folder = folder
        self.seed = seed

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Write ``grids/step-00500.png``, and after the last step ``grid.png``."""
        count = len(self.real) * GRID_ROWS
        latents = draw_latents(count, self.model.config.latent, [self.seed])
        images = np.concatenate([self.real, generate(self.model.sampler, latents)])
        picture = image_grid(images, len(self.real), header=1)
        save_picture(picture, self.folder / "grids" / f"step-{step:05d}.png")
        if step == self.total:
            save_picture(picture, self.folder / "grid.png")


class SaveCheckpoint(OnStep):
    """Write the checkpoint; keep this callback behind the one that records the history."""

    def __init__(
        self, every: int, total: int, path: Path, settings: dict[str, Any], history: History
    ) -> None:
        super().__init__(every, total)
        self.path = path
        self.settings = settings
        self.history = history

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Write it."""
        save_checkpoint(self.path, self.model, self.settings, self.history)


class ReportProgress(OnStep):
    """Call ``progress(step, total)``."""

    def __init__(self, every: int, total: int, progress: Callable[[int, int], None]) -> None:
        super().__init__(every, total)
        self.progress = progress

    def act(self, step: int, logs: dict[str, float]) -> None:
        """Call it."""
        self.progress(step, self.total)
