"""What lies in each batch, counted image by image: every image is of one grey that names it."""

from collections import Counter

import numpy as np
import pytest

from pipelines.expand import Expansion
from pipelines.images import Images
from pipelines.mixing import mix
from pipelines.recipe import MixConfig

NAMES = ("cat", "dog")
REAL, SYNTHETIC = range(10), range(100, 130)


def greys(values: range) -> Images:
    """Return an image of each grey; even ones are cats, odd ones dogs."""
    greys = np.array(values, np.uint8)
    pixels = np.broadcast_to(greys[:, None, None, None], (len(greys), 4, 4, 3))
    return Images(pixels, greys % 2, NAMES, "greys")


def epochs(
    config: MixConfig,
    count: int = 1,
    *,
    expand: str = "",
    batch: int = 4,
    seed: int = 0,
    augment: str = "",
) -> list[list[tuple[list[int], np.ndarray]]]:
    """Return the greys and labels of each batch of each epoch."""
    real = Expansion(greys(REAL), expand)
    data = mix(real, greys(SYNTHETIC), config, batch=batch, augment=augment, seed=seed)
    batches = iter(data.dataset)
    return [
        [
            (np.round(images.numpy()[:, 0, 0, 0] * 255).astype(int).tolist(), labels.numpy())
            for images, labels in (next(batches) for _ in range(data.steps_per_epoch))
        ]
        for _ in range(count)
    ]


def drawn(epoch: list[tuple[list[int], np.ndarray]]) -> Counter[int]:
    return Counter(grey for greys, _ in epoch for grey in greys)


def test_real_images_alone_come_once_an_epoch() -> None:
    first, second = epochs(MixConfig(), 2)
    assert drawn(first) == drawn(second) == Counter(REAL)
    assert [len(greys) for greys, _ in first] == [4, 4, 2]
    assert [greys for greys, _ in first] != [greys for greys, _ in second]
    for greys_, labels in first:
        assert labels.dtype == np.float32
        assert labels.argmax(1).tolist() == [grey % 2 for grey in greys_]


def test_expanded_images_come_once_an_epoch() -> None:
    (epoch,) = epochs(MixConfig(), expand="mix")
    pairs = Counter(-(-(first + second) // 2) for first in REAL for second in REAL)
    assert drawn(epoch) == Counter(REAL) + pairs


def test_a_concatenated_epoch_holds_both_kinds_once() -> None:
    (epoch,) = epochs(MixConfig(strategy="concatenate"), expand="flip")
    assert drawn(epoch) == Counter([*REAL, *REAL, *SYNTHETIC])
    assert len(epoch) == 13  # 50 images in batches of 4


@pytest.mark.parametrize(("share", "fakes"), [(0.5, 2), (0.25, 1), (0.01, 1), (0.99, 3)])
def test_a_share_of_every_batch_is_synthetic(share: float, fakes: int) -> None:
    first, second = epochs(MixConfig(strategy="share", share=share), 2)
    assert len(first) == 3, "as many steps as without synthetic images"
    for greys_, labels in first + second:
        assert sum(grey in SYNTHETIC for grey in greys_) == fakes
        assert len(greys_) == 4
        assert labels.argmax(1).tolist() == [grey % 2 for grey in greys_]


def test_the_seed_fixes_everything() -> None:
    config = MixConfig(strategy="share")
    orders = [
        [greys for greys, _ in epochs(config, seed=seed, augment="mixup")[0]] for seed in (0, 0, 1)
    ]
    assert orders[0] == orders[1] != orders[2]


def test_augmentation_sees_the_joined_batch() -> None:
    (epoch,) = epochs(MixConfig(strategy="share"), augment="mixup")
    greys_ = {grey for batch, _ in epoch for grey in batch}
    assert any(10 <= grey < 100 for grey in greys_), "real images are mixed with synthetic ones"
