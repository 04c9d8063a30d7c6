"""The table of augmentations: what each is called and which parameters it takes."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.augment.parameters import Parameters
from pipelines.errors import unknown_name

if TYPE_CHECKING:
    from pipelines.augment.batch import Batch

Operation = Callable[..., "Batch"]
"""What an augmentation is: a function of a batch, of random draws, and of its parameters."""


@dataclass(frozen=True)
class Augmenter:
    """A registered augmentation.

    Attributes
    ----------
    operation
        The function behind it.
    parameters
        What it may be given.
    mixes_labels
        Whether labels change along with the images.
    xla
        Whether XLA can compile it: some of its kernels may have no XLA counterpart.
    """

    operation: Operation
    parameters: Parameters
    mixes_labels: bool
    xla: bool

    @property
    def name(self) -> str:
        """As written in the string language."""
        return self.parameters.name

    @property
    def summary(self) -> str:
        """First line of the documentation."""
        return (inspect.getdoc(self.operation) or "").partition("\n")[0]


_TABLE: dict[str, Augmenter] = {}


def augmentation(
    *, mixes_labels: bool = False, xla: bool = True
) -> Callable[[Operation], Operation]:
    """Register a function ``(batch, draws, parameters with defaults…) -> batch`` by its name.

    Parameters
    ----------
    mixes_labels
        It returns other labels than it was given.
    xla
        XLA can compile it.
    """

    def register(operation: Operation) -> Operation:
        parameters = Parameters.of(operation)
        _TABLE[parameters.name] = Augmenter(operation, parameters, mixes_labels, xla)
        return operation

    return register


def added_augmentations() -> dict[str, Operation]:
    """Return the operations that did not come with this package, by name."""
    ours = f"{__package__}."
    return {
        name: one.operation
        for name, one in _TABLE.items()
        if not one.operation.__module__.startswith(ours)
    }


def augmenter(name: str) -> Augmenter:
    """Return the augmentation called ``name``.

    Raises
    ------
    InputError
        If there is none, with the closest names.
    """
    if name not in _TABLE:
        raise unknown_name("augmentation", name, list_augmentations())
    return _TABLE[name]


def list_augmentations() -> list[str]:
    """Return the names of the registered augmentations, sorted."""
    return sorted(_TABLE)
