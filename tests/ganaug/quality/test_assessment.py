"""Whole assessments: extractor, floors, report and picture."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import ImageColor

from ganaug.errors import InputError
from ganaug.quality import QualityReport, RandomNetwork, assess, neighbours_picture
from ganaug.quality.assessment import NO_HELD_OUT
from ganaug.quality.comparison import against_halves, against_held_out
from ganaug.quality.gan_train_test import gan_test, gan_train
from ganaug.quality.pictures import ALARM


class Pixels:
    """An extractor of six features: mean and spread of each colour."""

    name = "pixels"

    def __call__(self, images, /):
        flat = images.reshape(len(images), -1, 3) / 64
        return np.concatenate([flat.mean(axis=1), flat.std(axis=1)], axis=1).astype(np.float32)


def coloured(seed: int, n: int, level: int) -> np.ndarray:
    random = np.random.default_rng([seed, level])
    tint = random.normal(level, 30, (n, 1, 1, 3))
    return np.clip(random.normal(tint, 40, (n, 8, 8, 3)), 0, 255).astype(np.uint8)


def classes(seed: int, n: int, levels: tuple[int, ...] = (90, 160)) -> dict[str, np.ndarray]:
    return {f"level {level}": coloured(seed, n, level) for level in levels}


TRAIN, HELD_OUT = classes(0, 30), classes(1, 60)


@pytest.fixture(scope="module")
def fresh() -> QualityReport:
    return assess(TRAIN, HELD_OUT, classes(2, 70), [Pixels()])


def test_fresh_images_reach_the_floor(fresh):
    for quality in fresh.classes:
        for estimate in quality.estimates:
            spread = np.hypot(estimate.standard_error, estimate.floor_error)
            assert abs(estimate.value - estimate.floor) < 4 * spread, estimate
        assert quality.copies is None or not quality.copies.copies


def test_numbers_say_what_they_were_measured_on(fresh):
    one, together = fresh.classes[0], fresh.classes[-1]
    assert (one.train_images, one.held_out_images, one.generated_images) == (30, 60, 70)
    assert (one["kid"].n_real, one["kid"].n_fake) == (60, 70)
    assert (one["recall"].n_real, one["recall"].n_fake) == (60, 30)
    assert (together["gan_train"].n_real, together["gan_train"].n_fake) == (120, 60)
    assert {e.extractor for q in fresh.classes for e in q.estimates} == {"pixels"}


def test_a_single_class_has_no_probe():
    (quality,) = assess(
        {"a": TRAIN["level 90"]}, None, {"a": TRAIN["level 90"]}, [Pixels()]
    ).classes
    assert quality["kid"].value is not None
    with pytest.raises(KeyError):
        quality["gan_test"]


def test_images_of_the_wrong_class_are_seen():
    swapped = dict(zip(TRAIN, reversed(classes(2, 70).values()), strict=True))
    found = assess(TRAIN, HELD_OUT, swapped, [Pixels()]).classes
    for quality in found[:2]:
        assert quality["kid"].value > quality["kid"].floor + 3 * quality["kid"].standard_error
        assert quality["gan_test"].value < 0.4 < 0.6 < quality["gan_test"].floor
    assert found[-1]["gan_train"].value < 0.4 < 0.6 < found[-1]["gan_train"].floor


def test_one_class_out_of_two_is_blamed():
    half = classes(2, 70) | {"level 90": coloured(5, 70, 160)}
    bad, good, _ = assess(TRAIN, HELD_OUT, half, [Pixels()]).classes
    assert bad["gan_test"].value < 0.4
    assert good["gan_test"].value > 0.6


def test_generator_that_mixes_up_classes_teaches_more_than_it_hits():
    random = np.random.default_rng(0)
    means = np.array([[-2.0] + [0.0] * 5, [2.0] + [0.0] * 5])

    def draw(n: int) -> list[np.ndarray]:
        return [random.normal(mean, 1, (n, 6)) for mean in means]

    low, high = draw(200)
    confused = [np.concatenate([low[:140], high[:60]]), np.concatenate([high[60:], low[140:]])]
    for features in confused:
        random.shuffle(features)
    comparisons = against_held_out(draw(100), draw(100), confused)
    assert gan_test(comparisons, floor=False)[-1].value == pytest.approx(0.7, abs=0.05)
    assert gan_train(comparisons, floor=False)[-1].value > 0.9
    assert gan_train(comparisons, floor=True)[-1].value > 0.9


def test_a_single_repeated_image_has_no_variety():
    repeated = {name: images[:1].repeat(60, axis=0) for name, images in HELD_OUT.items()}
    quality = assess(TRAIN, HELD_OUT, repeated, [Pixels()]).classes[0]
    assert quality["precision"].value == 1
    assert quality["coverage"].value < 0.3 < quality["coverage"].floor


def test_without_held_out_images_copies_are_still_caught_and_the_report_says_so():
    found = assess(TRAIN, None, {n: i.copy() for n, i in TRAIN.items()}, [Pixels()])
    assert NO_HELD_OUT in found.notes
    assert NO_HELD_OUT in found.table()
    assert all(q.copies.copies for q in found.classes[:2])
    assert found.classes[0]["kid"].n_real == 15


def test_fid_stands_where_n_allows_it_and_else_its_reason():
    few = {name: images[:6] for name, images in TRAIN.items()}
    one, _, together = assess(few, HELD_OUT, classes(2, 70), [Pixels()]).classes
    assert one["fid"].value is None
    assert "feature dimensions (6)" in one["fid"].note
    assert together["fid"].value > 0


def test_report_survives_json_and_reads_as_a_table(fresh, tmp_path):
    fresh.save(tmp_path / "quality.json")
    text = (tmp_path / "quality.json").read_text()
    assert QualityReport.model_validate(json.loads(text)) == fresh
    table = fresh.table()
    recall = fresh.classes[0]["recall"]
    assert f"{recall.value:.2f}±{recall.standard_error:.2f}" in table
    lines = table.splitlines()
    head = next(line for line in lines if line.startswith("class"))
    assert "GAN-train" in head
    assert sum(line.startswith("level") for line in lines) == 2
    assert max(map(len, lines)) <= 140


@pytest.mark.slow
def test_picture_shows_the_generated_image_beside_its_twin():
    generated = classes(2, 12)
    generated["level 90"][5] = TRAIN["level 90"][7]
    quality = assess(TRAIN, HELD_OUT, generated, [Pixels()]).classes[0]
    assert (quality.nearest[0].generated, quality.nearest[0].train[0]) == (5, 7)
    picture = np.asarray(neighbours_picture(quality, TRAIN["level 90"], generated["level 90"]))
    twin = TRAIN["level 90"][7].repeat(12, axis=0).repeat(12, axis=1)
    windows = np.lib.stride_tricks.sliding_window_view(picture[:170, :240], twin.shape)
    assert np.all(windows == twin, axis=(3, 4, 5)).sum() == 2


def test_only_copies_beyond_chance_are_framed_in_red():
    def red(generated):
        quality = assess(TRAIN, HELD_OUT, generated, [Pixels()]).classes[0]
        assert quality.nearest[0].closeness < quality.copies.threshold
        picture = neighbours_picture(quality, TRAIN["level 90"], generated["level 90"])
        return (np.asarray(picture) == ImageColor.getrgb(ALARM)).all(axis=2).any()

    one_hit = classes(2, 70)
    one_hit["level 90"][5] = TRAIN["level 90"][7]
    assert red(TRAIN)
    assert not red(one_hit)


def test_picture_of_all_classes_is_refused(fresh):
    with pytest.raises(InputError, match="draw a single class"):
        neighbours_picture(fresh.classes[-1], TRAIN["level 90"], TRAIN["level 90"])


def test_both_halves_take_both_parts_and_classes_stay_equal():
    features = [np.arange(10.0)[:, None], 100 + np.arange(7.0)[:, None]]
    first, second = against_halves(features, [f[:4] for f in features], seed=0)
    assert set(second.yardstick.features[:, 0]) <= set(first.reference.features[:, 0])
    assert set(first.yardstick.features[:, 0]) <= set(second.reference.features[:, 0])
    for comparison in (first, second):
        joined = np.concatenate([comparison.reference.features, comparison.yardstick.features])
        assert len(np.unique(joined)) == len(joined)
        for labelled in (comparison.reference, comparison.yardstick, *comparison.blocks):
            assert len(set(np.bincount(labelled.labels))) == 1


def test_blocks_are_disjoint_and_as_large_as_the_floor():
    train, held_out, generated = (np.arange(float(n))[:, None] for n in (10, 20, 35))
    (comparison,) = against_held_out([train], [held_out], [generated])
    assert [len(b.labels) for b in comparison.blocks] == [10, 10, 10]
    assert len(np.unique(np.concatenate([b.features for b in comparison.blocks]))) == 30


@pytest.mark.parametrize(
    ("fakes", "message"),
    [
        ({"level 90": TRAIN["level 90"]}, "pass the same classes"),
        (TRAIN | {"level 90": TRAIN["level 90"][:2]}, "'level 90': 2 generated images"),
        (TRAIN | {"level 90": TRAIN["level 90"][:, :4, :4]}, r"of shape \[4, 4, 3\]"),
        (TRAIN | {"level 90": TRAIN["level 90"] / 255}, "uint8"),
    ],
)
def test_bad_images_are_named(fakes, message):
    with pytest.raises(InputError, match=message):
        assess(TRAIN, HELD_OUT, fakes, [Pixels()])


def test_progress_counts_to_the_end():
    steps = []
    assess(TRAIN, None, TRAIN, [Pixels(), Pixels()], progress=lambda *step: steps.append(step))
    assert steps == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_random_network_sees_colour_and_shape_and_repeats_itself():
    images = coloured(0, 5, 128).repeat(4, axis=1).repeat(4, axis=2)
    features = RandomNetwork(seed=1)(images)
    assert features.shape == (5, 560)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, RandomNetwork(seed=1)(images))
    assert not np.allclose(features, RandomNetwork(seed=2)(images))
    assert 0.1 < np.sqrt(np.mean(features**2)) < 10  # the KID kernel wants features near 1
    recoloured, rotated = images[..., ::-1], np.rot90(images, axes=(1, 2))
    for changed in (recoloured, rotated):
        assert np.linalg.norm(RandomNetwork(seed=1)(changed) - features, axis=1).min() > 0.1


def test_random_network_takes_any_size_and_batches_do_not_matter():
    network = RandomNetwork(width=4)
    images = coloured(0, 300, 128)[:, :7]
    np.testing.assert_allclose(network(images)[290:], network(images[290:]), atol=1e-5)


@pytest.mark.slow
def test_import_starts_neither_keras_nor_tensorflow():
    code = (
        "import sys, ganaug.quality, ganaug.bank.selection; from ganaug.quality import assess;"
        "sys.exit(any(m in sys.modules for m in ('keras', 'tensorflow')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
