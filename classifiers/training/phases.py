"""The phases of fine-tuning: which blocks of a transfer model train in which epochs, how fast."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from classifiers.config import TrainConfig
from classifiers.models.registry import model_info
from classifiers.models.transfer import blocks, set_trainable


@dataclass(frozen=True)
class Phase:
    """Epochs in which the same weights train.

    Attributes
    ----------
    epochs
        Counted from 0, as a part of the whole training.
    from_block
        First block that trains, as `set_trainable` counts; None leaves the model as it is.
    config
        Settings of these epochs.
    """

    epochs: range
    from_block: int | None
    config: TrainConfig

    def prepare(self, model: keras.Model) -> None:
        """Freeze and thaw the model's blocks for this phase."""
        if self.from_block is not None:
            set_trainable(model, self.from_block)


def phases(config: TrainConfig, model: keras.Model) -> Iterator[Phase]:
    """Yield the phases of a training: one, unless the settings freeze a part of the model.

    The head alone trains for `frozen_epochs`; then all blocks, or, every `thaw_every` epochs, one
    block more from the last to the first (gradual unfreezing, Howard & Ruder 2018).
    """
    if not (config.frozen_epochs or config.thaw_every):
        yield Phase(range(config.epochs), None, config)
        return
    count = len(blocks(model))
    if config.frozen_epochs:
        frozen = range(min(config.frozen_epochs, config.epochs))
        yield Phase(frozen, count, while_frozen(config))
    start, block = config.frozen_epochs, count - 1 if config.thaw_every else 0
    while start < config.epochs:
        stop = start + config.thaw_every if block else config.epochs
        yield Phase(range(start, min(stop, config.epochs)), block, config)
        start, block = stop, block - 1


def model_params(config: TrainConfig) -> dict[str, Any]:
    """Return the parameters of the configured model, those that freezing implies filled in.

    A backbone that is frozen for a while is a trained one: unless they say otherwise it has its
    ImageNet weights and sees images at the size of their training.
    """
    info = model_info(config.model)
    if not config.freezes or "weights" not in info.parameters:
        return config.model_params
    return {"weights": "imagenet", "size": info.input_size, **config.model_params}


def while_frozen(config: TrainConfig) -> TrainConfig:
    """Return the settings of the epochs in which the head alone trains.

    With a learning rate of its own, which is constant, there is nothing for momentum to follow.
    """
    if config.frozen_learning_rate is None:
        return config
    rate = {"learning_rate": config.frozen_learning_rate, "schedule": "constant"}
    return config.model_copy(update={**rate, "schedule_params": {}, "momentum_cycle": None})


def rate_factors(config: TrainConfig, model: keras.Model) -> list[float] | None:
    """Return the learning-rate factor of each trainable variable, if they differ.

    The last block has `block_decay` of the head's learning rate, the one before it the square.
    """
    if config.block_decay == 1:
        return None
    distance = {
        id(variable): number
        for number, block in enumerate(reversed(blocks(model)), start=1)
        for layer in block
        for variable in layer.trainable_variables
    }
    return [config.block_decay ** distance.get(id(v), 0) for v in model.trainable_variables]
