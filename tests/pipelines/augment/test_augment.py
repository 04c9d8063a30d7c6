"""Every augmentation against an independent reference, and what all of them promise."""

import colorsys
import subprocess
import sys

import keras
import numpy as np
import pytest
import scipy.ndimage
import scipy.stats
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance, ImageOps

from pipelines.augment import SETS, apply, augmenter, list_augmentations, parse
from pipelines.augment.device import InStep
from pipelines.augment.draws import Draws
from pipelines.augment.ops import policies, tones
from pipelines.augment.ops.operations import OPERATIONS, carry_out
from pipelines.augment.warp import Warp, resample
from pipelines.errors import InputError

SIZE = 12
RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (16, SIZE, SIZE, 3), np.uint8)
IMAGES = (PICTURES / 255).astype(np.float32)
ANYWHERE = [name for name in list_augmentations() if name != "alternating_flip"]
LABELS = np.eye(16, dtype=np.float32)  # one class an image: a label tells who was blended


def augmented(text, images=IMAGES, labels=LABELS, seed=1, step=2, epoch=0):
    """Return what a pipeline makes of a batch, as arrays."""
    done = parse(text)(tf.constant(images), tf.constant(labels), seed=seed, step=step, epoch=epoch)
    return tuple(part.numpy() for part in done)


def pillow(change):
    """Return what a function of a PIL image makes of every picture, in 0..1."""
    changed = [np.asarray(change(Image.fromarray(picture))) for picture in PICTURES]
    return np.stack(changed) / 255


class TestLanguage:
    def test_writes_every_parameter(self):
        text = "flip(p=0.5)|shift(px=4)|rotation(low=-10, high=10, sampling=bilinear)"
        assert str(parse("flip | shift(4) | rotation(-10, 10, sampling='bilinear')")) == text
        assert str(parse(text)) == text

    def test_empty_is_none(self):
        assert len(parse("  ")) == 0
        assert str(parse("")) == ""
        np.testing.assert_array_equal(augmented("")[0], IMAGES)

    def test_sets_stand_for_their_steps(self):
        names = [step.augmenter.name for step in parse("a2_both|cutout").steps]
        assert names == [
            *("resized_crop", "rotation", "flip", "invert", "solarize"),
            *("mixup_or_cutmix", "cutout"),
        ]
        assert all(parse(name).steps for name in SETS)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("flp", "unknown augmentation 'flp'; did you mean flip?"),
            ("a2_bth", "did you mean a2_both?"),
            ("shift(0)", "px: should be greater than or equal to 1, received 0; write shift(px=4)"),
            ("shift(4.5)", "px 1 to 256"),
            ("shift('a')", "received 'a'"),
            ("shift(pixels=3)", "unknown key 'pixels'; known: px"),
            ("shift(1, 2)", "too many parameters; write shift(px=4), px 1 to 256"),
            ("shift(4, px=4)", "too many parameters"),
            ("hue(0)", "turn above 0 to 0.5"),
            ("rotation(0, 90, cubic)", "sampling nearest or bilinear"),
            ("rotation(90, 0)", "low=90 is above high=0; swap them"),
            ("flip||shift", "cannot read 'flip||shift'"),
            ("flip+shift", "write named steps joined by '|'"),
            ("flip.shift", "cannot read"),
            ("flip(**{'p': 1})", "cannot read"),
            ("flip([0.5])", "cannot read"),
            ("__import__('os').system('id')", "cannot read"),
            ("flip|alternating_flip", "alternating_flip must come first"),
            ("k1(3)", "the set k1 takes no parameters: it is flip"),
        ],
    )
    def test_says_what_is_wrong(self, text, message):
        with pytest.raises(InputError) as caught:
            parse(text)
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_needs_no_tensorflow(self):
        code = (
            "import sys; from pipelines.augment import parse; parse('a2_both|shift(4)');"
            "sys.exit('tensorflow' in sys.modules)"
        )
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

    def test_too_far_a_shift_names_both_sizes(self):
        with pytest.raises(InputError, match=r"shift\(px=12\) cannot mirror images of 12x12"):
            augmented("shift(12)")


@pytest.mark.parametrize("name", list_augmentations())
class TestEveryAugmentation:
    def test_keeps_shape_type_range_and_label_sums(self, name):
        images, labels = augmented(name)
        assert images.shape == IMAGES.shape
        assert images.dtype == labels.dtype == np.float32
        assert images.min() >= 0
        assert images.max() <= 1
        np.testing.assert_allclose(labels.sum(1), 1, atol=1e-6)
        assert augmenter(name).mixes_labels == (not np.array_equal(labels, LABELS))

    def test_depends_on_seed_and_step_alone(self, name):
        first, again = augmented(name), augmented(name)
        np.testing.assert_array_equal(first[0], again[0])
        np.testing.assert_array_equal(first[1], again[1])
        if name != "alternating_flip":
            assert not np.array_equal(first[0], augmented(name, step=3)[0])
        others = [augmented(name, seed=seed)[0] for seed in (7, 8, 9)]
        assert any(not np.array_equal(first[0], other) for other in others)

    def test_draws_per_image(self, name):
        if name == "alternating_flip":
            pytest.skip("equal images are meant to be flipped alike")
        images, labels = augmented(name, images=np.repeat(IMAGES[:1], 16, axis=0))
        changes = np.concatenate([images.reshape(16, -1), labels - LABELS], axis=1)
        assert len(np.unique(changes, axis=0)) > 1

    def test_takes_one_image(self, name):
        images, _ = augmented(name, IMAGES[:1], LABELS[:1])
        assert images.shape == (1, SIZE, SIZE, 3)

    def test_has_a_summary(self, name):
        assert augmenter(name).summary.endswith(".")


@settings(max_examples=20, deadline=None)
@given(
    names=st.lists(
        st.sampled_from(sorted({*list_augmentations()} - {"alternating_flip"})), max_size=4
    ),
    height=st.integers(6, 20),
    width=st.integers(6, 20),
    count=st.integers(1, 5),
    seed=st.integers(0, 2**63 - 1),
)
def test_any_pipeline_on_any_images(names, height, width, count, seed):
    rng = np.random.default_rng(seed)
    images = rng.random((count, height, width, 3), np.float32)
    labels = rng.dirichlet(np.ones(3), count).astype(np.float32)
    changed, blended = augmented("|".join(names), images, labels, seed=seed)
    assert changed.shape == images.shape
    assert changed.min() >= 0
    assert changed.max() <= 1
    np.testing.assert_allclose(blended.sum(1), 1, atol=1e-5)


class TestGeometry:
    def test_flip_is_pillows(self):
        np.testing.assert_allclose(augmented("flip(1)")[0], pillow(ImageOps.mirror), atol=1e-6)

    def test_flip_takes_the_share_asked_for(self):
        images = np.repeat(IMAGES[:1], 2000, axis=0)
        flipped = augmented("flip(0.2)", images, np.ones((2000, 1), np.float32))[0]
        fraction = np.mean(np.any(flipped != images, axis=(1, 2, 3)))
        assert abs(fraction - 0.2) < 0.04

    @pytest.mark.parametrize(("text", "mode"), [("shift(3)", "mirror"), ("crop(3)", "constant")])
    def test_shift_and_crop_are_scipys(self, text, mode):
        moves = set()
        for image, moved in zip(IMAGES, augmented(text)[0], strict=True):
            [move] = [
                (y, x)
                for y in range(-3, 4)
                for x in range(-3, 4)
                if np.array_equal(scipy.ndimage.shift(image, (y, x, 0), order=0, mode=mode), moved)
            ]
            moves.add(move)
        assert len(moves) > 8

    @pytest.mark.parametrize("degrees", [-170, -33, 7, 90, 120])
    def test_rotation_is_pillows(self, degrees):
        turned = augmented(f"rotation({degrees}, {degrees})")[0]
        expected = pillow(lambda picture: picture.rotate(degrees, Image.Resampling.NEAREST))
        assert np.mean(np.abs(turned - expected) < 1e-6) > 0.99  # rounding on the rim

    def test_bilinear_rotation_is_pillows(self):
        turned = augmented("rotation(25, 25, bilinear)")[0]
        expected = pillow(lambda picture: picture.rotate(25, Image.Resampling.BILINEAR))
        inside = np.s_[:, 3:-3, 3:-3]
        np.testing.assert_allclose(turned[inside], expected[inside], atol=1.5 / 255)

    def test_crop_reads_like_scipy(self):
        numbers = (tf.constant([number]) for number in (0.6, 0.4, 1.3, -0.8))
        warp = Warp(*numbers, sampling="bilinear")
        centred = np.arange(SIZE) - (SIZE - 1) / 2
        rows, columns = 0.4 * centred - 0.8 + 5.5, 0.6 * centred + 1.3 + 5.5
        grid = np.meshgrid(rows, columns, indexing="ij")
        expected = [
            scipy.ndimage.map_coordinates(IMAGES[0, ..., c], grid, order=1) for c in range(3)
        ]
        read = resample(tf.constant(IMAGES[:1]), [warp])[0]
        np.testing.assert_allclose(read, np.stack(expected, -1), atol=1e-3)

    def test_resized_crop_shows_a_part(self):
        # An image that grows from left to right: a crop of it grows too, within its range.
        ramp = np.tile(np.linspace(0, 1, SIZE, dtype=np.float32)[:, None], (8, SIZE, 1, 3))
        cropped = augmented("resized_crop(0.1, 0.5)", ramp, LABELS[:8])[0]
        assert np.all(np.diff(cropped, axis=2) >= 0)
        span = cropped[:, 0, -1, 0] - cropped[:, 0, 0, 0]
        assert np.all((span > 0.2) & (span < 0.85))

    def test_moves_of_whole_pixels_share_a_reading_exactly(self):
        moves = [
            Warp(xx=tf.constant([-1.0, 1.0] * 8)),
            Warp(x0=tf.constant([2.0] * 16), y0=tf.constant([-3.0, 1.0] * 8), edge="reflect"),
            Warp(y0=tf.constant([4.0] * 16), edge="black"),
            Warp(x0=tf.constant([-5.0] * 16), edge="reflect"),
        ]
        step_by_step = tf.constant(IMAGES)
        for move in moves:
            step_by_step = resample(step_by_step, [move])
        np.testing.assert_array_equal(resample(tf.constant(IMAGES), moves), step_by_step)

    def test_a_black_frame_hides_what_lies_outside(self):
        # Shifted out of the frame and back, pixels are lost; read at once, they must be lost too.
        there, back = (Warp(x0=tf.fill([16], move), edge="black") for move in (5.0, -5.0))
        expected = IMAGES.copy()
        expected[:, :, :5] = 0
        np.testing.assert_array_equal(resample(tf.constant(IMAGES), [there, back]), expected)

    def test_alternating_flip_shows_each_side_every_other_epoch(self):
        first = augmented("alternating_flip", epoch=0)[0]
        second = augmented("alternating_flip", epoch=1)[0]
        np.testing.assert_array_equal(first, second[:, :, ::-1])
        np.testing.assert_array_equal(first, augmented("alternating_flip", epoch=2, step=9)[0])
        flipped = np.any(first != IMAGES, axis=(1, 2, 3))
        assert 3 < flipped.sum() < 13


class TestColour:
    def test_invert_is_pillows(self):
        np.testing.assert_allclose(augmented("invert(1)")[0], pillow(ImageOps.invert), atol=1e-6)

    @pytest.mark.parametrize("threshold", [0, 100, 255])
    def test_solarize_is_pillows(self, threshold):
        expected = pillow(lambda picture: ImageOps.solarize(picture, threshold))
        solarized = augmented(f"solarize({threshold}, 1)")[0]
        np.testing.assert_allclose(solarized, expected, atol=1e-6)

    def test_hue_is_the_standard_librarys(self):
        turned = tones.hue(tf.constant(IMAGES), tf.fill([16], 0.3)).numpy()
        h, s, v = colorsys.rgb_to_hsv(*IMAGES[0, 0, 0])
        expected = colorsys.hsv_to_rgb((h + 0.3) % 1, s, v)
        np.testing.assert_allclose(turned[0, 0, 0], expected, atol=1e-4)

    @pytest.mark.parametrize(
        ("name", "enhance"),
        [
            ("brightness", ImageEnhance.Brightness),
            ("contrast", ImageEnhance.Contrast),
            ("saturation", ImageEnhance.Color),
            ("sharpness", ImageEnhance.Sharpness),
        ],
    )
    @pytest.mark.parametrize("level", [-0.7, 0.6])
    def test_enhancements_are_pillows(self, name, enhance, level):
        ours = OPERATIONS[name](tf.constant(IMAGES), tf.fill([16], level))
        expected = pillow(lambda picture: enhance(picture).enhance(1 + level))
        np.testing.assert_allclose(ours, expected, atol=2 / 255)  # Pillow rounds on the way

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("equalize", ImageOps.equalize),
            ("autocontrast", ImageOps.autocontrast),
            ("posterize", lambda picture: ImageOps.posterize(picture, 3)),
        ],
    )
    @pytest.mark.parametrize("factor", [1.0, 0.5, 0.0])
    def test_tone_curves_are_pillows(self, name, change, factor):
        pictures = (PICTURES * factor).astype(np.uint8)  # the last: one level, nothing to spread
        ours = OPERATIONS[name](tf.constant(pictures / np.float32(255)), tf.fill([16], 3.0))
        expected = [np.asarray(change(Image.fromarray(picture))) / 255 for picture in pictures]
        np.testing.assert_allclose(ours, expected, atol=1.01 / 255)

    def test_equalize_is_pillows_on_a_large_smooth_image(self):
        ramp = np.linspace(30, 180, 64 * 64).astype(np.uint8).reshape(64, 64)
        picture = np.stack([ramp, ramp.T, ramp[::-1]], -1)
        ours = tones.equalize(tf.constant(picture[None] / np.float32(255)))[0]
        expected = np.asarray(ImageOps.equalize(Image.fromarray(picture))) / 255
        np.testing.assert_allclose(ours, expected, atol=1e-6)


class TestHiding:
    def test_cutout_hides_one_square(self):
        images, _ = augmented("cutout(5, fill=0.25)", IMAGES * 0.2)
        sides = set()
        for hidden in np.all(images == 0.25, axis=-1):
            rows, columns = np.flatnonzero(hidden.any(1)), np.flatnonzero(hidden.any(0))
            assert hidden.sum() == len(rows) * len(columns)
            sides |= {len(rows), len(columns)}
        assert max(sides) == 5
        assert min(sides) < 5  # some hang over the edge

    def test_random_erasing_hides_the_area_asked_for(self):
        images = np.zeros((64, 40, 40, 3), np.float32)
        erased, _ = augmented("random_erasing(1, 0.1, 0.2)", images, np.ones((64, 1), np.float32))
        fraction = (erased == 0.5).all(-1).mean((1, 2))
        assert fraction.min() > 0.07
        assert fraction.max() < 0.23
        kept, _ = augmented("random_erasing(0)", images, np.ones((64, 1), np.float32))
        assert kept.max() == 0


class TestBlending:
    def partners(self, labels):
        """Return who each image was blended with, and how much of it is in the label."""
        others = labels * (1 - LABELS)
        return others.argmax(1), others.sum(1)

    def test_mixup_by_hand(self):
        images, labels = augmented("mixup")
        partner, weight = self.partners(labels)
        fraction = weight[:, None, None, None]
        np.testing.assert_allclose(
            images, (1 - fraction) * IMAGES + fraction * IMAGES[partner], atol=1e-5
        )
        assert weight.std() > 0.1
        assert len(set(partner)) > 8

    def test_cutmix_labels_count_pixels(self):
        images, labels = augmented("cutmix")
        partner, weight = self.partners(labels)
        pasted = np.all(np.abs(images - IMAGES[partner]) < 1e-6, axis=-1)
        fraction = pasted.mean((1, 2)) * (partner != np.arange(16))  # with itself: nothing to see
        np.testing.assert_allclose(fraction, weight, atol=1e-6)
        assert len(set(weight)) > 8, "each image has a rectangle of its own"
        kept = np.all(np.abs(images - IMAGES) < 1e-6, axis=-1)
        assert np.all(pasted | kept)
        for mask in pasted:
            assert mask.sum() == mask.any(0).sum() * mask.any(1).sum()  # one rectangle

    def test_both_kinds_in_one_batch(self):
        images, labels = augmented("mixup_or_cutmix")
        partner, weight = self.partners(labels)
        apart = np.stack([np.abs(images - IMAGES), np.abs(images - IMAGES[partner])]).max(-1)
        pasted = np.all(
            apart.min(0) < 1e-6, axis=(1, 2)
        )  # each pixel is one image's or the other's
        assert 2 < np.sum(pasted[weight > 0]) < 13
        assert 2 < np.sum(~pasted[weight > 0]) < 13
        own, other = (np.all(np.abs(images - one) < 1e-6, -1) for one in (IMAGES, IMAGES[partner]))
        cut = pasted & (partner != np.arange(16))
        np.testing.assert_allclose((other & ~own).mean((1, 2))[cut], weight[cut], atol=1e-6)
        fraction = weight[~pasted][:, None, None, None]
        blended = (1 - fraction) * IMAGES[~pasted] + fraction * IMAGES[partner[~pasted]]
        np.testing.assert_allclose(images[~pasted], blended, atol=1e-5)

    @pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
    def test_weights_follow_the_beta_distribution(self, alpha):
        drawn = Draws(0, 0, 0).beta([2000], alpha).numpy()
        assert scipy.stats.kstest(drawn, scipy.stats.beta(alpha, alpha).cdf).pvalue > 0.01


class TestPolicies:
    def test_each_image_goes_through_its_own_operation(self):
        names = list(OPERATIONS)
        choice = np.arange(16, dtype=np.int32) % len(names)
        levels = np.linspace(0.1, 0.9, 16).astype(np.float32)
        together = carry_out(tf.constant(IMAGES), names, tf.constant(choice), tf.constant(levels))
        for index, name in enumerate(np.array(names)[choice]):
            one = slice(index, index + 1)
            alone = OPERATIONS[name](tf.constant(IMAGES[one]), tf.constant(levels[one]))
            np.testing.assert_allclose(together[one], alone, atol=1e-6)

    @pytest.mark.parametrize("name", OPERATIONS)
    def test_operations_take_an_empty_batch(self, name):
        nothing = OPERATIONS[name](tf.zeros([0, SIZE, SIZE, 3]), tf.zeros([0]))
        assert nothing.shape == (0, SIZE, SIZE, 3)

    @pytest.mark.parametrize("slope", [-0.37, 0.23])
    def test_shears_are_pillows(self, slope):
        for name, affine in (
            ("shear_x", (1, slope, 0, 0, 1, 0)),
            ("shear_y", (1, 0, 0, slope, 1, 0)),
        ):
            ours = OPERATIONS[name](tf.constant(IMAGES), tf.fill([16], slope))
            expected = pillow(
                lambda picture, affine=affine: picture.transform(
                    picture.size, Image.Transform.AFFINE, affine
                )
            )
            assert np.mean(np.abs(ours - expected) < 1e-6) > 0.99

    @pytest.mark.parametrize("level", [-0.4, 0.25])
    def test_translations_move_by_whole_pixels(self, level):
        for name, shift in (("translate_y", (1, 0)), ("translate_x", (0, 1))):
            ours = OPERATIONS[name](tf.constant(IMAGES), tf.fill([16], level))
            moved = -np.array([0, *shift, 0]) * round(level * SIZE)
            expected = scipy.ndimage.shift(IMAGES, moved, order=0, cval=0)
            np.testing.assert_allclose(ours, expected, atol=1e-6)

    def test_ranges_are_torchvisions(self):
        rand = {name: ends[1] for name, ends in policies._RAND.items()}
        wide = {name: ends[1] for name, ends in policies._TRIVIAL.items()}
        same = {"identity": 0, "autocontrast": 0, "equalize": 0, "solarize": 0}
        enhanced = ("brightness", "saturation", "contrast", "sharpness")
        assert rand == same | dict.fromkeys(enhanced, 0.9) | {
            **{"shear_x": 0.3, "shear_y": 0.3, "rotate": 30, "posterize": 4},
            **{"translate_x": 150 / 331, "translate_y": 150 / 331},
        }
        assert wide == same | dict.fromkeys(enhanced, 0.99) | {
            **{"shear_x": 0.99, "shear_y": 0.99, "rotate": 135, "posterize": 2},
            **{"translate_x": 1, "translate_y": 1},  # by pixels, when they are applied
        }

    def test_augmix_keeps_as_many_bits_as_its_authors(self):
        """Their code: `4 - int(level * 4 / 10)`."""
        first, last = policies._AUGMIX["posterize"]
        for level in (0.1, 2.4, 2.6, 4.9, 5.1, 9.9):
            bits = np.round(np.float32(first + (last - first) * level / 10))
            assert bits == 4 - int(level * 4 / 10)

    def test_augmix_is_a_mixture_of_chains_and_the_image(self, monkeypatch):
        """With chains that turn every image white, only the weight of the image itself is left."""
        monkeypatch.setattr(policies, "carry_out", lambda images, *_: tf.ones_like(images))
        images, _ = augmented("augmix", IMAGES * 0.5)
        kept = (1 - images) / (1 - IMAGES * 0.5)
        np.testing.assert_allclose(kept, kept[:, :1, :1, :1] + 0 * kept, atol=1e-4)
        assert len({round(float(one), 4) for one in kept[:, 0, 0, 0]}) == 16
        assert 0 <= kept.min() < 0.3 < 0.7 < kept.max() <= 1 + 1e-5

    def test_rand_augment_differs_from_image_to_image(self):
        same = np.repeat(IMAGES[:1], 64, axis=0)
        images, _ = augmented("rand_augment", same, np.ones((64, 1), np.float32))
        assert len({image.tobytes() for image in images}) > 40

    def test_magnitude_zero_changes_little(self):
        weak, strong = (
            np.abs(augmented(f"rand_augment(1, {bins})")[0] - IMAGES).mean() for bins in (0, 30)
        )
        assert weak < strong / 2


class TestDatasets:
    def batches(self, text, workers="auto", epoch_size=None):
        images = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(6).repeat()
        done = apply(images, parse(text), seed=5, epoch_size=epoch_size, workers=workers)
        return [tuple(part.numpy() for part in batch) for batch in done.take(7)]

    def test_results_are_the_same_whatever_the_workers(self):
        many, one = self.batches("a2_both"), self.batches("a2_both", workers=1)
        for ours, theirs in zip(many, one, strict=True):
            np.testing.assert_array_equal(ours[0], theirs[0])
            np.testing.assert_array_equal(ours[1], theirs[1])
        assert [len(images) for images, _ in many] == [6, 6, 4, 6, 6, 4, 6]
        assert not np.array_equal(many[0][0], many[3][0])  # the same images an epoch later

    def test_epochs_are_counted_in_images(self):
        with pytest.raises(InputError, match="epoch_size"):
            self.batches("alternating_flip")
        batches = self.batches("alternating_flip", epoch_size=16)
        np.testing.assert_array_equal(batches[0][0], batches[3][0][:, :, ::-1])
        np.testing.assert_array_equal(batches[2][0], batches[5][0][:, :, ::-1])
        np.testing.assert_array_equal(batches[0][0], batches[6][0])

    def test_inside_the_training_step(self):
        pipeline = parse("flip|shift(2)|mixup")
        classifier = keras.Sequential(
            [keras.Input((SIZE, SIZE, 3)), keras.layers.Flatten(), keras.layers.Dense(16)]
        )
        start = classifier.get_weights()
        loss = keras.losses.CategoricalCrossentropy(from_logits=True)
        inside = InStep(classifier, pipeline, seed=3)
        inside.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False)
        for _ in range(2):
            inside.train_on_batch(IMAGES, LABELS)
        trained = classifier.get_weights()

        classifier.set_weights(start)
        classifier.compile(keras.optimizers.SGD(0.1), loss, jit_compile=False)
        for step in range(2):
            images, labels = pipeline(tf.constant(IMAGES), tf.constant(LABELS), seed=3, step=step)
            classifier.train_on_batch(images, labels)
        for ours, theirs in zip(trained, classifier.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-6)
        assert not np.array_equal(trained[0], start[0])

    def test_weights_are_blended_with_the_labels(self):
        """In the step as in tf.data, where they are a column of the labels."""
        classifier = keras.Sequential(
            [keras.Input((SIZE, SIZE, 3)), keras.layers.Flatten(), keras.layers.Dense(16)]
        )
        weights = np.linspace(0.1, 2, 16, dtype=np.float32)
        seen = []
        inside = InStep(classifier, parse("mixup"), seed=3, first_step=5)
        inside.compile(keras.optimizers.SGD(0.1), "mse", jit_compile=False, run_eagerly=True)
        inside.compute_loss = lambda x, y, y_pred, sample_weight, **_: (
            seen.append((y.numpy(), sample_weight.numpy())) or tf.reduce_sum(y_pred)
        )
        inside.train_on_batch(IMAGES, LABELS, sample_weight=weights)
        columns = np.concatenate([LABELS, weights[:, None]], 1)
        _, expected = augmented("mixup", labels=columns, seed=3, step=5)
        np.testing.assert_allclose(seen[0][0], expected[:, :-1], atol=1e-6)
        np.testing.assert_allclose(seen[0][1], expected[:, -1], atol=1e-6)
        assert not np.allclose(expected[:, -1], weights)

    def test_says_what_xla_can_compile(self):
        assert parse("flip|shift(4)|rotation|cutmix").xla
        assert not parse("flip|resized_crop").xla
