"""The GAN as a Keras model: one `fit()` trains both networks."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from ganaug.arrays import to_signed
from ganaug.config import GanConfig
from ganaug.device import dtype_policy, slow_kernel_gradients
from ganaug.errors import InputError
from ganaug.latent.sampling import draw_latents, generate
from ganaug.model.ema import EmaGenerator
from ganaug.networks.discriminators import build_discriminator
from ganaug.networks.fast_gradients import with_matrix_gradients
from ganaug.networks.generator import bake_class, build_generator
from ganaug.networks.projected import FeatureNetwork, build_heads
from ganaug.objective.diffaugment import DiffAugment
from ganaug.objective.gradients import scaled_on_return, shared_backward
from ganaug.objective.losses import LOSSES
from ganaug.objective.regularisers import LeCam, lazy_r1
from groundwork.compute import default_precision

CURVES = ("d_loss", "g_loss", "d_real", "d_fake", "d_accuracy", "augment")
"""Losses, mean logits on real and on generated images, the discriminator's accuracy, and the
probability of augmentation."""
RECALIBRATION_LATENTS = 1024
"""Latent vectors by which the averaged generator's batch normalisation is measured."""


class GAN(keras.Model):  # type: ignore[misc]
    """A generator and a discriminator that train each other.

    ``fit()`` takes batches of real images, uint8 ``[B, size, size, 3]``. One step makes B images
    with one pass of the generator, and both losses' gradients with one of the discriminator, see
    :func:`ganaug.objective.gradients.shared_backward`. Where it has several logits an image, or
    compares images, it takes two: its own loss sees the images behind a stop_gradient, the
    generator's loss sees its weights behind one.

    Parameters
    ----------
    size
        Side of the images.
    config
        Every setting.
    backbone
        Makes the network of a projected discriminator: images in 0..1 to a list of feature maps,
        finest first.
    classes
        Above 0, both networks know the class: ``fit()`` takes batches of (images, int labels).

    Attributes
    ----------
    generator, discriminator
        The two networks.
    sampler
        The network to sample from: the averaged generator, or the raw one without averaging.
    """

    def __init__(
        self,
        size: int,
        config: GanConfig,
        backbone: Callable[[], keras.Model] | None = None,
        classes: int = 0,
    ) -> None:
        super().__init__(name="gan")
        self.size = size
        self.config = config
        self.classes = classes
        self.generator = build_generator(size, config, classes)
        self.feature_network: FeatureNetwork | None = None
        if config.discriminator == "projected":
            with default_precision(dtype_policy(config)):
                self.feature_network = FeatureNetwork(size, _required(backbone)(), config.seed)
            self.discriminator = build_heads(self.feature_network, config, classes)
        else:
            self.discriminator = build_discriminator(size, config, classes)
        self._generate, self._discriminate = self.generator, self.discriminator
        if slow_kernel_gradients(config):
            self._generate = with_matrix_gradients(self.generator)
            self._discriminate = with_matrix_gradients(self.discriminator)
        self.augment = DiffAugment(config.augment, config.seed + 1, config.ada_target)
        self.lecam = LeCam() if config.lecam_weight else None
        self.loss_pair = LOSSES[config.loss]
        # One logit an image, which depends on no other image.
        self.independent_logits = self.feature_network is None and not config.minibatch_stddev
        self.noise_seed = keras.random.SeedGenerator(config.seed)
        self.step = self.add_weight(
            name="step", shape=(), dtype="int32", initializer="zeros", trainable=False
        )
        self.sampler = self.generator
        self.ema = None
        if config.ema_half_life:
            self.ema = EmaGenerator(self.generator, config.ema_half_life)
            self.sampler = self.ema.model
        self.means = {name: keras.metrics.Mean(name) for name in CURVES}
        self.built = True

    def compile_adam(self, **kwargs: Any) -> None:
        """Compile with one Adam for each network; `kwargs` go to ``compile``."""
        adams = [
            keras.optimizers.Adam(self.config.learning_rate, self.config.beta_1, name=name)
            for name in ("generator_adam", "discriminator_adam")
        ]
        theirs = {id(v) for v in self.discriminator.trainable_variables}
        optimizer = keras.optimizers.MultiOptimizer(lambda v: adams[id(v) in theirs])
        self.compile(optimizer=optimizer, **kwargs)
        self.optimizer.build(self.trainable_variables)

    def reseed(self, seed: int) -> None:
        """Draw other latent vectors and augmentations from here on."""
        for generator in (self.noise_seed, self.augment.seed_generator):
            generator.state.assign(keras.random.SeedGenerator(seed).state)
            seed += 1

    def sample(self, count: int, seed: Sequence[int], label: int | None = None) -> np.ndarray:
        """Return uint8 samples; a class-conditional GAN's are of `label`, or all in turn.

        After :meth:`recalibrate_batch_norm` they are what the saved generator makes, though it
        computes in float32, which only the averaged generator does during a training in half
        precision.
        """
        return generate(self.sampler, self._latents(count, seed, label))

    def recalibrate_batch_norm(self) -> None:
        """Make the sampler ready to be measured or saved; the next step undoes it."""
        if self.ema is not None:
            self.ema.estimate_statistics(
                self._latents(RECALIBRATION_LATENTS, [self.config.seed, 3])
            )

    def _latents(self, count: int, seed: Sequence[int], label: int | None = None) -> np.ndarray:
        """Return what the generator takes in, labels and all."""
        latents = draw_latents(count, self.config.latent, seed)
        if not self.classes:
            return latents
        labels = np.arange(count) % self.classes if label is None else np.full(count, label)
        weight = float(ops.convert_to_numpy(self.label_weight()))
        one_hot = np.eye(self.classes, dtype=np.float32)[labels]
        return np.concatenate([latents, weight * one_hot], axis=1)

    def class_generator(self, label: int) -> keras.Model:
        """Return the sampler of one class of a class-conditional GAN, on its own."""
        weight = float(ops.convert_to_numpy(self.label_weight()))
        return bake_class(self.sampler, self.size, self.config, label, weight)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return as many generated images in -1..1, of the same classes, as there are real ones."""
        real, label = self._unpack(inputs)
        shape = (ops.shape(real)[0], self.config.latent)
        latent = keras.random.normal(shape, seed=self.noise_seed)
        return self._generate(ops.concatenate([latent, *label], axis=1), training=training)

    def _unpack(self, inputs: Any) -> tuple[Any, list[Any]]:
        """Return the images, and a list: empty, or the weights of the labels ``[B, classes]``."""
        if not self.classes:
            return inputs, []
        images, labels = inputs
        return images, [ops.one_hot(labels, self.classes) * self.label_weight()]

    def label_weight(self) -> Any:
        """Return how much labels count at this step, 0..1."""
        start, stop = (fraction * self.config.steps for fraction in self.config.label_ramp)
        done = (ops.cast(self.step, "float32") - start) / max(1.0, stop - start)
        return ops.clip(done, 0, 1)

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
            Real images, uint8, or (images, labels).
        y_pred
            Generated images, from :meth:`call`.
        """
        images, label = self._unpack(x)
        real = self._look(to_signed(ops.cast(images, "float32"))) + label
        passes = self._one_pass if self.independent_logits else self._two_passes
        loss, real_logits, fake_logits = passes(real, y_pred, label, training)
        loss += self._r1_penalty(real[0], label)
        if training:
            self._update_averages(real_logits, fake_logits)
        return loss

    def _one_pass(self, real: list[Any], made: Any, label: list[Any], training: bool) -> Any:
        """Return the loss and both sides' logits, with one pass through the discriminator."""
        made, scale = scaled_on_return(made, ops.zeros(ops.shape(made)[0]))
        fake = self._look(made) + label
        # Real and generated images apart: nobody then computes how real ones should change. A
        # spectral norm makes one power iteration for each.
        both = (keras.tree.flatten(self._discriminate(v, training=training)) for v in (real, fake))
        d_real, d_fake = (ops.reshape(logit, [-1]) for (logit,) in both)
        d_loss, g_loss = self.loss_pair
        self._record(d_loss(d_real, d_fake), g_loss(d_fake), d_real, d_fake)
        loss = shared_backward(self._discriminator_loss, g_loss, d_real, d_fake, scale)
        return loss, d_real, d_fake

    def _two_passes(self, real: list[Any], made: Any, label: list[Any], training: bool) -> Any:
        """Return the same where there are several heads, or images are compared."""
        fake = self._look(made) + label
        # Real images are never compared with generated ones, so one pass serves both.
        both = [ops.concatenate([r, ops.stop_gradient(f)]) for r, f in zip(real, fake, strict=True)]
        logits = keras.tree.flatten(self._discriminate(both, training=training))
        heads = [ops.split(part, 2) for part in logits]
        d_loss = sum(self.loss_pair.discriminator(r, f) for r, f in heads) / len(heads)
        g_loss = sum(map(self.loss_pair.generator, self._frozen_logits(fake))) / len(heads)
        d_real, d_fake = (
            ops.concatenate([ops.reshape(part, [-1]) for part in side])
            for side in zip(*heads, strict=True)
        )
        self._record(d_loss, g_loss, d_real, d_fake)
        return d_loss + g_loss + self._lecam_penalty(d_real, d_fake), d_real, d_fake

    def _discriminator_loss(self, real: Any, fake: Any) -> Any:
        return self.loss_pair.discriminator(real, fake) + self._lecam_penalty(real, fake)

    def _lecam_penalty(self, real: Any, fake: Any) -> Any:
        return 0.0 if self.lecam is None else self.config.lecam_weight * self.lecam(real, fake)

    def _r1_penalty(self, real: Any, label: list[Any]) -> Any:
        if not self.config.r1_weight:
            return 0.0
        weights = [v.value for v in self.discriminator.trainable_variables]
        return self.config.r1_weight * lazy_r1(
            lambda x: self._logits_with(weights, [x, *label])[0], real, self.step
        )

    def _look(self, images: Any) -> list[Any]:
        """Return what the discriminator sees of `images`, augmented."""
        augmented = self.augment(images)
        return (
            [augmented] if self.feature_network is None else list(self.feature_network(augmented))
        )

    def _frozen_logits(self, views: list[Any]) -> list[Any]:
        """Return logits through which gradients reach `views` but not the discriminator."""
        weights = [ops.stop_gradient(v.value) for v in self.discriminator.trainable_variables]
        return self._logits_with(weights, views)

    def _logits_with(self, weights: list[Any], views: list[Any]) -> list[Any]:
        """Return logits under `weights`, without side effects."""
        state = [v.value for v in self.discriminator.non_trainable_variables]
        logits, _ = self.discriminator.stateless_call(weights, state, views, training=True)
        return list(keras.tree.flatten(logits))

    def _record(self, d_loss: Any, g_loss: Any, d_real: Any, d_fake: Any) -> None:
        right = ops.concatenate([d_real > 0, d_fake < 0])
        values = {
            "d_loss": d_loss,
            "g_loss": g_loss,
            "d_real": d_real,
            "d_fake": d_fake,
            "d_accuracy": ops.mean(ops.cast(right, "float32")),
        }
        for name, value in values.items():
            self.means[name].update_state(ops.stop_gradient(value))
        self.means["augment"].update_state(self.augment.probability)

    def _update_averages(self, real_logits: Any, fake_logits: Any) -> None:
        """Bring everything that keeps up with the training to the next step."""
        if self.lecam is not None:
            self.lecam.update(real_logits, fake_logits)
        self.augment.adapt(real_logits)
        # The gradients are applied after this, so the average lags one step behind.
        if self.ema is not None:
            self.ema.update(self.step)
        self.step.assign(self.step + 1)


def _required(backbone: Callable[[], keras.Model] | None) -> Callable[[], keras.Model]:
    if backbone is None:
        raise InputError(
            "discriminator='projected' looks through a backbone and none was given; "
            "pass backbone=..., or use discriminator='pixels'"
        )
    return backbone
