"""Every setting of one classifier training, with its default and why."""

import json
from contextlib import suppress
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from classifiers.errors import InputError, unknown_name
from groundwork.settings import Seed, Settings

OptimizerName = Literal[
    "sgd", "sgdw", "nesterov", "adam", "adamw", "adamax", "nadam", "adagrad", "adadelta",
    "adafactor", "rmsprop", "ftrl", "lion", "lamb", "muon", "schedule_free_adamw", "lars",
]  # fmt: skip
ScheduleName = Literal[
    "constant", "step", "exponential", "inverse", "cosine", "one_cycle", "cyclic", "plateau"
]
LossName = Literal["cross_entropy", "multi_margin", "focal"]
Views = Literal["none", "flip", "flip+shift"]
MOST_EPOCHS = 100_000
Momentum = Annotated[float, Field(ge=0, lt=1)]
Epoch = Annotated[int, Field(ge=1, le=MOST_EPOCHS)]


def _read(value: object) -> object:
    if isinstance(value, str):
        with suppress(ValueError):
            return json.loads(value)
    return value


class TrainConfig(Settings):
    """Settings of one training; the defaults are Pereira et al.'s testbed (study P)."""

    model: str = "pereira_baseline"
    """Name in the registry: `ganaug models list`."""
    model_params: dict[str, Any] = {}
    """Keyword arguments of the model's builder: dropout, activation, initialiser, …"""

    outputs: int = Field(0, ge=0, le=10_000, exclude_if=lambda outputs: outputs == 0)
    """Outputs of the network, where they are more than the classes: study P's have all ten of
    CIFAR-10 whichever two are drawn. Those of no class take part in the training and are then cut
    off. 0: one a class."""

    probe: Literal["logistic", "ridge"] | None = None
    """Instead of training, freeze the model, which must be a backbone with ImageNet weights, and
    fit a linear layer to its features: seconds instead of minutes. Of `model_params` it reads
    size, weights, deep, mirror and first_kernel; of what follows, `tta`."""
    probe_l2: float | None = Field(None, gt=0, le=1e12)
    """Penalty of that layer; none: the best on training images left out of the fit."""

    loss: LossName = "cross_entropy"
    """What is minimised."""
    loss_params: dict[str, float] = {}
    """cross_entropy: label_smoothing. multi_margin: margin, power. focal: alpha, gamma."""

    optimizer: OptimizerName = "sgd"
    """Name of the optimiser; `sgd` has the momentum below, `nesterov` Nesterov's kind of it."""
    optimizer_params: dict[str, Any] = {}
    """Further keyword arguments of the Keras optimiser, e.g. `beta_1`."""
    learning_rate: float = Field(0.01, gt=0, le=1000)
    """Learning rate that the schedule starts from (one_cycle: its peak)."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum of sgd, sgdw, nesterov and lars; the others do not read it."""
    momentum_cycle: tuple[Momentum, Momentum] | None = Field(
        None, exclude_if=lambda cycle: cycle is None
    )
    """Of sgd, sgdw and nesterov with the schedules one_cycle and cyclic: the momentum falls from
    the second number to the first while the learning rate rises, and back (PyTorch's OneCycleLR
    does so, from 0.95 to 0.85). None keeps `momentum`."""
    weight_decay: float = Field(5e-4, ge=0, le=1000)
    """L2 added to the gradient, as PyTorch's SGD and Adam do it; with sgdw, adamw, lion, lamb, muon
    and schedule_free_adamw, weights are instead shrunk by learning rate x this."""
    l1: float = Field(0, ge=0, le=1000)
    """L1 penalty: l1 x sign(weight) is added to the gradient."""
    decay_biases: bool = True
    """Decay biases and normalisation too (all parameters of one axis), as PyTorch does."""
    clip_norm: float | None = Field(None, gt=0, le=1e9)
    """Gradients are scaled down to this global norm."""
    ema: float = Field(0, ge=0, lt=1)
    """Test with an average of the weights that keeps this fraction of itself a step; 0: do not."""

    schedule: ScheduleName = "constant"
    """How the learning rate changes."""
    schedule_params: dict[str, Any] = {}
    """Parameters of the schedule: see `classifiers.optim.schedules`."""

    frozen_epochs: int = Field(0, ge=0, le=MOST_EPOCHS)
    """Epochs at the start in which only the head of a transfer model is trained. If they are all
    `epochs` and nothing changes or joins the images, then on features that are computed once and
    kept, of a backbone with ImageNet weights."""
    frozen_learning_rate: float | None = Field(None, gt=0, le=1000)
    """Constant learning rate of those epochs; none: that of the schedule."""
    thaw_every: int = Field(0, ge=0, le=MOST_EPOCHS)
    """Then thaw one block more, the last first, after each so many epochs; 0: all at once."""
    block_decay: float = Field(1, gt=0, le=1)
    """Learning rate of each block relative to the one after it; the head has the full one."""

    batch: int = Field(128, ge=1, le=65_536)
    """Images a step."""
    epochs: int = Field(100, ge=1, le=MOST_EPOCHS)
    """Passes over the training data."""
    evaluate_at: tuple[Epoch, ...] = Field((), max_length=1000)
    """Epochs after which the test accuracy is also recorded; the last epoch always is, and those
    beyond it are never reached. Classifiers that vote do so at the end only."""
    patience: int = Field(0, ge=0, le=MOST_EPOCHS)
    """Stop after so many epochs without a lower validation loss and go back to the best weights
    (training loss, where `validation` is 0), in the last phase of a fine-tuning; 0: never stop
    early."""
    validation: float = Field(0, ge=0, le=0.5)
    """Fraction of the real training images, the same of every class, that is left out of training:
    patience and the schedule `plateau` watch their loss. Copies that `mix` adds are made of
    the others, but its generators have seen all."""
    retries: int = Field(3, ge=0, le=100)
    """Further attempts where a training does not start (after 30 steps or more it answers one class
    of its own images, loss and accuracy at chance), the first that learns is kept: standardised
    inputs, unless the model is a backbone; a tenth of the learning rate; another seed. 0: none."""
    members: int = Field(1, ge=1, le=100)
    """Train so many classifiers that differ in their seed, and let them vote softly; those that
    explain the `validation` images better have more weight."""
    folds: int = Field(0, ge=0, le=1000)
    """Cross-validation: train one classifier on all but each of so many stratified folds, note
    their accuracy on what they did not see, and let them vote; 0: one on all images."""
    tta: Views = "none"
    """Test on the image alone, on it and its mirror image, or on both and two 1-pixel shifts."""
    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """Keras dtype policy of the model. What is fitted or trained on features that are computed once
    and kept has that of those, float32."""
    wandb_project: str | None = None
    """Also send curves and mistakes to this project of Weights & Biases; part of what names a
    training, so asking for it trains anew."""
    log_every: int = Field(0, ge=0, le=1_000_000, exclude_if=lambda steps: steps == 0)
    """Also log means of so many steps or fewer, 1 for every batch; 0: of epochs alone. A small
    number slows small trainings down, and like `wandb_project` it trains anew."""
    seed: Seed = 0
    """Seeds the weights and dropout."""

    @property
    def freezes(self) -> bool:
        """Whether the backbone is frozen for a while, and so a trained one."""
        return bool(self.frozen_epochs or self.thaw_every or self.model_params.get("frozen"))

    @field_validator("model_params", "optimizer_params", "schedule_params", mode="before")
    @classmethod
    def _from_a_command_line(cls, values: object) -> object:
        """Read numbers, true and false, which a command line gives as text."""
        if not isinstance(values, dict):
            return values
        return {name: _read(value) for name, value in values.items()}

    @model_validator(mode="after")
    def _votes_in_one_way(self) -> Self:
        if self.folds == 1:
            raise InputError("train.folds is 1: give 2 or more, or 0 for none")
        if self.folds and (self.members > 1 or self.validation):
            raise InputError(
                f"train.folds={self.folds} with train.members={self.members} and "
                f"train.validation={self.validation:g}: every fold is a member with validation "
                "images of its own; leave the other two out"
            )
        if self.outputs and self.probe:
            raise InputError(
                f"train.outputs={self.outputs} with train.probe={self.probe!r}, which is fitted to "
                "the classes there are: leave one of them out"
            )
        if self.evaluate_at and (self.folds or self.members > 1):
            raise InputError(
                f"train.evaluate_at={list(self.evaluate_at)} with several classifiers: they vote "
                "at the end only; leave it out"
            )
        return self

    @model_validator(mode="after")
    def _cycles_with_its_rate(self) -> Self:
        if self.momentum_cycle is None:
            return self
        if self.schedule not in ("one_cycle", "cyclic"):
            raise InputError(
                f"train.momentum_cycle with train.schedule={self.schedule!r}: it follows one_cycle "
                "or cyclic"
            )
        if self.optimizer not in ("sgd", "sgdw", "nesterov"):
            raise InputError(
                f"train.momentum_cycle with train.optimizer={self.optimizer!r}: give sgd, sgdw or "
                "nesterov"
            )
        return self

    @field_validator("loss", "optimizer", "schedule", mode="before")
    @classmethod
    def _known(cls, name: object, info: ValidationInfo) -> object:
        """Answer a wrong name with the closest right ones."""
        field = info.field_name or ""
        known = get_args(cls.model_fields[field].annotation)
        if isinstance(name, str) and name not in known:
            raise unknown_name(field, name, known)
        return name
