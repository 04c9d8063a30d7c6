"""`ganaug classify`: train classifiers with and without synthetic images and compare them."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from pydantic import BaseModel

from classifiers.config import TrainConfig
from ganaug.files import GRID
from groundwork.files import as_path
from pipelines import runtime
from pipelines.comparison.estimate import plan_comparison
from pipelines.recipes.data import DataConfig
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.files import PAPER, Profile
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.options import OUTPUTS, as_options, outputs_option, said
from pipelines.recipes.recipe import override
from pipelines.report.frame import frame, in_a_notebook
from pipelines.report.notes import failed_in_words
from pipelines.report.text import text_table
from pipelines.verbs.places import CLASSIFIER, FEED, IMAGES, SYNTHETIC, AnyName, AnyPath
from pipelines.verbs.report import report
from pipelines.workspace import outputs_of

if TYPE_CHECKING:  # at run time it would load Keras
    import pandas

    from pipelines.comparison.run import Comparison

SHOWN = 8
"""Sample grids that are named on the screen."""


@dataclass(frozen=True)
class ClassifyResult:
    """A finished comparison, and its page.

    Attributes
    ----------
    comparison
        Every result, and the folder where it is written.
    report
        The page to open in a browser.
    """

    comparison: "Comparison"
    report: Path

    @property
    def failed(self) -> str:
        """What did not succeed, in a line; empty if all did."""
        return failed_in_words(self.comparison.result)

    @property
    def table(self) -> "pandas.DataFrame":
        """The arms as rows; see `pipelines.report.frame.frame`."""
        folder = self.comparison.folder
        return frame(self.comparison.result, outputs_of(folder))

    def _repr_html_(self) -> str:
        return in_a_notebook(self.report)

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        folder, gans = self.comparison.folder, self.comparison.result.gans
        outputs = outputs_of(folder)
        grids = [f"grid:     {outputs / run.folder / GRID}" for run in gans[:SHOWN]]
        if len(gans) > SHOWN:
            grids.append(f"          and {len(gans) - SHOWN} more")
        lines = [*grids, f"results:  {folder}", f"report:   {self.report}"]
        return "\n".join([text_table(self.comparison.result, outputs), "", *lines])


def classify(
    dataset: AnyName | None = None,
    *,
    recipe: AnyName | None = None,
    profile: Profile = PAPER,
    data: Annotated[DataConfig, Parameter(name="*", group=IMAGES)] = DataConfig(),
    train: Annotated[TrainConfig, Parameter(group=CLASSIFIER)] = TrainConfig(),
    augment: Annotated[str | None, Parameter(group=CLASSIFIER)] = None,
    expand: Annotated[str | None, Parameter(group=CLASSIFIER)] = None,
    mix: Annotated[MixConfig, Parameter(group=SYNTHETIC)] = MixConfig(),
    gan: Annotated[GeneratorConfig, Parameter(group=SYNTHETIC)] = GeneratorConfig(),
    feed: Annotated[InputConfig, Parameter(name="input", group=FEED)] = InputConfig(),
    seeds: Annotated[int | None, Parameter(group=CLASSIFIER)] = None,
    outputs: AnyPath = OUTPUTS,
    workers: int | None = None,
    dry_run: bool = False,
) -> ClassifyResult | str:
    """Compare ways to train a classifier on the same few images, over several draws of them.

    Without a recipe three arms run, each with equally many steps: real images only; half of every
    batch from one DCGAN a class; flips and shifts. Defaults shown are those without a recipe, and
    what an arm of a recipe sets itself stays.

    Example: ``ganaug classify cifar10 --recipe pereira-p9 --instances 3 --gan.steps 500``

    Parameters
    ----------
    dataset
        Name of a data set, or a path of your own: class folders of images, `.zip`, `.csv` of paths
        and labels, `.npz`; by default that of the recipe, or `auto`: CIFAR-10 if it can be had,
        else mnist5k.
    recipe
        A recipe's name (`ganaug recipes` lists them) or a TOML file.
    profile
        How much of it: `smoke`, whether it runs; `quick`, a shorter look; `paper`, all that it
        says.
    data
        Which images, and how many draws of them.
    train
        The classifier and its training.
    augment
        Augmentation of every arm that does not set its own, e.g. `flip|shift(4)`.
    expand
        Offline expansion of the real images of every arm that does not set its own, e.g.
        `flip + rotate`.
    mix
        How synthetic images join the real ones.
    gan
        The generators, one a class.
    feed
        How batches are prepared.
    seeds
        Trainings of every arm on every instance, which differ in their seeds alone: their mean
        counts; by default the recipe's, or one.
    outputs
        Folder for everything that is made.
    workers
        Processes of one thread each; by default one a core.
    dry_run
        Say what would be trained, what it would cost and what it could find, and stop.

    Returns
    -------
    ClassifyResult
        The results and where the report lies; with ``dry_run`` the plan in words.

    Raises
    ------
    InputError
        If a setting is wrong, the images cannot be read or do not suffice, or ``outputs`` cannot
        be written.
    """
    tables: dict[str, BaseModel | str | int | None] = {
        "data": data,
        "train": train,
        "augment": augment,
        "expand": expand,
        "mix": mix,
        "gan": gan,
        "input": feed,
        "seeds": seeds,
    }
    outputs = as_path(outputs)
    settings = override(recipe, dataset, profile, **tables)
    workers = runtime.checked_workers(workers)
    if dry_run:
        return str(plan_comparison(settings, outputs, workers))
    command = _command(settings.data.source, recipe, profile, tables, outputs)
    runtime.quiet()
    from pipelines.comparison.run import run_comparison  # only now: it loads Keras

    comparison = run_comparison(settings, outputs, workers=workers, command=command)
    return ClassifyResult(comparison, report(comparison.folder))


def _command(
    source: str,
    recipe: str | Path | None,
    profile: Profile,
    tables: dict[str, BaseModel | str | int | None],
    outputs: Path = OUTPUTS,
) -> str:
    """Return the shell command that repeats the comparison."""
    words = ["ganaug", "classify", source]
    if recipe:
        words += said("--recipe", recipe)
    if profile != PAPER:
        words += ["--profile", profile]
    for name, table in tables.items():
        if isinstance(table, BaseModel):
            words += as_options("" if name == "data" else f"{name}.", table, but=["source"])
        elif table is not None:
            words += said(f"--{name}", table)
    return shlex.join([*words, *outputs_option(outputs)])
