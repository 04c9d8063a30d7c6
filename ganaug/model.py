"""The GAN as a Keras model: one `fit()` trains both networks."""

from typing import Any

import keras
from keras import ops

from ganaug.config import GanConfig
from ganaug.diffaugment import DiffAugment
from ganaug.ema import EmaGenerator
from ganaug.losses import LOSSES
from ganaug.networks import build_discriminator, build_generator


class GAN(keras.Model):  # type: ignore[misc]
    """A generator and a discriminator that train each other.

    ``fit()`` takes batches of real images, uint8 ``[B, size, size, 3]``. One step makes B images
    with one pass of the generator, and both losses' gradients in one backward pass: the
    discriminator's loss sees the images behind a stop_gradient, the generator's loss sees the
    discriminator's weights behind one.

    Parameters
    ----------
    size
        Side of the images.
    config
        Every setting.

    Attributes
    ----------
    generator, discriminator
        The two networks.
    sampler
        The network to sample from: the averaged generator, or the raw one without averaging.
    """

    def __init__(self, size: int, config: GanConfig) -> None:
        super().__init__(name="gan")
        self.config = config
        self.generator = build_generator(size, config)
        self.discriminator = build_discriminator(size, config)
        self.augment = DiffAugment(config.augment, seed=config.seed + 1)
        self.loss_pair = LOSSES[config.loss]
        self.noise_seed = keras.random.SeedGenerator(config.seed)
        self.step = self.add_weight(
            name="step", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self.sampler = self.generator
        self.ema = None
        if config.ema_half_life:
            self.ema = EmaGenerator(self.generator, config.ema_half_life)
            self.sampler = self.ema.model
        self.means = {
            name: keras.metrics.Mean(name) for name in ("d_loss", "g_loss", "d_real", "d_fake")
        }
        self.built = True

    def compile_adam(self, **kwargs: Any) -> None:
        """Compile with one Adam for each network; `kwargs` go to ``compile``."""
        adams = [
            keras.optimizers.Adam(self.config.learning_rate, self.config.beta_1, name=name)
            for name in ("generator_adam", "discriminator_adam")
        ]
        judge = {id(v) for v in self.discriminator.trainable_variables}
        optimizer = keras.optimizers.MultiOptimizer(lambda v: adams[id(v) in judge])
        self.compile(optimizer=optimizer, **kwargs)
        self.optimizer.build(self.trainable_variables)

    def call(self, real: Any, training: bool = False) -> Any:
        """Return as many generated images in -1..1 as there are `real` ones."""
        shape = (ops.shape(real)[0], self.config.latent)
        latent = keras.random.normal(shape, seed=self.noise_seed)
        return self.generator(latent, training=training)

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the sum of both losses; they share no weights, so their gradients don't mix.

        Parameters
        ----------
        x
            Real images, uint8.
        y_pred
            Generated images, from :meth:`call`.
        """
        real, fake = ops.cast(x, "float32") / 127.5 - 1, y_pred
        # Nothing in the discriminator mixes images, so one pass judges both halves.
        judged = ops.concatenate([real, ops.stop_gradient(fake)])
        real_logits, fake_logits = ops.split(
            self.discriminator(self.augment(judged), training=training), 2
        )
        d_loss = self.loss_pair.discriminator(real_logits, fake_logits)
        g_loss = self.loss_pair.generator(self._judge_frozen(self.augment(fake), training))
        self._record(d_loss=d_loss, g_loss=g_loss, d_real=real_logits, d_fake=fake_logits)
        if training:
            self._finish_step()
        return d_loss + g_loss

    def _judge_frozen(self, images: Any, training: bool) -> Any:
        """Return logits through which gradients reach `images` but not the discriminator."""
        net = self.discriminator
        weights = [ops.stop_gradient(v.value) for v in net.trainable_variables]
        state = [v.value for v in net.non_trainable_variables]
        logits, _ = net.stateless_call(weights, state, images, training=training)
        return logits

    def _record(self, **values: Any) -> None:
        for name, value in values.items():
            self.means[name].update_state(ops.stop_gradient(value))

    def _finish_step(self) -> None:
        # The gradients are applied after this, so the average lags one step behind.
        if self.ema is not None:
            self.ema.update(self.step)
        self.step.assign(self.step + 1)
