import io

import numpy as np
import pytest
from PIL import Image

from pipelines.data.duplicates import CROWD, MOST_RATIO, Pairs, grouped, near_groups, near_pairs


def scenes(count: int, size: int = 32, seed: int = 0) -> np.ndarray:
    """Pictures of a few soft shapes and finer ones, none like another."""
    rng = np.random.default_rng(seed)
    found = np.zeros((count, size, size, 3))
    for cells, weight in ((4, 1.0), (10, 0.6)):
        for picture, cell in zip(
            found, rng.uniform(0, 255, (count, cells, cells, 3)).astype(np.uint8), strict=True
        ):
            wide = Image.fromarray(cell).resize((size, size), Image.Resampling.BICUBIC)
            picture += weight * np.asarray(wide) / 1.6
    return found.astype(np.uint8)


def again(picture: np.ndarray, quality: int, box: tuple[float, ...], mirror: bool) -> np.ndarray:
    """The same picture, cropped, resized and encoded anew."""
    image = Image.fromarray(picture).resize(
        picture.shape[:2], Image.Resampling.BILINEAR, box=tuple(32 * side for side in box)
    )
    if mirror:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    buffer = io.BytesIO()
    image.save(buffer, "jpeg", quality=quality)
    return np.asarray(Image.open(buffer).convert("RGB"))


CHANGES = [
    (60, (0.0, 0.0, 1.0, 1.0), False),
    (95, (0.0, 0.0, 1.0, 1.0), True),
    (75, (0.1, 0.05, 0.95, 0.97), False),
    (70, (0.0, 0.15, 0.85, 1.0), True),
    (80, (0.17, 0.17, 1.0, 1.0), False),
]


@pytest.mark.parametrize(("quality", "box", "mirror"), CHANGES)
def test_what_was_encoded_anew_cropped_or_mirrored_is_found(quality, box, mirror):
    pictures = scenes(40)
    changed = np.stack([again(picture, quality, box, mirror) for picture in pictures[:10]])
    pairs = near_pairs(np.concatenate([pictures, changed]))
    assert list(zip(pairs.first, pairs.second, strict=True)) == [(at, 40 + at) for at in range(10)]
    assert pairs.mirrored.tolist() == [mirror] * 10
    assert (pairs.score > 0.95).all()
    assert (pairs.ratio <= MOST_RATIO).all()


@pytest.mark.parametrize("size", [32, 64])
def test_shots_of_a_scene_stay_together(size):
    rng = np.random.default_rng(1)
    base = scenes(12, size)
    shots = np.stack(
        [np.roll(one, rng.integers(-1, 2, 2), axis=(0, 1)) for one in base for _ in range(6)]
    )
    shots = (shots + rng.normal(0, 6, shots.shape)).clip(0, 255).astype(np.uint8)
    assert near_groups(shots).tolist() == np.repeat(np.arange(12), 6).tolist()


@pytest.mark.parametrize("size", [32, 64])
def test_pictures_of_one_kind_are_no_copies(make_images, size):
    """Stripes in noise, flat pictures, noise, light from one side: much alike, none the same."""
    rng = np.random.default_rng(0)
    stripes = make_images(100, classes=3, size=size).pixels
    flat = np.repeat(rng.integers(0, 255, (60, 1, 1, 3)), size, 1).repeat(size, 2)
    flat = (flat + rng.integers(0, 3, flat.shape)).astype(np.uint8)
    noise = rng.integers(0, 256, (60, size, size, 3)).astype(np.uint8)
    for pictures in (stripes, flat, noise):
        assert near_groups(pictures).tolist() == list(range(len(pictures)))


@pytest.mark.slow
def test_digits_are_no_copies():
    from pipelines.data.sources import load_source

    assert len(near_pairs(load_source("mnist5k").train.read().pixels[::3]).first) == 0


def test_identical_pictures_are_in_one_group_even_blank_ones():
    pictures = scenes(6)
    blank = np.full((2, 32, 32, 3), 7, np.uint8)
    assert near_groups(np.concatenate([pictures, blank, pictures[:2]])).tolist() == [
        *range(6), 6, 6, 0, 1
    ]  # fmt: skip
    assert near_groups(pictures[:1]).tolist() == [0]
    assert near_groups(pictures[:0]).tolist() == []


def test_the_order_of_the_pictures_changes_nothing():
    pictures = scenes(30)
    pictures = np.concatenate([pictures, [again(one, *CHANGES[2]) for one in pictures[:8]]])
    order = np.random.default_rng(3).permutation(len(pictures))
    groups, shuffled = near_groups(pictures), near_groups(pictures[order])
    assert ((groups[order][:, None] == groups[order]) == (shuffled[:, None] == shuffled)).all()


def test_a_chain_is_taken_apart():
    first = np.arange(CROWD + 10)
    chain = np.full(len(first), MOST_RATIO)
    chain[:3] = MOST_RATIO / 10
    pairs = Pairs(first, first + 1, first > 0, chain.astype("f4"), chain.astype("f4"))
    groups = grouped(pairs, len(first) + 1)
    assert groups[:4].tolist() == [0, 0, 0, 0]
    assert len(set(groups[4:])) == len(first) - 3


def test_further_pairs_are_verified():
    pictures = scenes(30)
    pairs = near_pairs(pictures, further=np.array([[0, 1], [2, 3]]))
    assert len(pairs.first) == 0
