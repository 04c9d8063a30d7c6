"""Every setting of a GAN, with its default and why."""

from typing import Literal, Self

from pydantic import Field, model_validator

from groundwork.settings import Fraction, Seed, Settings

MIN_IMAGES = 8
"""Different images of a class that a GAN needs at least."""
MOST_LATENT = 4096


class GanConfig(Settings):
    """Settings of one DCGAN; the defaults suit 50 images of 32x32."""

    scope: Literal["class", "conditional", "pooled"] = "class"
    """`class`: a network for each class. `conditional`: one for all classes, told which to make.
    `pooled`: one for all, told nothing (study P8); its samples have no label."""
    steps: int = Field(2000, ge=1, le=10_000_000)
    """Generator steps. Counted in steps, never in epochs: 50 images make an epoch of one step."""
    batch: int = Field(64, ge=2, le=4096)
    """Real images a step, and as many generated ones."""
    latent: int = Field(100, ge=1, le=MOST_LATENT)
    """Length of the latent vector."""
    width: int = Field(64, ge=4, le=512)
    """Channels of the first discriminator layer; deeper layers double it."""
    network: Literal["dcgan", "residual"] = "dcgan"
    """Strided convolutions, or residual blocks that resample by repeating and averaging."""
    discriminator: Literal["pixels", "projected"] = "pixels"
    """`projected` looks through a network trained on other images (Sauer et al. 2021)."""
    backbone: str = "efficientnet_lite1"
    """Network of a projected discriminator; judge the samples by another one."""
    backbone_size: int = Field(64, ge=32, le=512)
    """Side in pixels to which images are resized for the backbone."""
    judge: str = ""
    """Network whose features choose the generator to keep, by KID to the training images, e.g.
    efficientnet_lite0; empty keeps the last one."""
    dropout: float = Field(0.3, ge=0, lt=1)
    """Dropout before the discriminator's last layer."""
    learning_rate: float = Field(2e-4, gt=0, le=100)
    """Adam's learning rate, for both networks."""
    beta_1: float = Field(0.5, ge=0, lt=1)
    """Adam's first decay; 0.9 does not train a DCGAN."""
    loss: Literal["non_saturating", "hinge"] = "non_saturating"
    """Loss of both networks."""
    augment: str = "color,translation,cutout"
    """DiffAugment policy on real and generated images; empty for none (a plain DCGAN)."""
    spectral_norm: bool = False
    """Divide each kernel of the discriminator by its largest singular value."""
    minibatch_stddev: bool = False
    """Show the discriminator how much generated images differ; `batch` a multiple of 4."""
    ada_target: float = Field(0.0, ge=0, lt=1)
    """Adapt the probability of augmentation until the mean sign of the discriminator's logits on
    real images is this (0.6 in the ADA paper); 0 augments every image."""
    r1_weight: float = Field(0.0, ge=0, le=1e6)
    """Weight of the gradient penalty on real images; needs the discriminator of pixels."""
    lecam_weight: float = Field(0.3, ge=0, le=1e6)
    """Weight of the LeCam penalty, as in its paper on CIFAR; 0 for none."""
    label_ramp: tuple[Fraction, Fraction] = (0.25, 0.5)
    """Fractions of the training between which the labels of a class-conditional GAN come in; labels
    from the start make it collapse on few images (Shahbazi et al. 2022)."""
    flip: bool = True
    """Mirror half of the real images. Turn off for digits and letters."""
    ema_half_life: int = Field(500, ge=0, le=10_000_000)
    """Steps over which the averaged generator forgets half; 0 samples the raw generator."""
    grid_every: int = Field(250, ge=0, le=10_000_000)
    """Steps between sample grids; 0 draws only the last one."""
    checkpoint_every: int = Field(250, ge=1, le=10_000_000)
    """Steps between checkpoints: what a killed training loses at most. There is none while the
    discriminator is right about every image, for that may be a collapse."""
    quality_every: int = Field(250, ge=1, le=10_000_000)
    """Steps between measurements by the `judge`; a conditional GAN's begin after `label_ramp`."""
    quality_samples: int = Field(200, ge=3, le=10_000)
    """Images that a measurement draws."""
    patience: int = Field(0, ge=0, le=10_000_000)
    """Stop after so many steps without a better measurement by the `judge`; 0 never stops."""
    restarts: int = Field(2, ge=0, le=100)
    """How often a collapsed training goes back to its last checkpoint with a new seed."""
    precision: Literal["auto", "float32", "mixed_bfloat16"] = "auto"
    """Keras dtype policy; `auto` is mixed_bfloat16 on a GPU, and for a discriminator of pixels on a
    CPU with instructions for it (avx512_bf16, amx_bf16), else float32."""
    seed: Seed = 0
    """Seeds the weights, the batches, the noise and the augmentation."""

    @model_validator(mode="after")
    def _check_combinations(self) -> Self:
        if self.r1_weight and self.discriminator == "projected":
            raise ValueError(
                "r1_weight needs discriminator='pixels'; use lecam_weight with 'projected'"
            )
        if self.discriminator == "projected" and self.judge == self.backbone:
            raise ValueError(
                f"judge={self.judge!r} is the backbone that the discriminator looks through, which "
                "flatters what it sees; choose another judge"
            )
        if self.patience and not self.judge:
            raise ValueError(
                f"patience={self.patience} waits for a better measurement; name the judge that "
                "measures, e.g. efficientnet_lite0, or set patience to 0"
            )
        if self.minibatch_stddev and self.batch % 4:
            raise ValueError(f"batch={self.batch}; minibatch_stddev needs a multiple of 4")
        if not 0 <= self.label_ramp[0] <= self.label_ramp[1] <= 1:
            raise ValueError(f"label_ramp={self.label_ramp}; give two fractions in order, 0 to 1")
        return self
