"""Every setting of one classifier training, with its default and why."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class TrainConfig(BaseModel):
    """Settings of one training; the defaults are Pereira et al.'s testbed (study P)."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    model: str = "pereira_baseline"
    """Name in the registry: `ganaug models list`."""
    model_params: dict[str, Any] = {}
    """Keyword arguments of the model's builder."""
    optimizer: str = "sgd"
    """Name of the optimiser."""
    learning_rate: float = Field(0.01, gt=0)
    """Initial learning rate."""
    momentum: float = Field(0.9, ge=0, lt=1)
    """Momentum of SGD."""
    weight_decay: float = Field(5e-4, ge=0)
    """L2 penalty as PyTorch's SGD applies it."""
    batch: int = Field(128, ge=1)
    """Images a step."""
    epochs: int = Field(100, ge=1)
    """Passes over the training data."""
    evaluate_at: tuple[int, ...] = ()
    """Epochs after which the test accuracy is also recorded; the last epoch always is."""
    seed: int = Field(0, ge=0)
    """Seeds the weights and dropout."""
