"""A batch on its way through a pipeline; geometric moves wait and share one resampling."""

from dataclasses import dataclass, replace

from pipelines.augment import lazy as tf
from pipelines.augment.types import Tensor
from pipelines.augment.warp import Warp, resample


@dataclass(frozen=True)
class Batch:
    """Images with their labels, and the geometric moves not yet carried out.

    Attributes
    ----------
    labels
        float32 ``[B, K]``, rows that sum to 1.
    epoch
        int64 ``[B]``: how often each image has been seen before.
    """

    _images: Tensor
    labels: Tensor
    epoch: Tensor
    _pending: tuple[Warp, ...] = ()

    @property
    def images(self) -> Tensor:
        """float32 ``[B, H, W, 3]`` in 0..1, with every move carried out."""
        return resample(self._images, self._pending) if self._pending else self._images

    @property
    def count(self) -> Tensor:
        """Number of images, a scalar tensor."""
        return tf.shape(self._images)[0]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self._images.shape[1], self._images.shape[2]

    def moved(self, warp: Warp) -> "Batch":
        """Return the batch with one more geometric move to carry out."""
        return replace(self, _pending=(*self._pending, warp))

    def with_images(self, images: Tensor) -> "Batch":
        """Return the batch with other images."""
        return replace(self, _images=images, _pending=())

    def with_labels(self, labels: Tensor) -> "Batch":
        """Return the batch with other labels."""
        return replace(self, labels=labels)
