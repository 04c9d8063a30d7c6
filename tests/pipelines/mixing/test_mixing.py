"""What lies in each batch, counted image by image: every image is of one grey that names it."""

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image, ImageOps

import ganaug
from classifiers import probabilities
from ganaug import Bank, GanConfig
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.mixing.strategies import TrainingData, mix
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import Arm
from pipelines.synthetic.origins import Synthetic, synthesise
from pipelines.training.arm import fit_arm
from pipelines.training.dada import folded, turned_discriminator

NAMES = ("cat", "dog")
REAL, SYNTHETIC = range(10), range(100, 130)


def greys(values: range) -> Images:
    """Return an image of each grey; even ones are cats, odd ones dogs."""
    greys = np.array(values, np.uint8)
    pixels = np.broadcast_to(greys[:, None, None, None], (len(greys), 4, 4, 3))
    return Images(pixels, greys % 2, NAMES, "greys")


@dataclass
class Seen:
    """One batch: greys, labels and, where there are any, weights."""

    greys: list[int]
    labels: np.ndarray
    weights: np.ndarray | None = None

    @property
    def synthetic(self) -> int:
        return sum(grey in SYNTHETIC for grey in self.greys)


def joined(config: MixConfig, *, expand: str = "", epochs: int = 1, **options) -> TrainingData:
    images = greys(SYNTHETIC)
    even = config.synthetic_smoothing / 2
    targets = np.eye(2, dtype=np.float32)[images.labels] * (1 - 2 * even) + np.float32(even)
    given = {"batch": 4, "augment": "", "seed": 0} | options
    real = Expansion(greys(REAL), expand)
    return mix(real, Synthetic(images, targets), config, epochs=epochs, **given)


def seen(config: MixConfig, epochs: int = 1, **options) -> list[list[Seen]]:
    """Return the batches of each epoch."""
    data = joined(config, epochs=epochs, **options)
    batches = iter(data.dataset)

    def one() -> Seen:
        images, labels, *weights = (part.numpy() for part in next(batches))
        return Seen(np.round(images[:, 0, 0, 0] * 255).astype(int).tolist(), labels, *weights)

    return [[one() for _ in range(data.steps_per_epoch)] for _ in range(epochs)]


def drawn(epoch: list[Seen]) -> Counter[int]:
    return Counter(grey for batch in epoch for grey in batch.greys)


@pytest.mark.parametrize("strategy", ["none", "fraction", "pretrain", "whole_batches"])
@pytest.mark.parametrize("workers", [0, 2, "auto"])
def test_tf_data_tunes_itself_only_where_asked(strategy, workers):
    """Its thread would hold up the end of every small training."""
    data = joined(MixConfig(strategy=strategy), epochs=2, feed=InputConfig(workers=workers))
    options = data.dataset.options()
    assert options.autotune.enabled is (workers == "auto")
    assert options.threading.private_threadpool_size == (2 if workers == 2 else None)


class TestStrategies:
    def test_real_images_alone_come_once_an_epoch(self):
        first, second = seen(MixConfig(), 2)
        assert drawn(first) == drawn(second) == Counter(REAL)
        assert [len(batch.greys) for batch in first] == [4, 4, 2]
        assert [batch.greys for batch in first] != [batch.greys for batch in second]
        for batch in first:
            assert batch.labels.dtype == np.float32
            assert batch.labels.argmax(1).tolist() == [grey % 2 for grey in batch.greys]

    def test_expanded_images_come_once_an_epoch(self):
        (epoch,) = seen(MixConfig(), expand="mix")
        pairs = Counter(-(-(first + second) // 2) for first in REAL for second in REAL)
        assert drawn(epoch) == Counter(REAL) + pairs

    def test_a_concatenated_epoch_holds_both_kinds_once(self):
        (epoch,) = seen(MixConfig(strategy="concatenate"), expand="flip")
        assert drawn(epoch) == Counter([*REAL, *REAL, *SYNTHETIC])
        assert len(epoch) == 13  # 50 images in batches of 4

    @pytest.mark.parametrize(("fraction", "fakes"), [(0.5, 2), (0.25, 1), (0.01, 1), (0.99, 3)])
    def test_a_share_of_every_batch_is_synthetic(self, fraction, fakes):
        for epoch in seen(MixConfig(strategy="fraction", fraction=fraction), 2):
            assert len(epoch) == 3
            for batch in epoch:
                assert (batch.synthetic, len(batch.greys)) == (fakes, 4)
                assert batch.labels.argmax(1).tolist() == [grey % 2 for grey in batch.greys]

    @pytest.mark.parametrize(("fraction", "first"), [(0.5, 6), (0.25, 3), (0.01, 1), (0.99, 11)])
    def test_pretraining_changes_over_once(self, fraction, first):
        epochs = seen(MixConfig(strategy="pretrain", fraction=fraction), 4)
        batches = [batch for epoch in epochs for batch in epoch]
        assert len(batches) == 12
        assert [batch.synthetic for batch in batches] == [4] * first + [0] * (12 - first)

    def test_pretraining_uses_its_whole_pool_in_turn(self):
        epochs = seen(MixConfig(strategy="pretrain", fraction=0.75), 20)
        batches = [batch for epoch in epochs for batch in epoch]
        greys_ = [grey for batch in batches[:45] for grey in batch.greys]
        assert Counter(greys_) == Counter([*SYNTHETIC] * 6)  # 45 steps of 4 are 6 rounds of 30

    @pytest.mark.parametrize("fraction", [0.2, 0.5])
    def test_whole_batches_are_of_one_kind(self, fraction):
        epochs = seen(MixConfig(strategy="whole_batches", fraction=fraction), 100)
        kinds = [batch.synthetic for epoch in epochs for batch in epoch]
        assert set(kinds) == {0, 4}
        # 300 coins; four standard deviations
        assert abs(kinds.count(4) - 300 * fraction) < 4 * np.sqrt(300 * fraction * (1 - fraction))
        changes = sum(one != other for one, other in pairwise(kinds))
        assert changes > 300 * fraction * (1 - fraction)  # half of those expecteds

    @pytest.mark.parametrize("strategy", ["fraction", "pretrain", "whole_batches", "dada"])
    def test_an_arm_takes_as_many_steps_as_without_synthetic_images(self, strategy):
        for batch in (2, 4, 7, 128):
            steps = joined(MixConfig(), batch=batch, epochs=5).steps_per_epoch
            data = joined(MixConfig(strategy=strategy), batch=batch, epochs=5)
            assert data.steps_per_epoch == steps == -(-10 // batch)
            assert data.images == 40

    @pytest.mark.parametrize("strategy", ["concatenate", "fraction", "pretrain", "whole_batches"])
    def test_the_seed_fixes_everything(self, strategy):
        config = MixConfig(strategy=strategy, synthetic_weight=0.5)
        runs = [seen(config, 2, seed=seed, augment="mixup") for seed in (0, 0, 1)]
        greys_ = [[batch.greys for epoch in run for batch in epoch] for run in runs]
        assert greys_[0] == greys_[1] != greys_[2]

    def test_augmentation_sees_the_joined_batch(self):
        (epoch,) = seen(MixConfig(strategy="fraction"), augment="mixup")
        mixed = {grey for batch in epoch for grey in batch.greys}
        assert any(10 <= grey < 100 for grey in mixed), "real images are mixed with synthetic ones"

    def test_too_little_to_hold_both_kinds(self):
        with pytest.raises(InputError, match="needs batches of 2 or more, received 1"):
            joined(MixConfig(strategy="fraction"), batch=1)
        with pytest.raises(InputError, match="needs 2 optimiser steps or more, received 1"):
            joined(MixConfig(strategy="pretrain"), batch=128)


class TestWeightsAndLabels:
    @pytest.mark.parametrize("strategy", ["concatenate", "fraction", "pretrain", "whole_batches"])
    def test_synthetic_images_weigh_what_was_asked_for(self, strategy):
        for epoch in seen(MixConfig(strategy=strategy, synthetic_weight=0.25), 4):
            for batch in epoch:
                expected = [0.25 if grey in SYNTHETIC else 1 for grey in batch.greys]
                np.testing.assert_array_equal(batch.weights, np.array(expected, np.float32))
                assert batch.labels.shape == (len(batch.greys), 2)

    def test_without_a_weight_there_is_none(self):
        for config in (MixConfig(strategy="fraction"), MixConfig(synthetic_weight=0.5)):
            assert seen(config)[0][0].weights is None

    def test_mixup_blends_weights_like_labels(self):
        bright = greys(range(200, 202))
        data = mix(
            Expansion(greys(range(2)), ""),
            Synthetic(bright, np.eye(2, dtype=np.float32)),
            MixConfig(strategy="fraction", synthetic_weight=0.5),
            batch=2,
            epochs=20,
            augment="mixup",
            seed=0,
        )
        for images, labels, weights in data.dataset.take(20):
            synthetic = images.numpy()[:, 0, 0, 0] * 255 / 200
            np.testing.assert_allclose(weights, 1 - 0.5 * synthetic, atol=0.01)
            np.testing.assert_allclose(labels.numpy().sum(1), 1, atol=1e-6)

    def test_a_weight_scales_the_gradient(self):
        """One step of a linear classifier on black images, by hand.

        Logits start at 0. Two cats of weight 1 and two dogs of weight 0.25 pull the cats' bias by
        the mean of weight x (label - probability): (2 x 1 x 0.5 - 2 x 0.25 x 0.5) / 4.
        """
        import keras

        import classifiers

        image = keras.Input((4, 4, 3))
        dense = keras.layers.Dense(2, kernel_initializer="zeros", name="logits")
        model = keras.Model(image, dense(keras.layers.Flatten()(image)))
        black = np.zeros((2, 4, 4, 3), np.uint8)
        cats, dogs = (Images(black, np.full(2, label), NAMES, "black") for label in (0, 1))
        data = mix(
            Expansion(cats, ""),
            Synthetic(dogs, np.eye(2, dtype=np.float32)[[1, 1]]),
            MixConfig(strategy="concatenate", synthetic_weight=0.25),
            batch=4,
            epochs=1,
            augment="",
            seed=0,
        )
        plain = {"learning_rate": 1, "momentum": 0, "weight_decay": 0}
        config = classifiers.TrainConfig(epochs=1, batch=4, **plain)
        fitted = classifiers.fit(model, data.dataset, config, steps_per_epoch=1)
        bias = fitted.model.get_layer("logits").get_weights()[1]
        np.testing.assert_allclose(bias, [0.1875, -0.1875], rtol=1e-5)

    def test_only_synthetic_labels_are_smoothed(self):
        config = MixConfig(strategy="fraction", synthetic_smoothing=0.2)
        (epoch,) = seen(config)
        for batch in epoch:
            for grey, label in zip(batch.greys, batch.labels, strict=True):
                wanted = 0.9 if grey in SYNTHETIC else 1.0
                assert label[grey % 2] == pytest.approx(wanted)
                assert label.sum() == pytest.approx(1)


class TestOrigins:
    def test_exact_copies_take_turns(self):
        made = synthesise(MixConfig(origin="copies", copy_augment="", per_class=12), greys(REAL), 0)
        counts = Counter(made.images.pixels[:, 0, 0, 0].tolist())
        assert sorted(counts.values()) == [2] * 6 + [3] * 4  # 12 of 5 originals, twice
        assert made.images.labels.tolist() == [0] * 12 + [1] * 12
        assert all(made.images.pixels[:, 0, 0, 0] % 2 == made.images.labels)
        np.testing.assert_array_equal(made.targets, np.eye(2)[made.images.labels])

    def test_changed_copies_are_pillows(self, tiny_images):
        config = MixConfig(origin="copies", copy_augment="flip(1)|invert(1)", per_class=12)
        made = synthesise(config, tiny_images, 0)
        expected = {
            np.asarray(ImageOps.invert(ImageOps.mirror(Image.fromarray(image)))).tobytes()
            for image in tiny_images.pixels
        }
        assert {image.tobytes() for image in made.images.pixels} == expected

    def test_every_copy_is_changed_in_its_own_way(self, tiny_images):
        made = synthesise(MixConfig(origin="copies", per_class=300), tiny_images, 0)
        distinct = {image.tobytes() for image in made.images.pixels}
        assert len(distinct) > 450  # 24 originals in 2 x 81 ways, 600 drawn

    def test_mixup_copies_have_mixed_labels(self):
        config = MixConfig(origin="copies", copy_augment="mixup", per_class=40)
        made = synthesise(config, greys(range(0, 200, 199)), 0)  # a black cat and a bright dog
        fraction = made.images.pixels[:, 0, 0, 0] / 199
        np.testing.assert_allclose(made.targets[:, 1], fraction, atol=0.003)
        assert np.any((fraction > 0.1) & (fraction < 0.9))

    def test_noise_knows_nothing(self):
        config = MixConfig(origin="noise", per_class=100)
        made = synthesise(config, greys(REAL), 0).images
        assert made.counts().tolist() == [100, 100]
        assert len({image.tobytes() for image in made.pixels}) == 200
        for label in (0, 1):
            assert made.of_class(label).mean() == pytest.approx(127.5, abs=2)
        other = synthesise(config, greys(REAL), 1).images
        assert not np.array_equal(made.pixels, other.pixels)

    def test_further_real_images_are_taken_from_the_front(self):
        further = greys(range(50, 80))
        made = synthesise(
            MixConfig(origin="extra_real", per_class=3), greys(REAL), 0, further=further
        )
        assert made.images.pixels[:, 0, 0, 0].tolist() == [50, 52, 54, 51, 53, 55]
        more = MixConfig(origin="extra_real", per_class=16)
        with pytest.raises(InputError, match="15 further real images of a class, 16 are asked for"):
            synthesise(more, greys(REAL), 0, further=further)

    def test_smoothing_is_shared_evenly(self):
        config = MixConfig(origin="noise", per_class=1, synthetic_smoothing=0.3)
        np.testing.assert_allclose(
            synthesise(config, greys(REAL), 0).targets, [[0.85, 0.15], [0.15, 0.85]], rtol=1e-6
        )

    def test_a_teacher_labels_what_it_is_shown(self, tiny_images, tmp_path):
        """The labels are those of the whole classifier that a probe of these images makes."""
        import classifiers

        config = MixConfig(origin="copies", per_class=6, teacher="efficientnet_lite0")
        made = synthesise(config, tiny_images, 0, cache=tmp_path)
        plain = synthesise(MixConfig(origin="copies", per_class=6), tiny_images, 0)
        np.testing.assert_array_equal(made.images.pixels, plain.images.pixels)
        probe = {"model": "efficientnet_lite0", "model_params": {"size": 160}, "probe": "logistic"}
        fitted = classifiers.fit_probe(
            tiny_images.pixels,
            tiny_images.labels,
            classifiers.TrainConfig(**probe),
            classes=2,
        )
        expected = classifiers.probabilities(fitted.model, made.images.pixels)
        np.testing.assert_allclose(made.targets, expected, atol=1e-3)
        assert made.targets.dtype == np.float32
        assert np.median(made.targets.max(1)) < 1 - 1e-5, "labels stay soft"
        assert (made.targets.argmax(1) == made.images.labels).all()

    @pytest.mark.parametrize("origin", ["bank", "near"])
    def test_generators_are_asked_class_by_class(self, origin):
        class FakeBank:
            """Answers with images that say what they were asked for."""

            def require_size(self, size):
                assert size == 4

            def settings(self):
                return [GanConfig()] * 2

            def sample(self, name, n, seed, truncation):
                assert (seed, truncation) == (7, 0.5)
                return np.full((n, 4, 4, 3), 100 + NAMES.index(name), np.uint8)

            def near(self, name, images, n, seed, reach):
                assert (seed, reach) == (7, 0.3)
                assert set((images % 2).ravel()) == {NAMES.index(name)}
                return np.full((n, 4, 4, 3), 200 + NAMES.index(name), np.uint8)

        config = MixConfig(origin=origin, per_class=2, truncation=0.5, reach=0.3)
        made = synthesise(config, greys(REAL), 7, bank=FakeBank())
        base = 100 if origin == "bank" else 200
        assert made.images.pixels[:, 0, 0, 0].tolist() == [base, base, base + 1, base + 1]
        assert made.images.labels.tolist() == [0, 0, 1, 1]


class TestDada:
    """The discriminator that goes on as a classifier."""

    CONFIG = GanConfig(steps=2, batch=8, width=4, latent=4, scope="conditional", grid_every=0)

    def bank(self, images: Images, folder: Path, **changes: object) -> Bank:
        config = self.CONFIG.model_copy(update=changes)
        ganaug.train_classes(images.pixels, images.labels, images.class_names, config, folder)
        return Bank(folder)

    def test_generated_images_are_classes_of_their_own(self):
        for weight in (1, 0.5):
            config = MixConfig(strategy="dada", fraction=0.25, synthetic_weight=weight)
            ((batch, *_),) = seen(config)
            assert batch.synthetic == 1
            for grey, label in zip(batch.greys, batch.labels, strict=True):
                assert label.tolist() == np.eye(4)[grey % 2 + 2 * (grey in SYNTHETIC)].tolist()

    def test_it_begins_with_the_discriminator_and_ends_as_a_classifier(self, tiny_images, tmp_path):
        bank = self.bank(tiny_images, tmp_path / "bank")
        network = turned_discriminator(bank, seed=0)
        assert network.output_shape == (None, 4)
        (discriminator,) = [
            one for one in bank.discriminator(0).layers if one.name == "discriminator"
        ]
        kernels = [one.get_weights()[0] for one in discriminator.layers if one.get_weights()]
        first = network.get_layer("trunk").get_weights()[0]
        np.testing.assert_array_equal(first, kernels[0])
        images = tiny_images.pixels[:5] / np.float32(255)
        chances = np.asarray(keras.ops.softmax(network(images)))
        np.testing.assert_allclose(
            keras.ops.softmax(folded(network)(images)), chances[:, :2] + chances[:, 2:], atol=1e-5
        )
        arm = Arm.model_validate(
            {
                "mix": {"strategy": "dada", "per_class": 8},
                "train": {"epochs": 2, "batch": 8, "members": 2},
                "augment": "invert",
                "input": {"on_device": True, "cache": "disk", "workers": 2},
            }
        )
        synthetic = synthesise(arm.mix, tiny_images, 0, bank=bank)
        epochs = []
        fitted = fit_arm(
            arm,
            tiny_images,
            synthetic,
            tiny_images,
            cache=tmp_path,
            bank=bank,
            progress=lambda done, total: epochs.append((done, total)),
        ).fit
        assert epochs == [(1, 4), (2, 4), (3, 4), (4, 4)]
        one_member = {"members": 1, "evaluate_at": (1,)}
        once = arm.model_copy(update={"train": arm.train.model_copy(update=one_member)})
        single, plain = (
            fit_arm(one, tiny_images, synthetic, tiny_images, cache=tmp_path, bank=bank).fit
            for one in (once, once.model_copy(update={"augment": ""}))
        )
        assert list(single.accuracy_at) == [1, 2]
        assert single.history["loss"] != plain.history["loss"], "augmentation in the step happens"
        assert fitted.model.output_shape == (None, 2)
        assert fitted.test_probabilities.shape == (24, 2)
        assert len(fitted.history["loss"]) == 2
        fitted.model.save(tmp_path / "model.keras")
        loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
        np.testing.assert_allclose(
            probabilities(loaded, tiny_images.pixels), fitted.test_probabilities, atol=1e-5
        )

    def test_a_discriminator_for_each_class_is_refused(self, tiny_images, tmp_path):
        for name, label in (("a", 0), ("b", 1)):
            config = self.CONFIG.model_copy(update={"scope": "class"})
            ganaug.train(tiny_images.of_class(label), config, tmp_path / name, class_name=name)
        bank = Bank.assemble(tmp_path / "bank", [tmp_path / "a", tmp_path / "b"])
        with pytest.raises(InputError, match=r"needs gan\.scope='conditional'"):
            turned_discriminator(bank, seed=0)

    def test_a_discriminator_that_compares_images_is_refused(self):
        config = self.CONFIG.model_copy(update={"minibatch_stddev": True})
        with pytest.raises(InputError, match=r"needs gan\.minibatch_stddev=False"):
            turned_discriminator(SimpleNamespace(settings=lambda: [config] * 2), seed=0)
