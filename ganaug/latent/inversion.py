"""Back from images into the latent space, and new images near given ones."""

from typing import Any

import keras
import numpy as np
from keras import ops

from ganaug.arrays import check_images, to_signed
from ganaug.latent.interpolation import slerp
from ganaug.latent.sampling import draw_latents, generate

COARSE = 4
"""Inversion also compares images shrunk by this: without it edges a few pixels off have no pull."""


class _Inverter(keras.Model):  # type: ignore[misc]
    """Latent vectors as the only weights, so that ``fit()`` is the search."""

    def __init__(self, generator: keras.Model, latents: np.ndarray, wanted: np.ndarray) -> None:
        super().__init__(name="inverter")
        self.generator = generator
        generator.trainable = False
        self.latents = self.add_weight(
            shape=latents.shape, initializer=lambda shape, dtype: ops.convert_to_tensor(latents)
        )
        self.wanted = wanted
        self.built = True

    def call(self, index: Any) -> Any:
        return self.generator(ops.take(self.latents, index, axis=0), training=False)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, *_: Any, **__: Any
    ) -> Any:
        error = y_pred - ops.take(self.wanted, x, axis=0)
        coarse = ops.average_pool(error, COARSE)
        return ops.mean(ops.square(error)) + ops.mean(ops.square(coarse))


def invert(
    generator: keras.Model, images: np.ndarray, *, steps: int = 300, seed: int = 0
) -> np.ndarray:
    """Search the latent vectors whose images come closest to given ones.

    Parameters
    ----------
    generator
        Latent vectors to images in -1..1; it is frozen by this.
    images
        uint8 ``[N, H, W, 3]``.
    steps
        Adam steps; each looks at all images.
    seed
        Seeds the starting points: the best of 256 random vectors for each image.

    Returns
    -------
    numpy.ndarray
        float32 ``[N, latent]``.
    """
    check_images(images)
    wanted = to_signed(images.astype(np.float32))
    model = _Inverter(generator, _nearest_of_random(generator, images, seed), wanted)
    model.compile(keras.optimizers.Adam(0.05), jit_compile=keras.backend.backend() == "jax")
    count = len(images)
    model.fit(np.tile(np.arange(count), steps), batch_size=count, shuffle=False, verbose=0)
    return np.asarray(ops.convert_to_numpy(model.latents.value))


def neighbours(
    generator: keras.Model, images: np.ndarray, n: int, *, seed: int, reach: float = 0.4
) -> np.ndarray:
    """Return new images near given ones, on the way to others of them.

    The latent vectors of two images are mixed by `slerp`, as GLICO does it (Azuri & Weinshall
    2020); there they are learnt along with the generator, here they are searched by `invert`.

    Parameters
    ----------
    generator
        As in `invert`.
    images
        uint8 ``[N, H, W, 3]``, of one class.
    n
        How many; each image is the start of every N-th one.
    seed
        The same seed gives the same images.
    reach
        Fractions of the way are drawn evenly from 0 to this.

    Returns
    -------
    numpy.ndarray
        uint8 ``[n, H, W, 3]``.
    """
    latents = invert(generator, images, seed=seed)
    count = len(latents)
    rng = np.random.default_rng([seed, count])
    start = np.arange(n) % count
    # Any other image: one step to all but one, round the circle.
    end = (start + rng.integers(1, max(2, count), n)) % count
    return generate(generator, slerp(latents[start], latents[end], rng.uniform(0, reach, n)))


def _nearest_of_random(generator: keras.Model, images: np.ndarray, seed: int) -> np.ndarray:
    pool = draw_latents(256, generator.input_shape[1], [seed])
    samples = generate(generator, pool).reshape(len(pool), -1).astype(np.float32)
    targets = images.reshape(len(images), -1).astype(np.float32)
    distance = (samples**2).sum(axis=1) - 2 * targets @ samples.T
    nearest: np.ndarray = pool[distance.argmin(axis=1)]
    return nearest
