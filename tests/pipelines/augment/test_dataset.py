"""Augmented data sets."""

import numpy as np
import pytest
import tensorflow as tf

from pipelines.augment import apply, parse
from pipelines.errors import InputError
from tests.pipelines.augment.reference import IMAGES, LABELS


class TestDatasets:
    def batches(self, text, workers="auto", epoch_size=None):
        images = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(6).repeat()
        done = apply(images, parse(text), seed=5, epoch_size=epoch_size, workers=workers)
        return [tuple(part.numpy() for part in batch) for batch in done.take(7)]

    @pytest.mark.slow
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
