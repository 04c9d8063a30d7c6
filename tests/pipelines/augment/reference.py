"""A batch of noise, what a pipeline makes of it, and what Pillow does."""

import numpy as np
import tensorflow as tf
from PIL import Image

from pipelines.augment import parse

SIZE = 12
RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (16, SIZE, SIZE, 3), np.uint8)
IMAGES = (PICTURES / 255).astype(np.float32)
LABELS = np.eye(16, dtype=np.float32)  # one class an image: a label tells who was blended


def augmented(text, images=IMAGES, labels=LABELS, seed=1, step=2, epoch=0):
    """Return what a pipeline makes of a batch, as arrays."""
    done = parse(text)(tf.constant(images), tf.constant(labels), seed=seed, step=step, epoch=epoch)
    return tuple(part.numpy() for part in done)


def pillow(change):
    """Return what a function of a PIL image makes of every picture, in 0..1."""
    changed = [np.asarray(change(Image.fromarray(picture))) for picture in PICTURES]
    return np.stack(changed) / 255
