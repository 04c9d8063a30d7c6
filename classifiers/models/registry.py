"""Models by name: builders register themselves, callers list, inspect and build them."""

import fnmatch
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, ValidationError, validate_call

from classifiers.errors import InputError, first_line, shown, unknown_name
from classifiers.models.backbones.outside import OutsideWeights
from groundwork.names import natural

if TYPE_CHECKING:
    import keras

Builder = Callable[..., "keras.Model"]
_validated = validate_call(config=ConfigDict(strict=True))


@dataclass(frozen=True)
class ModelInfo:
    """What the registry knows of one model.

    Attributes
    ----------
    name
        The name it is built by.
    family
        Models that share a builder or a paper, e.g. ``resnet``.
    source
        The study row or the paper that it follows.
    input_size
        Side, in pixels, of the square images it was designed for.
    min_size
        Smallest side it takes with its default parameters.
    builder
        ``builder(input_shape, classes, **parameters) -> keras.Model``.
    outside
        Where the weights come from that it has before training, if it is asked to have any.
    """

    name: str
    family: str
    source: str
    input_size: int
    min_size: int
    builder: Builder
    outside: tuple[OutsideWeights, ...] = ()

    @property
    def summary(self) -> str:
        """First line of the builder's docstring."""
        return (inspect.getdoc(self.builder) or "").partition("\n")[0]

    @property
    def parameters(self) -> dict[str, Any]:
        """Names and defaults of the parameters after ``input_shape`` and ``classes``."""
        signature = inspect.signature(self.builder).parameters
        return {name: p.default for name, p in list(signature.items())[2:]}


_MODELS: dict[str, ModelInfo] = {}


def register_model(
    *,
    family: str,
    source: str,
    input_size: int,
    min_size: int,
    outside: tuple[OutsideWeights, ...] = (),
) -> Callable[[Builder], Builder]:
    """Add a builder to the registry under its function name.

    The builder's type hints are its contract: `build_model` checks every parameter against them.
    """

    def register(builder: Builder) -> Builder:
        name = builder.__name__
        clash = {known.lower() for known in _MODELS} & {name.lower()}
        if clash:
            raise ValueError(f"a model named {name!r} is registered already")
        _MODELS[name] = ModelInfo(name, family, source, input_size, min_size, builder, outside)
        return builder

    return register


@cache
def _import_ours() -> None:
    """Import all of `classifiers.models`, which fills the table; once, for that takes time."""
    package = importlib.import_module("classifiers.models")
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)


def _registered() -> dict[str, ModelInfo]:
    """Return every model, ours and those that others have registered, in natural order."""
    _import_ours()
    return {name: _MODELS[name] for name in sorted(_MODELS, key=natural)}


def added_models() -> dict[str, Builder]:
    """Return the builders that did not come with this package, by name."""
    ours = f"{__package__}."
    return {name: one.builder for name, one in _MODELS.items() if not _home(one).startswith(ours)}


def _home(info: ModelInfo) -> str:
    """Return the module that a builder comes from; that of a partial one is not `functools`."""
    builder: Any = info.builder
    while isinstance(builder, partial):
        builder = builder.func
    return str(builder.__module__)


def list_models(pattern: str = "*") -> list[str]:
    """Return the names that match a shell pattern, whatever their case, in natural order.

    Examples
    --------
    >>> list_models("pereira*")
    ['pereira_baseline', 'pereira_small']
    """
    return [name for name in _registered() if fnmatch.fnmatch(name.lower(), pattern.lower())]


def model_info(name: str) -> ModelInfo:
    """Return what is known of a model; its name may be given in any case.

    Raises
    ------
    InputError
        No model has that name; the closest ones are named.
    """
    models = _registered()
    by_lower = {known.lower(): info for known, info in models.items()}
    try:
        return by_lower[name.lower()]
    except KeyError:
        raise unknown_name("model", name, models) from None


def build_model(
    name: str, input_shape: tuple[int, int, int], classes: int, **params: Any
) -> "keras.Model":
    """Build a model: images of 0..1 in, float32 logits out, its normalisation inside.

    Parameters
    ----------
    name
        A name of `list_models`.
    input_shape
        Height, width and channels of the images.
    classes
        Number of classes, at least 2.
    **params
        Parameters of the model's builder: `model_info(name).parameters`.

    Returns
    -------
    keras.Model
        Not compiled; its last layer is named ``logits``. The weights come from Keras's global
        random state: call `keras.utils.set_random_seed` first for repeatable ones.

    Raises
    ------
    InputError
        Unknown model or parameter, a value that is not allowed, images too small.
    """
    info = model_info(name)
    shape = _checked_shape(input_shape)
    if isinstance(classes, bool) or not isinstance(classes, int) or classes < 2:
        raise InputError(f"classes={classes!r}: a classifier needs an integer of at least 2")
    for given in params:
        if given not in info.parameters:
            raise unknown_name(f"parameter of model {info.name}", given, info.parameters)
    # Convention of the registry: a builder that resizes inside the model calls that side `size`.
    side = params.get("size") or min(shape[:2])
    if isinstance(side, int) and side < info.min_size:
        raise InputError(
            f"{info.name} takes images of {info.min_size} pixels a side or more, got {side}; "
            "give larger images or choose another model"
        )
    try:
        return _validated(info.builder)(shape, classes, **params)
    except ValidationError as error:
        raise InputError(f"model {info.name}: {_first_problem(error)}") from error
    except InputError:
        raise
    except ValueError as error:  # Keras: a window larger than its input, an unknown activation
        raise InputError(
            f"{info.name} cannot be built for {shape} with {params}: {first_line(error)}"
        ) from error


def load_model(path: str | Path) -> "keras.Model":
    """Load a classifier from a ``.keras`` file, uncompiled, in Keras's safe mode.

    A file from elsewhere can hold no code: lambda layers and unknown classes are refused.

    Raises
    ------
    InputError
        The file is missing, no Keras model, or no classifier that ends in logits.
    """
    _registered()  # defines the layers that such a file may name
    from groundwork.saved import load_network  # only now: it loads Keras

    model: keras.Model = load_network(Path(path))
    if "logits" not in model.output_names:
        names = ", ".join(model.output_names)[:200]
        raise InputError(f"{path} is no classifier: its outputs are {names}, not logits")
    shapes = [model.input_shape, model.output_shape]
    if not all(isinstance(shape, tuple) for shape in shapes) or not _classifies(*shapes):
        raise InputError(
            f"{path} is no classifier: it makes {shown(model.output_shape)} of "
            f"{shown(model.input_shape)}, not logits of square images of up to 1024 pixels"
        )
    return model


def _classifies(images: tuple[int | None, ...], logits: tuple[int | None, ...]) -> bool:
    """Tell whether a network takes RGB images ``[B, S, S, 3]`` and gives logits ``[B, K]``."""
    square = len(images) == 4 and images[1] == images[2] and images[3] == 3
    return square and 1 <= (images[1] or 0) <= 1024 and len(logits) == 2 and (logits[1] or 0) >= 2


def _checked_shape(input_shape: tuple[int, int, int]) -> tuple[int, int, int]:
    shape = tuple(input_shape)
    if len(shape) != 3 or not all(isinstance(side, int) and side > 0 for side in shape):
        raise InputError(f"input_shape={input_shape!r}: give three positive integers, (H, W, C)")
    return shape


def _first_problem(error: ValidationError) -> str:
    """Put pydantic's first complaint into one line."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}={first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}"
