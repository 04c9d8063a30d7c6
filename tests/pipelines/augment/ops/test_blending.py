"""Blending images and labels, by hand."""

import numpy as np

from tests.pipelines.augment.reference import IMAGES, LABELS, augmented


def partners(labels):
    """Return who each image was blended with, and how much of it is in the label."""
    others = labels * (1 - LABELS)
    return others.argmax(1), others.sum(1)


def test_mixup_by_hand():
    images, labels = augmented("mixup")
    partner, weight = partners(labels)
    fraction = weight[:, None, None, None]
    np.testing.assert_allclose(
        images, (1 - fraction) * IMAGES + fraction * IMAGES[partner], atol=1e-5
    )
    assert weight.std() > 0.1
    assert len(set(partner)) > 8


def test_cutmix_labels_count_pixels():
    images, labels = augmented("cutmix")
    partner, weight = partners(labels)
    pasted = np.all(np.abs(images - IMAGES[partner]) < 1e-6, axis=-1)
    fraction = pasted.mean((1, 2)) * (partner != np.arange(16))  # with itself: nothing to see
    np.testing.assert_allclose(fraction, weight, atol=1e-6)
    assert len(set(weight)) > 8, "each image has a rectangle of its own"
    kept = np.all(np.abs(images - IMAGES) < 1e-6, axis=-1)
    assert np.all(pasted | kept)
    for mask in pasted:
        assert mask.sum() == mask.any(0).sum() * mask.any(1).sum()  # one rectangle


def test_both_kinds_in_one_batch():
    images, labels = augmented("mixup_or_cutmix")
    partner, weight = partners(labels)
    apart = np.stack([np.abs(images - IMAGES), np.abs(images - IMAGES[partner])]).max(-1)
    pasted = np.all(apart.min(0) < 1e-6, axis=(1, 2))  # each pixel is one image's or the other's
    assert 2 < np.sum(pasted[weight > 0]) < 13
    assert 2 < np.sum(~pasted[weight > 0]) < 13
    own, other = (np.all(np.abs(images - one) < 1e-6, -1) for one in (IMAGES, IMAGES[partner]))
    cut = pasted & (partner != np.arange(16))
    np.testing.assert_allclose((other & ~own).mean((1, 2))[cut], weight[cut], atol=1e-6)
    fraction = weight[~pasted][:, None, None, None]
    blended = (1 - fraction) * IMAGES[~pasted] + fraction * IMAGES[partner[~pasted]]
    np.testing.assert_allclose(images[~pasted], blended, atol=1e-5)
