"""What all augmentations promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.augment import augmenter, list_augmentations, parse
from tests.pipelines.augment.reference import IMAGES, LABELS, SIZE, augmented


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


@pytest.mark.slow
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


def test_says_what_xla_can_compile():
    assert parse("flip|shift(4)|rotation|cutmix").xla
    assert not parse("flip|resized_crop").xla
