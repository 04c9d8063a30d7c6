"""The table of augmentations: what each is called and which parameters it takes."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from pipelines.errors import InputError, explain, unknown_name

if TYPE_CHECKING:
    from pipelines.augment.batch import Batch
    from pipelines.augment.language import Call


Operation = Callable[..., "Batch"]
"""What an augmentation is: a function of a batch, of random draws, and of its parameters."""


@dataclass(frozen=True)
class Augmenter:
    """A registered augmentation.

    Attributes
    ----------
    name
        As written in the string language.
    operation
        The function behind it.
    params
        Model of its parameters: types, ranges and defaults.
    mixes_labels
        Whether labels change along with the images.
    xla
        Whether XLA can compile it: some of its kernels have no XLA counterpart.
    """

    name: str
    operation: Operation
    params: type[BaseModel]
    mixes_labels: bool
    xla: bool

    @property
    def summary(self) -> str:
        """First line of the documentation."""
        return (inspect.getdoc(self.operation) or "").partition("\n")[0]

    @property
    def usage(self) -> str:
        """Its parameters with their defaults and what they may be.

        Examples
        --------
        >>> from pipelines.augment import augmenter
        >>> augmenter("shift").usage
        'shift(px=4), px 1 to 256'
        """
        fields = self.params.model_fields
        allowed = [f"{name} {_allowed(field)}" for name, field in fields.items()]
        defaults = ", ".join(f"{name}={_written(field.default)}" for name, field in fields.items())
        return ", ".join([f"{self.name}({defaults})", *allowed])

    def check(self, call: "Call") -> BaseModel:
        """Return the parameters of ``call``, validated.

        Raises
        ------
        InputError
            If a parameter is unknown, given twice, of another type or out of its range, or if
            ``low`` is above ``high``.
        """
        names = list(self.params.model_fields)
        given = dict(zip(names, call.args, strict=False))
        twice = [name for name, _ in call.kwargs if name in given]
        if len(call.args) > len(names) or twice:
            raise InputError(f"{self.name}: too many parameters; write {self.usage}")
        try:
            params = self.params.model_validate(given | dict(call.kwargs))
        except ValidationError as error:
            reason = explain(error, self.name, self.params)
            raise InputError(f"{reason}; write {self.usage}") from error
        low, high = getattr(params, "low", 0), getattr(params, "high", 0)
        if "low" in names and low > high:
            raise InputError(f"{self.name}: low={low:g} is above high={high:g}; swap them")
        return params


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
        name = operation.__name__
        parameters = list(inspect.signature(operation).parameters.values())[2:]
        fields: dict[str, Any] = {p.name: (p.annotation, p.default) for p in parameters}
        params = create_model(name, __config__=ConfigDict(frozen=True, extra="forbid"), **fields)
        _TABLE[name] = Augmenter(name, operation, params, mixes_labels, xla)
        return operation

    return register


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


def list_augmentations(pattern: str = "*") -> list[str]:
    """Return the names of the registered augmentations that match ``pattern``, sorted.

    Examples
    --------
    >>> list_augmentations("*mix*")
    ['augmix', 'cutmix', 'mixup', 'mixup_or_cutmix']
    """
    return sorted(name for name in _TABLE if fnmatchcase(name, pattern))


def written(name: str, params: BaseModel) -> str:
    """Return one step in the string language, with every parameter."""
    values = ", ".join(f"{key}={_written(value)}" for key, value in params)
    return f"{name}({values})" if values else name


def _written(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _allowed(field: Any) -> str:
    """Describe what a field may be: its choices or its range."""
    if get_origin(field.annotation) is Literal:
        return " or ".join(get_args(field.annotation))
    bounds = {
        key: bound
        for limit in field.metadata
        for key in ("ge", "gt", "le", "lt")
        if (bound := getattr(limit, key, None)) is not None
    }
    low = f"{bounds['ge']:g}" if "ge" in bounds else f"above {bounds['gt']:g}"
    high = f"{bounds['le']:g}" if "le" in bounds else f"below {bounds['lt']:g}"
    return f"{low} to {high}"
