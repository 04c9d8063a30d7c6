"""Which images come when, and what they weigh."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.mixing.strategies import mix
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.mix import MixConfig
from pipelines.synthetic.origins import Synthetic
from tests.pipelines.mixing.greys import NAMES, REAL, SYNTHETIC, drawn, greys, joined, seen


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

    @pytest.mark.slow
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
