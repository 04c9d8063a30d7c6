"""What happens between the epochs of a training: testing, validation, stopping."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from classifiers.config import Views
from classifiers.inference.probabilities import probabilities

Labelled = tuple[NDArray[Any], NDArray[Any]]
"""Images (uint8, or float in 0..1) [N, H, W, C] and their labels, int [N]."""
Progress = Callable[[int, int], None]
"""Called with the epochs done and the epochs in all."""


class FirstBadStep(keras.metrics.Metric):  # type: ignore[misc]
    """Step of the epoch, counted from 1, at which a logit was first not finite; 0 for none.

    An epoch runs as one operation, so that only a metric sees its single steps.
    """

    def __init__(self) -> None:
        super().__init__(name="bad_step")
        self.steps = self.add_variable((2,), "zeros", dtype="int32", name="steps")  # all, first bad

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Look at the logits of one step."""
        step, first = self.steps[0] + 1, self.steps[1]
        newly_bad = ops.logical_and(
            ops.equal(first, 0), ops.logical_not(ops.all(ops.isfinite(y_pred)))
        )
        self.steps.assign(ops.stack([step, ops.where(newly_bad, step, first)]))

    def result(self) -> Any:
        """Return the step."""
        return self.steps[1]


class Diverged(Exception):  # noqa: N818 - an event inside fit(), made an InputError there
    """The loss or a weight is no longer finite, and where that was seen."""

    def __init__(self, epoch: int, step: int) -> None:
        seen = f"the loss is not finite in epoch {epoch}, step {step}"
        if not step:  # ReLU turns a NaN into 0: the loss may look well to the end
            seen = f"a weight is not finite after epoch {epoch}"
        kept = f"of epoch {epoch - 1}" if epoch > 1 else "from before it"
        super().__init__(f"{seen}; the weights {kept} are kept")


class StopWhenDiverged(keras.callbacks.Callback):  # type: ignore[misc]
    """Raise `Diverged` after an epoch with a loss or weight that is not finite.

    The model then has the weights of the last epoch that was good.
    """

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Keep the first weights."""
        self._good = self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the weights if all is finite, else go back to those of the epoch before."""
        logs = logs if logs is not None else {}
        bad_step = int(logs.pop("bad_step"))
        weights = self.model.get_weights()
        if np.isfinite(logs["loss"]) and all(np.isfinite(w).all() for w in weights):
            self._good = weights
            return
        self.model.set_weights(self._good)
        raise Diverged(epoch + 1, bad_step)


class Validate(keras.callbacks.Callback):  # type: ignore[misc]
    """Add `val_loss` and `val_accuracy` to the logs of every epoch, ahead of other callbacks.

    ``classifier`` and ``classes`` are as in `TestAt`.
    """

    def __init__(
        self,
        validation: Labelled,
        classifier: keras.Model | None = None,
        classes: int | None = None,
    ) -> None:
        super().__init__()
        self._classes = classes
        self._classifier = classifier
        self._images, self._labels = validation

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Predict the validation images."""
        model = self.model if self._classifier is None else self._classifier
        with averaged_weights(self.model):
            predicted = probabilities(model, self._images, classes=self._classes)
        right = predicted[np.arange(len(self._labels)), self._labels]
        if logs is not None:
            logs["val_loss"] = float(-np.log(np.maximum(right, 1e-7)).mean())
            logs["val_accuracy"] = float((predicted.argmax(1) == self._labels).mean())


class StopEarly(keras.callbacks.Callback):  # type: ignore[misc]
    """Stop after `patience` epochs without a lower loss; `best` holds the weights of `best_epoch`.

    Keras' own `EarlyStopping` would restore the raw weights where averaged ones are asked for.
    """

    def __init__(self, monitor: str, patience: int) -> None:
        super().__init__()
        self._monitor = monitor
        self._patience = patience

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Forget an earlier training."""
        self._lowest, self._waited = np.inf, 0
        self.best_epoch = 0
        self.best = self.model.get_weights()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Compare the loss with the lowest so far."""
        loss = (logs or {})[self._monitor]
        self._waited += 1
        if loss < self._lowest:
            self._lowest, self._waited = loss, 0
            self.best_epoch = epoch
            with averaged_weights(self.model):
                self.best = self.model.get_weights()
        if self._waited >= self._patience:
            self.model.stop_training = True


class TestAt(keras.callbacks.Callback):  # type: ignore[misc]
    """Record the test accuracy after the given epochs, without stopping the run.

    ``classifier`` is tested in place of the network that trains; it shares its weights. It chooses
    among the first ``classes`` outputs; None for all.
    """

    def __init__(
        self,
        epochs: Collection[int],
        test: Labelled,
        tta: Views,
        classifier: keras.Model | None = None,
        classes: int | None = None,
    ) -> None:
        super().__init__()
        self._classes = classes
        self._classifier = classifier
        self._epochs = epochs
        self._images, self._labels = test
        self._tta = tta
        self.accuracy_at: dict[int, float] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Test, if this epoch is one of those asked for."""
        if epoch + 1 in self._epochs:
            with averaged_weights(self.model):
                self.record(epoch + 1)

    def record(self, epoch: int) -> NDArray[np.float32]:
        """Test now; return the probabilities [N, K]."""
        model = self.model if self._classifier is None else self._classifier
        predicted = probabilities(model, self._images, tta=self._tta, classes=self._classes)
        self.accuracy_at[epoch] = float((predicted.argmax(1) == self._labels).mean())
        return predicted


class Report(keras.callbacks.Callback):  # type: ignore[misc]
    """Add the learning rate to the logs and tell the caller how far the training is.

    ``rates`` holds that of each epoch's last step; None asks the optimiser, which after an epoch
    already names the next step's.
    """

    def __init__(
        self,
        progress: Progress | None,
        epochs: int,
        rates: NDArray[np.floating[Any]] | None = None,
    ) -> None:
        super().__init__()
        self._rates = rates
        self._progress = progress
        self._epochs = epochs

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Report an epoch."""
        if logs is not None:
            now = self.model.optimizer.learning_rate if self._rates is None else self._rates[epoch]
            logs["learning_rate"] = float(ops.convert_to_numpy(now))
        if self._progress:
            self._progress(epoch + 1, self._epochs)


@contextmanager
def averaged_weights(model: keras.Model) -> Iterator[None]:
    """Put the optimiser's averaged weights, if it keeps any, into the model for a while.

    Keras' `SwapEMAWeights` swaps by adding and subtracting, which changes the last bits: testing
    would change the training.
    """
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not optimizer.use_ema or int(optimizer.iterations) == 0:
        yield
        return
    variables = model.trainable_variables
    raw = [ops.convert_to_numpy(v) for v in variables]
    optimizer.finalize_variable_values(variables)
    for variable in variables:  # JAX would use up the optimiser's own averages
        variable.assign(ops.copy(variable))
    try:
        yield
    finally:
        for variable, value in zip(variables, raw, strict=True):
            variable.assign(value)
