"""`ganaug models`: the classifiers that can be trained by name, and what one consists of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.progress import track

from groundwork.terminal import screen
from pipelines import runtime
from pipelines.errors import unknown_name, within

if TYPE_CHECKING:  # at run time it would import Keras
    from classifiers.evaluation.cost import LayerCost


@dataclass(frozen=True)
class ListedModel:
    """One model and what it costs.

    Attributes
    ----------
    name, source
        Its name, and the study or paper it follows.
    input_size
        Side, in pixels, of the images it was designed for.
    parameters
        Weights, for ``classes`` classes.
    flops
        Floating-point operations for one image of that size: 2 for each multiply-add.
    """

    name: str
    source: str
    input_size: int
    parameters: int
    flops: int


@dataclass(frozen=True)
class ModelsResult:
    """Models that match a pattern."""

    rows: list[ListedModel]

    def __str__(self) -> str:
        """Return the table that the command line prints."""
        width = max(len(row.name) for row in self.rows)
        head = f"{'model':{width}}  input  parameters  MFLOPs (2 x MACs)  follows"
        lines = [
            f"{row.name:{width}}  {row.input_size:5}  {row.parameters:10,}  "
            f"{row.flops / 1e6:17,.1f}  {row.source}"
            for row in self.rows
        ]
        return "\n".join([head, *lines])


def models_list(pattern: str = "*", *, classes: int = 10) -> ModelsResult:
    """List the models whose name matches, with their size and cost at their own input size.

    Each is built to be counted: about 0.1 to 10 seconds a model.

    Example: ``ganaug models list "resnet*"``

    Parameters
    ----------
    pattern
        A shell pattern, such as ``"mobilenet*"``.
    classes
        Number of classes of the last layer.

    Returns
    -------
    ModelsResult
        The table.

    Raises
    ------
    InputError
        If no name matches.
    """
    within("--classes", classes, 2, 100_000)
    runtime.quiet()
    from classifiers.evaluation.cost import model_cost
    from classifiers.models.registry import list_models, model_info

    names = list_models(pattern)
    if not names:
        raise unknown_name("model", pattern, list_models())
    rows = []
    for name in track(names, "counting", console=screen(), transient=True):
        info = model_info(name)
        cost = model_cost(name, classes=classes)
        rows.append(ListedModel(name, info.source, info.input_size, cost.parameters, cost.flops))
    return ModelsResult(rows)


@dataclass(frozen=True)
class ModelShown:
    """A model, layer by layer.

    Attributes
    ----------
    name
        Its name.
    about
        What it is, in a line.
    size
        Side of the images, in pixels.
    settings
        What `train.model_params` can set, with the defaults.
    layers
        In order.
    """

    name: str
    about: str
    size: int
    settings: dict[str, object]
    layers: list["LayerCost"]

    def __str__(self) -> str:
        """Return the table that the command line prints."""
        wide = max(len(layer.name) for layer in self.layers)
        kind = max(len(layer.kind) for layer in self.layers)
        lines = [f"{'layer':{wide}}  {'kind':{kind}}  {'output':>14}  parameters      MFLOPs"]
        lines += [
            f"{layer.name:{wide}}  {layer.kind:{kind}}  "
            f"{' x '.join(map(str, layer.output)):>14}  "
            f"{layer.parameters:10,}  {layer.flops / 1e6:10,.2f}"
            for layer in self.layers
        ]
        total = sum(layer.parameters for layer in self.layers)
        settings = ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
        return "\n".join(
            [
                f"{self.name}: {self.about}",
                f"train.model_params: {settings or 'none'}",
                "",
                *lines,
                "",
                f"{total:,} parameters, of images of {self.size} x {self.size} x 3",
            ]
        )


def models_show(name: str, *, size: int | None = None, classes: int = 10) -> ModelShown:
    """Show what a model consists of: every layer with its output size and its parameters.

    Example: ``ganaug models show custom_cnn``

    Parameters
    ----------
    name
        A name of ``ganaug models list``.
    size
        Side of the images in pixels; by default those it was designed for.
    classes
        Number of classes of the last layer.

    Returns
    -------
    ModelShown
        The layers, and what can be set.

    Raises
    ------
    InputError
        If there is no such model, or the images are too small for it.
    """
    within("--classes", classes, 2, 100_000)
    if size is not None:
        within("--size", size, 8, 1024)
    runtime.quiet()
    from classifiers.evaluation.cost import layer_costs
    from classifiers.models.registry import model_info

    info = model_info(name)
    side = size or info.input_size
    layers = layer_costs(info.name, (side, side, 3), classes)
    return ModelShown(info.name, info.summary, side, info.parameters, layers)
