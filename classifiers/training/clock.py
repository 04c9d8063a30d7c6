"""How long epochs take, and apart from it what happens once: compiling and starting."""

import statistics
import time
from typing import Any

import keras
from keras import ops


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Times the epochs, without what other callbacks do between them.

    The first execution of a network also traces and compiles it, tunes its kernels and starts the
    input pipeline. How much of it that was is told by the others, which take the usual time.
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self._first: float | None = None
        self._epochs: list[float] = []
        self._executions: list[int] = []

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Start the clock."""
        self._executions.append(0)
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Count an execution, which may be of many steps."""
        self._executions[-1] += 1
        if self._first is None:
            self._finish(logs)
            self._first = time.perf_counter() - self._began

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Stop the clock."""
        self._finish(logs)
        self._epochs.append(time.perf_counter() - self._began)

    def _finish(self, logs: dict[str, Any] | None) -> None:
        """Wait for the device, which a processor only hands its work to."""
        for value in (logs or {}).values():
            ops.convert_to_numpy(value)

    def seconds(self) -> tuple[tuple[float, ...], float | None]:
        """Return the seconds of each epoch, and those that the start took besides.

        A training of a single execution does not tell the two apart: its start is None, and a part
        of the seconds of its epoch.
        """
        epochs, counts = [*self._epochs], self._executions[: len(self._epochs)]
        if self._first is None or not epochs or sum(counts) < 2:
            return tuple(epochs), None
        others = [(epochs[0] - self._first) / (counts[0] - 1)] if counts[0] > 1 else []
        others += [one / count for one, count in zip(epochs[1:], counts[1:], strict=True)]
        start = max(0.0, self._first - statistics.median(others))
        return (epochs[0] - start, *epochs[1:]), start
