"""Augmentation inside the training step, on the device that trains."""

from typing import Any

import keras

from pipelines.augment import lazy as tf
from pipelines.augment.pipeline import Augmentation
from pipelines.errors import InputError


def check_in_step() -> None:
    """See that Keras computes with TensorFlow, as the augmentations do.

    Raises
    ------
    InputError
        If its training step is another library's.
    """
    if (name := keras.backend.backend()) != "tensorflow":
        raise InputError(
            f"input.on_device=True, and Keras computes with {name}: augmentations are TensorFlow's "
            "and can be no part of its training step; leave it out, which changes no number"
        )


class InStep(keras.Model):  # type: ignore[misc]
    """A classifier that augments each batch in its own training step.

    It shares every layer and weight with the classifier given; evaluation and prediction are
    those of that classifier. Draws depend on the seed and on the number of the step alone.

    Parameters
    ----------
    classifier
        A functional model with one input and one output.
    augmentation
        What `parse` returns.
    seed
        Fixes every draw.
    steps_per_epoch
        Batches in one epoch; `alternating_flip` needs it.
    first_step
        Steps that an earlier optimiser has taken: the optimiser counts its own from 0.

    Examples
    --------
    ``network = InStep(model, parse("flip|shift(4)"), seed=0)``, then ``network.compile(…)`` and
    ``network.fit(…)`` train ``model``.
    """

    def __init__(
        self,
        classifier: keras.Model,
        augmentation: Augmentation,
        *,
        seed: int,
        steps_per_epoch: int | None = None,
        first_step: int = 0,
    ) -> None:
        super().__init__(classifier.inputs[0], classifier.outputs[0])
        check_in_step()
        if augmentation.needs_epoch and steps_per_epoch is None:
            raise InputError("alternating_flip needs the number of steps in an epoch")
        self._augmentation = augmentation
        self._augmentation_seed = seed
        self._steps_per_epoch = steps_per_epoch or 1
        self._first_step = first_step
        # Keras compiles the step with XLA on a GPU; a few kernels have no XLA counterpart.
        self.supports_jit = classifier.supports_jit and augmentation.xla

    def train_step(self, data: Any) -> Any:
        """Augment the batch, then train on it."""
        images, labels, weights = keras.utils.unpack_x_y_sample_weight(data)
        step = self.optimizer.iterations.value + self._first_step
        if weights is not None:  # as a column of the labels, MixUp and CutMix blend them too
            labels = tf.concat([labels, weights[:, None]], 1)
        images, labels = self._augmentation(
            images,
            labels,
            seed=self._augmentation_seed,
            step=step,
            epoch=step // self._steps_per_epoch,
        )
        if weights is not None:
            labels, weights = labels[:, :-1], labels[:, -1]
        return super().train_step((images, labels, weights))
