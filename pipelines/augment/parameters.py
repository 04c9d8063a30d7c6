"""The parameters of a named step, read off the signature of the function behind it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from pydantic.fields import FieldInfo

from pipelines.augment.language import Call
from pipelines.errors import InputError, explain


@dataclass(frozen=True)
class Parameters:
    """What a step may be given.

    Attributes
    ----------
    name
        The step, as written in the string language.
    model
        Types, ranges and defaults.
    """

    name: str
    model: type[BaseModel]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Self:
        """Read the parameters that have a default; every other one is not the user's."""
        fields: dict[str, Any] = {
            p.name: (p.annotation, p.default)
            for p in inspect.signature(function).parameters.values()
            if p.default is not p.empty
        }
        name = function.__name__
        config = ConfigDict(frozen=True, extra="forbid")
        return cls(name, create_model(name, __config__=config, **fields))

    @property
    def usage(self) -> str:
        """The step as it may be written, with what is allowed.

        Examples
        --------
        >>> from pipelines.augment import augmenter
        >>> augmenter("shift").parameters.usage
        'shift(px=4), px 1 to 256'
        """
        fields = self.model.model_fields
        allowed = [f"{name} {_allowed(field)}" for name, field in fields.items()]
        return ", ".join([written(self.name, self.model()), *allowed])

    def check(self, call: Call) -> BaseModel:
        """Return the parameters of ``call``, validated.

        Raises
        ------
        InputError
            If a parameter is unknown, given twice, of another type or out of its range, or if
            ``low`` is above ``high``.
        """
        names = list(self.model.model_fields)
        given = dict(zip(names, call.args, strict=False))
        twice = [name for name, _ in call.kwargs if name in given]
        if len(call.args) > len(names) or twice:
            raise InputError(f"{self.name}: too many parameters; write {self.usage}")
        try:
            params = self.model.model_validate(given | dict(call.kwargs))
        except ValidationError as error:
            reason = explain(error, self.name, self.model)
            raise InputError(f"{reason}; write {self.usage}") from error
        low, high = getattr(params, "low", 0), getattr(params, "high", 0)
        if "low" in names and low > high:
            raise InputError(f"{self.name}: low={low:g} is above high={high:g}; swap them")
        return params


def written(name: str, params: BaseModel) -> str:
    """Return one step in the string language, with every parameter."""
    values = ", ".join(
        f"{key}={value}" if isinstance(value, str) else f"{key}={value:g}" for key, value in params
    )
    return f"{name}({values})" if values else name


def _allowed(field: FieldInfo) -> str:
    """Describe what a field may be: its choices, its range, or else its type."""
    if get_origin(field.annotation) is Literal:
        return " or ".join(get_args(field.annotation))
    bounds = {
        key: bound
        for limit in field.metadata
        for key in ("ge", "gt", "le")
        if (bound := getattr(limit, key, None)) is not None
    }
    if not {"le"} < bounds.keys():
        return f"any {getattr(field.annotation, '__name__', field.annotation)}"
    low = f"{bounds['ge']:g}" if "ge" in bounds else f"above {bounds['gt']:g}"
    return f"{low} to {bounds['le']:g}"
