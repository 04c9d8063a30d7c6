"""`ganaug compare`: from a folder to a verdict and a classifier, in the time that one has."""

import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from groundwork.files import as_path, read_json, replacing, replacing_folder, write_json
from groundwork.locks import locked
from groundwork.names import slug
from groundwork.terminal import say
from pipelines import runtime
from pipelines.errors import InputError, unknown_name, within
from pipelines.recipes.data import DataConfig
from pipelines.recipes.options import OUTPUTS, as_options, outputs_option, said
from pipelines.recipes.recipe import Recipe, load_recipe, override
from pipelines.report.advice import Advice
from pipelines.report.frame import frame, in_a_notebook
from pipelines.report.notes import failed_in_words
from pipelines.report.text import text_table
from pipelines.verbs.places import IMAGES, AnyName, AnyPath
from pipelines.workspace import (
    CARD,
    CLASSIFIER,
    COMPARE,
    CONFIG,
    EPOCHS,
    MODEL,
    NOT_SURE,
    PREPARATION,
    REPORT,
    RESULT,
    outputs_of,
)

if TYPE_CHECKING:  # at run time it would load Keras
    import pandas

    from pipelines.comparison.results import ComparisonResult

LEAST_MINUTES, MOST_MINUTES = 2.0, 100_000.0


@dataclass(frozen=True)
class CompareResult:
    """A verdict, and the classifier.

    Attributes
    ----------
    comparison
        Every result.
    advice
        What to do.
    folder
        Of all that is kept: `result.json`, and the page.
    classifier
        Folder of the classifier, trained on all images; None if that training failed.
    report
        The page to open in a browser.
    """

    comparison: "ComparisonResult"
    advice: Advice
    folder: Path
    classifier: Path | None
    report: Path

    @property
    def failed(self) -> str:
        """What did not succeed, in a line; empty if all did."""
        return failed_in_words(self.comparison)

    @property
    def verdict(self) -> str:
        """What to do, in sentences."""
        return " ".join(self.advice.sentences)

    @property
    def table(self) -> "pandas.DataFrame":
        """The ways to train as rows; see `pipelines.report.frame.frame`."""
        return frame(self.comparison, outputs_of(self.folder))

    def _repr_html_(self) -> str:
        return in_a_notebook(self.report)

    def __str__(self) -> str:
        """Return the lines that the command line prints: the verdict first."""
        lines = [
            *self.advice.sentences,
            *self.comparison.more,
            "",
            text_table(self.comparison, outputs_of(self.folder)),
            "",
            f"report:     {self.report}",
        ]
        if self.classifier is None:
            return "\n".join(lines)
        model = shlex.quote(str(self.classifier))
        lines += [
            f"classifier: {self.classifier} (what it is worth: {CARD}; loaded again in a fresh "
            "process, it answers as it did when it was trained)",
            f"use it:     ganaug predict pictures/ --model {model}",
            f"try it:     ganaug serve {model}",
            f"take it:    ganaug export {model}",
        ]
        return "\n".join(lines)


def compare(
    dataset: AnyName | None = None,
    *,
    minutes: float = 30.0,
    preset: Literal["quick", "best", "study", "demo"] = "best",
    only: Annotated[Sequence[str], Parameter(negative="", show_default=False)] = (),
    without: Annotated[Sequence[str], Parameter(negative="", show_default=False)] = (),
    add: Annotated[Sequence[str], Parameter(negative="", show_default=False)] = (),
    data: Annotated[DataConfig, Parameter(name="*", group=IMAGES)] = DataConfig(),
    outputs: AnyPath = OUTPUTS,
    workers: int | None = None,
) -> CompareResult:
    """Find what to do with a folder of images, within a time, and hand over the classifier.

    Several ways to train are tried on the same folds, each at the size that suits it. Those that
    are shown to be worse than the best are left, so that the time goes where the question is open.
    The best is then trained on all images. The same command with more minutes goes on.

    Example: ``ganaug compare photos/ --minutes 10``

    Parameters
    ----------
    dataset
        Name of a data set, or a path of your own: class folders of images, `.zip`, `.csv` of paths
        and labels, `.npz`; by default `auto`: CIFAR-10 if it can be had, else mnist5k.
    minutes
        How long it may take.
    preset
        What is tried: `quick`, three ways without generators; `best`, all that are worth it;
        `study`, those of study P; `demo`, on digits that need no download.
    only
        Names of ways to try; by default all of the preset.
    without
        Names of ways to leave out.
    add
        Recipes (`ganaug recipes` lists them) or TOML files whose arms are tried as well.
    data
        Which images, and how instances are made from them.
    outputs
        Folder for everything that is made.
    workers
        Processes of one thread each; by default one a core.

    Returns
    -------
    CompareResult
        The verdict, and where the classifier and the report lie.

    Raises
    ------
    InputError
        If a setting is wrong, the images cannot be read or do not suffice, or ``outputs`` cannot
        be written.
    """
    begun = time.monotonic()
    dataset, outputs = None if dataset is None else str(dataset), as_path(outputs)
    within("--minutes", minutes, LEAST_MINUTES, MOST_MINUTES)
    workers = runtime.checked_workers(workers)
    recipe = override(f"compare-{preset}", dataset, data=data)
    for one in add:
        recipe = recipe.joined(load_recipe(one))
    recipe = _chosen(recipe, only, without)
    command = _command(dataset, minutes, preset, only, without, add, data, outputs)
    runtime.quiet()
    from pipelines.comparison.compete import compete  # only now: it loads Keras

    competed = compete(
        recipe,
        outputs,
        minutes=minutes,
        begun=begun,
        workers=workers,
        command=command,
        say=say,
    )
    return _written(competed.result, outputs, competed.classifier, competed.name)


def _chosen(recipe: Recipe, only: Sequence[str], without: Sequence[str]) -> Recipe:
    """Return a recipe with some of its arms."""
    for name in (*only, *without):
        if name not in recipe.arms:
            raise unknown_name("way to train", name, list(recipe.arms))
    kept = {
        name: arm
        for name, arm in recipe.arms.items()
        if (not only or name in only) and name not in without
    }
    if not kept:
        raise InputError("--without leaves nothing to try")
    chosen = recipe.model_copy(update={"arms": kept})
    for name, arm in chosen.resolved_arms().items():
        if arm.mix.extra_real:
            raise InputError(
                f"{name!r} takes further real images (mix.origin 'extra_real'), of which a "
                "classifier of all images would have none: leave it out (--without), or give it "
                "to `ganaug classify`"
            )
    return chosen


def _written(
    result: "ComparisonResult", outputs: Path, final: Path | None, name: str
) -> CompareResult:
    """Write everything that is kept under the name of the data, while nobody else does.

    Without a classifier, for its training failed, one from before stays.
    """
    from pipelines.report.advice import advise  # only now: it loads matplotlib
    from pipelines.report.epochs import epochs_csv
    from pipelines.report.page import render

    advice = advise(result, outputs)
    expected = advice.expected
    result = result.model_copy(
        update={"announced": (expected.accuracy, expected.interval[0], expected.interval[1])}
    )
    folder = outputs / COMPARE / slug(name)
    report = folder / REPORT
    with locked(folder):
        classifier = None if final is None else folder / CLASSIFIER
        if final is not None and classifier is not None:
            _hand_over(result, advice, outputs, final, classifier)
        write_json(folder / RESULT, result.model_dump(mode="json"))
        with replacing(report) as part:
            part.write_text(render(result, outputs), encoding="utf-8")
        with replacing(folder / EPOCHS) as part:
            part.write_text(epochs_csv(result), encoding="utf-8")
    return CompareResult(result, advice, folder, classifier, report)


def _hand_over(
    result: "ComparisonResult", advice: Advice, outputs: Path, final: Path, target: Path
) -> None:
    """Put the classifier in the place of an older one, when it was loaded and tried.

    In a fresh process, which nothing that this one knows helps.
    """
    from pipelines.report.card import card  # only now: it loads matplotlib
    from pipelines.tasks.checked import check_classifier, read_check
    from pipelines.tasks.results import FinalTaskResult

    trained = FinalTaskResult.read(outputs / final)
    instance = outputs / str(read_json(outputs / final / CONFIG)["instance"])
    with replacing_folder(target) as part:
        (part / CARD).write_text(card(result, advice, trained, target), encoding="utf-8")
        write_json(part / NOT_SURE, advice.not_sure.model_dump(mode="json"))
        for home, file in (
            (instance, PREPARATION),
            (outputs / final, CONFIG),
            (outputs / final, MODEL),
            (outputs / final, RESULT),
        ):
            shutil.copyfile(home / file, part / file)
        check_classifier(part, *read_check(outputs / final))


def _command(
    dataset: str | None,
    minutes: float,
    preset: str,
    only: Sequence[str],
    without: Sequence[str],
    add: Sequence[str],
    data: DataConfig,
    outputs: Path = OUTPUTS,
) -> str:
    source = dataset or (data.source if "source" in data.model_fields_set else None)
    words = ["ganaug", "compare", *([source] if source else []), "--minutes", f"{minutes:g}"]
    words += ["--preset", preset]
    for option, names in (("--only", only), ("--without", without), ("--add", add)):
        words += [word for name in names for word in said(option, name)]
    words += as_options("", data, but=["source"])
    return shlex.join([*words, *outputs_option(outputs)])
