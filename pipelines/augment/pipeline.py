"""Pipelines of augmentations, read from the string language and applied to batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from pipelines.augment import lazy as tf
from pipelines.augment.batch import Batch
from pipelines.augment.draws import Draws
from pipelines.augment.language import Call, read_calls

# The first import fills the table of augmentations.
from pipelines.augment.ops import blending, colour, erasing, geometry, policies  # noqa: F401
from pipelines.augment.parameters import written
from pipelines.augment.registry import Augmenter, augmenter, list_augmentations
from pipelines.augment.sets import SETS
from pipelines.augment.types import Tensor
from pipelines.errors import InputError, unknown_name


@dataclass(frozen=True)
class Step:
    """One augmentation of a pipeline, with its parameters."""

    augmenter: Augmenter
    params: BaseModel

    def __str__(self) -> str:
        return written(self.augmenter.name, self.params)


class Augmentation:
    """A pipeline of augmentations, each drawn anew for every image.

    Parameters
    ----------
    steps
        From first to last; none leaves the images as they are.

    Examples
    --------
    >>> str(parse("flip|shift(4)"))
    'flip(p=0.5)|shift(px=4)'
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)

    def __str__(self) -> str:
        return "|".join(map(str, self.steps))

    def __repr__(self) -> str:
        return f"parse({str(self)!r})"

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def mixes_labels(self) -> bool:
        """Whether labels change along with the images."""
        return any(step.augmenter.mixes_labels for step in self.steps)

    @property
    def xla(self) -> bool:
        """Whether XLA can compile every step."""
        return all(step.augmenter.xla for step in self.steps)

    @property
    def needs_epoch(self) -> bool:
        """Whether a step depends on how often an image has been seen."""
        return any(step.augmenter.name == "alternating_flip" for step in self.steps)

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        seed: int,
        step: Tensor | int,
        epoch: Tensor | int = 0,
    ) -> tuple[Tensor, Tensor]:
        """Augment one batch; the same arguments always give the same result.

        Parameters
        ----------
        images
            float32 ``[B, H, W, 3]`` in 0..1; H and W must be known.
        labels
            float32 ``[B, K]``, rows that sum to 1.
        seed
            Seed of the pipeline.
        step
            Number of the batch, counted over all epochs.
        epoch
            How often each image has been seen before, ``[B]`` or one for all.

        Returns
        -------
        images, labels
            Of the same shapes, types and ranges.
        """
        count = tf.shape(images)[0]
        epochs = tf.broadcast_to(tf.cast(epoch, tf.int64), [count])
        batch = Batch(images, labels, epochs)
        for place, one in enumerate(self.steps):
            draws = Draws(seed, place, step)
            batch = one.augmenter.operation(batch, draws, **dict(one.params))
        # Sums of products leave the range by a rounding error.
        result = tf.clip_by_value(batch.images, 0.0, 1.0) if self.steps else batch.images
        return tf.ensure_shape(result, images.shape), batch.labels


def parse(text: str) -> Augmentation:
    """Read a pipeline such as ``"flip|shift(4)|cutout(px=8)"``; an empty text is none.

    A name of `pipelines.augment.SETS` stands for its steps.

    Raises
    ------
    InputError
        If a name or a parameter is unknown or out of range: one line that says what is allowed.
    """
    steps = [
        Step(found, found.parameters.check(call))
        for call in _expanded(read_calls(text, "|"))
        for found in [_find(call.name)]
    ]
    late = [step for step in steps[1:] if step.augmenter.name == "alternating_flip"]
    if late:
        raise InputError(
            f"alternating_flip must come first, received {text!r}: it knows an image by its pixels"
        )
    return Augmentation(steps)


def _expanded(calls: Sequence[Call]) -> Iterator[Call]:
    for call in calls:
        if call.name not in SETS:
            yield call
        elif call.args or call.kwargs:
            raise InputError(f"the set {call.name} takes no parameters: it is {SETS[call.name]}")
        else:
            yield from read_calls(SETS[call.name], "|")


def _find(name: str) -> Augmenter:
    if name not in list_augmentations():
        raise unknown_name("augmentation", name, [*list_augmentations(), *SETS])
    return augmenter(name)
