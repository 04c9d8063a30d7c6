"""How a search goes about it: its tuner, and what scores a trial."""

from typing import Literal, Self

from pydantic import Field, model_validator

from groundwork.settings import Seed, Settings


class TuneConfig(Settings):
    """How a search goes about it."""

    tuner: Literal["grid", "random", "bayesian", "hyperband", "halving"] = "bayesian"
    """`hyperband`: more epochs for the better trials. `halving`: more folds for them."""
    trials: int = Field(14, ge=1, le=100_000)
    """Settings tried; the grid is tried whole, up to so many, and `hyperband` and `halving` count
    by themselves."""
    initial: int = Field(4, ge=1, le=100_000)
    """Random trials before the Bayesian ones; keras-tuner's default of three a dimension would make
    a short search a random one."""
    folds: int = Field(3, ge=2, le=1000)
    """Stratified folds of the training images; each trial trains on all but one of them in turn."""
    repeats: int = Field(1, ge=1, le=1000)
    """How often the images are split anew."""
    validation: bool = Field(False, exclude_if=lambda validation: not validation)
    """Score a trial by one training, on the validation images that `data.shares` or
    `data.own_validation` set apart, in place of folds. False is not written down."""
    last: int = Field(5, ge=1, le=100_000)
    """Epochs at the end whose mean validation accuracy is the score: the best epoch of a small
    validation set is the luckiest one."""
    objective: Literal["accuracy", "kid"] = "accuracy"
    """`accuracy` of the classifier, or `kid` of the generators to images that they did not see."""
    factor: int = Field(3, ge=2, le=1000)
    """Of `hyperband` and `halving`: one trial in so many goes on."""
    seeds: int = Field(3, ge=1, le=1000)
    """How often the best setting is trained on all training images, and tested, at the end."""
    seed: Seed = 0
    """Of the folds and of the tuner's choices."""

    @property
    def trainings(self) -> int:
        """How many trainings score a trial on one instance."""
        return 1 if self.validation else self.folds * self.repeats

    @model_validator(mode="after")
    def _folds_to_be_halved(self) -> Self:
        if self.validation and self.tuner == "halving":
            raise ValueError("tuner 'halving' gives better trials more folds: leave validation out")
        return self
