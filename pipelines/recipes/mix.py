"""Every setting of how further images join the real ones, with its default and why."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from groundwork.settings import Settings
from pipelines.augment import parse
from pipelines.errors import InputError
from pipelines.recipes.rules import parse_rules


class MixConfig(Settings):
    """How synthetic images join the real ones.

    But for `concatenate`, every strategy takes exactly as many optimiser steps as training on the
    real images alone: extra steps would be credited to the synthetic images. A gain still means
    nothing unless it beats the same strategy with `origin` set to `copies` and `noise`.
    """

    strategy: Literal["none", "concatenate", "fraction", "pretrain", "whole_batches", "dada"] = (
        "none"
    )
    """`none`: real images only. `concatenate`: one pool, longer epochs (study P9). `fraction`: a
    fixed fraction of every batch. `pretrain`: the first steps on synthetic images alone, the rest
    on real ones (bridged transfer). `whole_batches`: each batch is of one kind, drawn anew (GLICO).
    `dada`: the discriminator of a class-conditional GAN goes on as the classifier, on a fixed
    fraction of synthetic images; `train.model` is not looked at. One pool in as many steps as the
    real images alone is `fraction`, at the fraction of synthetic images among all."""
    origin: Literal["bank", "near", "copies", "noise", "extra_real"] = "bank"
    """`bank`: images from the generators. `near`: from the generators, between the latent vectors
    of two real images. The others are controls in place of generated images. `copies`: real images,
    each changed once by `copy_augment`. `noise`: independent pixels that know nothing of a class.
    `extra_real`: further real images, what the best generator could give."""
    per_class: int = Field(1000, ge=1, le=100_000)
    """Synthetic images of each class, made once, before training."""
    fraction: float = Field(0.5, gt=0, lt=1)
    """Synthetic fraction: of each batch for `fraction`, of the steps for `pretrain`; for
    `whole_batches` the probability that a batch is synthetic."""
    truncation: float = Field(1.0, gt=0, le=1)
    """Scale of the latent vectors: below 1, samples are more typical and less varied."""
    choose: str = ""
    """Rules that samples of the bank must pass, e.g. `agreement|novelty|score(0.5)`, see
    `pipelines.synthetic.selection`; empty takes them as they come."""
    choose_by: str = "efficientnet_lite0"
    """Network whose features those rules look at, or `random`. A pre-trained one brings outside
    knowledge in."""
    reach: float = Field(0.4, gt=0, le=0.5)
    """How far, at most, an image of `near` lies from one real image towards another."""
    copy_augment: str = "flip|shift(4)"
    """How `copies` differ from their originals; empty for exact copies."""
    teacher: str = ""
    """A backbone, e.g. `efficientnet_lite0`, that labels each synthetic image, softly, after having
    seen the real ones; empty: the class it was made for. As a control, the same teacher can label
    `copies`, with `copy_augment` at flips or at MixUp, or `noise`."""
    synthetic_weight: float = Field(1.0, gt=0, le=10)
    """Weight of a synthetic image in the loss; a real one has 1."""
    synthetic_smoothing: float = Field(0.0, ge=0, lt=1)
    """Fraction of each synthetic image's label that is spread over all classes."""

    @field_validator("copy_augment")
    @classmethod
    def _augments(cls, copy_augment: str) -> str:
        parse(copy_augment)
        return copy_augment

    @field_validator("choose")
    @classmethod
    def _chooses(cls, choose: str) -> str:
        parse_rules(choose)
        return choose

    @model_validator(mode="after")
    def _chooses_samples(self) -> Self:
        if self.choose and self.origin != "bank":
            raise InputError(f"mix.choose needs mix.origin 'bank', received {self.origin!r}")
        if self.strategy == "dada" and self.origin == "extra_real":
            raise InputError(
                "mix.strategy 'dada' tells real images from others: it needs another mix.origin "
                "than 'extra_real'"
            )
        return self

    @property
    def generated(self) -> bool:
        """Whether generators are needed, or their discriminator."""
        wanted = self.origin in ("bank", "near") or self.strategy == "dada"
        return self.strategy != "none" and wanted

    @property
    def extra_real(self) -> int:
        """How many further real images of each class are needed."""
        wanted = self.strategy != "none" and self.origin == "extra_real"
        return self.per_class if wanted else 0
