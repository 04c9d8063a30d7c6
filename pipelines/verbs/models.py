"""`ganaug models list`: the classifiers that can be trained by name."""

from dataclasses import dataclass

from rich.console import Console
from rich.progress import track

from pipelines import runtime
from pipelines.errors import unknown_name, within


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
    for name in track(names, "counting", console=Console(stderr=True), transient=True):
        info = model_info(name)
        cost = model_cost(name, classes=classes)
        rows.append(ListedModel(name, info.source, info.input_size, cost.parameters, cost.flops))
    return ModelsResult(rows)
