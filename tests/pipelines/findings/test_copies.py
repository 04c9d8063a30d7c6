import numpy as np

from pipelines.findings.copies import alike, identical, near
from pipelines.findings.gallery import Gallery
from tests.pipelines.data.test_duplicates import CHANGES, again, scenes


def pool(pixels, labels, splits) -> Gallery:
    names = tuple(f"p{at}" for at in range(len(pixels)))
    return Gallery(pixels, np.array(labels), ("cat", "dog"), names, tuple(splits))


def test_copies_are_named_with_split_and_class():
    base = scenes(12)
    pixels = np.concatenate([base, base[[0, 1, 2]], [again(one, *CHANGES[2]) for one in base[4:7]]])
    labels = [0] * 12 + [0, 1, 0] + [0, 0, 1]
    splits = ["train"] * 12 + ["train", "train", "test"] + ["train", "test", "train"]
    own = pool(pixels, labels, splits)
    found, origin = identical(own)
    assert origin.tolist() == [*range(12), 0, 1, 2, 15, 16, 17]
    rows = [(f.file, f.finding, f.other_file, f.action) for f in found]
    assert rows == [
        ("p12", "identical", "p0", "exclude"),
        ("p1", "two labels", "p13", "exclude"),
        ("p13", "two labels", "p1", "exclude"),
        ("p14", "across splits", "p2", "exclude"),
    ]
    assert {f.how for f in found} == {"same pixels"}
    found, groups = near(own, origin, None)
    assert [(f.file, f.finding, f.other_file, f.action) for f in found] == [
        ("p15", "near duplicate", "p4", "keep"),
        ("p16", "across splits", "p5", "keep"),
        ("p17", "two labels", "p6", "keep"),
        ("p6", "two labels", "p17", "keep"),
    ]
    assert groups[[0, 1, 2, 4, 5, 6]].tolist() == groups[12:].tolist()
    assert (found[1].split, found[1].other_split) == ("test", "train")


def test_features_propose_pairs():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(30, 16)).astype(np.float32)
    features[7] = features[3] + 0.01
    pairs = {tuple(sorted(pair)) for pair in alike(features).tolist()}
    assert (3, 7) in pairs
    assert len(pairs) < 15
    assert alike(features[:1]).shape == (0, 2)
