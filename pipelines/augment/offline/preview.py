"""What the terms of an expansion do to images, one row each."""

from collections.abc import Iterator

import numpy as np

from pipelines.augment.offline.expansion import Expansion
from pipelines.augment.offline.variants import Pixels
from pipelines.data.images import Images

_TERMS = {
    "rotate": "Offline: turned by 90, 180 and 270 degrees.",
    "isolate": "Offline: one colour channel, the others black.",
    "patch_shuffle(8)": "Offline: the pixels of each 8x8 patch shuffled.",
    "patch_shuffle(8, patches)": "Offline: the 8x8 patches shuffled.",
    "mix": "Offline: the average of two images, with the label of the first.",
}


def offline_rows(images: Pixels, seed: int) -> Iterator[tuple[str, str, Pixels]]:
    """Yield name, explanation and changed images of each term; its variants take turns."""
    count = len(images)
    pool = Images(images, np.zeros(count, np.int64), ("any",), "preview")
    places = np.arange(count)
    for text, summary in _TERMS.items():
        expansion = Expansion(pool, text, seed)
        variants = (len(expansion.copies) - count) // count
        if variants:
            shown = places + count * (1 + places % variants)
        else:
            shown = count + places * count + (places + 1) % count  # each with the next
        yield text, summary, expansion.take(shown)[0]
