"""`ganaug tune`: search for better settings, with keras-tuner and honest scores."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter
from pydantic import BaseModel

from classifiers.config import TrainConfig
from groundwork.files import as_path, replacing, write_json
from pipelines import runtime
from pipelines.recipes.address import parse_address
from pipelines.recipes.data import DataConfig
from pipelines.recipes.files import PAPER, Profile
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.options import OUTPUTS, as_options, outputs_option, said
from pipelines.recipes.search import Search, load_search
from pipelines.recipes.tuning import TuneConfig
from pipelines.report.imbalance import guessed_in_words
from pipelines.tasks.executor import Executor
from pipelines.tuning.results import (
    SearchResult,
    error_of_mean,
    short_in_words,
    stuck_in_words,
    verdict_in_words,
)
from pipelines.tuning.tuned import write_recipe
from pipelines.verbs.places import CLASSIFIER, IMAGES, SYNTHETIC, AnyName, AnyPath
from pipelines.workspace import REPORT, RESULT

TUNED = "tuned.toml"
"""Recipe of the best setting, below the folder of a search."""
UNCOUNTED = ("hyperband", "halving")
"""Tuners that decide by themselves how many trials there are."""


@dataclass(frozen=True)
class TuneResult:
    """A finished search.

    Attributes
    ----------
    folder
        Holds `result.json`, `trials.csv`, `report.html` and `tuned.toml`.
    lines
        The best setting and its score, in words.
    failed
        Why the best setting was not tested, in a line; empty if it was.
    """

    folder: Path
    lines: list[str]
    failed: str = ""

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        return "\n".join(
            [
                *self.lines,
                f"trials:   {self.folder / 'trials.csv'}",
                f"report:   {self.folder / 'report.html'}",
                f"recipe:   {self.folder / TUNED}",
                f"compare:  {_next(self.folder)}",
            ]
        )


def tune(
    dataset: AnyName | None = None,
    *,
    search: AnyName,
    profile: Profile = PAPER,
    data: Annotated[DataConfig, Parameter(name="*", group=IMAGES)] = DataConfig(),
    config: Annotated[TuneConfig, Parameter(name="tune")] = TuneConfig(),
    train: Annotated[TrainConfig, Parameter(group=CLASSIFIER)] = TrainConfig(),
    gan: Annotated[GeneratorConfig, Parameter(group=SYNTHETIC)] = GeneratorConfig(),
    role: Literal["chief", "worker"] | None = None,
    address: str = "127.0.0.1:8765",
    outputs: AnyPath = OUTPUTS,
    workers: int | None = None,
    dry_run: bool = False,
) -> TuneResult | str:
    """Search for better settings of a classifier or a generator.

    Every trial is scored by stratified folds inside the training images; no test image chooses
    anything. A search that was interrupted goes on when the same command is given again.

    Example: ``ganaug tune cifar10 --search pereira-p12 --tune.trials 4``

    Several machines, or terminals, that share the outputs folder do one search together: the same
    command with ``--role chief`` once, and with ``--role worker`` as often as wanted.

    Parameters
    ----------
    dataset
        Name of a data set, or a path of your own: class folders of images, `.zip`, `.csv` of paths
        and labels, `.npz`; by default the search's.
    search
        What to vary: the name of a search that ships with ganaug, or a TOML file.
    profile
        How much of it: `smoke`, whether it runs; `quick`, a shorter look; `paper`, all that it
        says.
    data
        Which images; several instances are tuned together.
    config
        The tuner and its scores; options given here override the search's.
    train, gan
        What stays as it is in every trial.
    role
        `chief`: hand out trials, and write the report when they are done. `worker`: train them.
    address
        Where the chief listens, ``host:port``.
    outputs
        Folder for everything that is made.
    workers
        Processes of one thread each for the folds of a trial; by default one a core.
    dry_run
        Say how much would be trained, and stop.

    Returns
    -------
    TuneResult
        Where the trials, the page and the recipe lie; of a worker, and with ``dry_run``, words.

    Raises
    ------
    InputError
        If the search or the images are not understood, every trial failed, or a worker finds no
        chief.
    """
    workers, outputs = runtime.checked_workers(workers), as_path(outputs)
    if role is not None:
        parse_address(address)
    changes: dict[str, Any] = {
        "data": data.model_dump(mode="json", exclude_unset=True),
        "tune": config.model_dump(mode="json", exclude_unset=True),
        "train": train.model_dump(mode="json", exclude_unset=True),
        "gan": gan.model_dump(mode="json", exclude_unset=True),
    }
    if dataset is not None:
        changes["data"]["source"] = str(dataset)
    settings = load_search(search, changes, profile)
    tables = {"": data, "tune.": config, "train.": train, "gan.": gan}
    command = _command(settings.recipe.data.source, search, profile, tables, outputs)
    runtime.quiet()
    from pipelines.tuning.run import prepare, run_trials, serve  # only now: it loads Keras

    what = prepare(settings, outputs)
    if dry_run:
        plan = _plan(settings, len(what.folds), len(what.drawn))
        return f"{what.source_in_words()}\n{plan}"
    with Executor(outputs, workers) as executor:
        if role == "worker":
            return serve(what, executor, address)
        result = run_trials(what, executor, command, address if role else None)
    _write(settings, result, what.folder, what.drawn[0].size)
    return TuneResult(what.folder, _describe(result), result.untested)


def _command(
    source: str,
    search: str | Path,
    profile: Profile,
    tables: Mapping[str, BaseModel],
    outputs: Path = OUTPUTS,
) -> str:
    """Return the shell command that repeats the search, on one machine."""
    words = ["ganaug", "tune", source, *said("--search", search)]
    if profile != PAPER:
        words += ["--profile", profile]
    for prefix, table in tables.items():
        words += as_options(prefix, table, but=["source"])
    return shlex.join([*words, *outputs_option(outputs)])


def _plan(search: Search, folds: int, instances: int) -> str:
    tune = search.tune
    count = "as many trials as the tuner makes" if tune.tuner in UNCOUNTED else f"{tune.trials}"
    kind = "generators of each class" if tune.objective == "kid" else "classifiers"
    return (
        f"{tune.tuner}: up to {count} trials of {folds} {kind}, {search.recipe.train.epochs} "
        f"epochs each; then the best and the untuned setting, {tune.seeds * instances} times each"
    )


def _write(search: Search, result: SearchResult, folder: Path, size: int) -> None:
    """Write the result, the table of trials, the page and the recipe."""
    from pipelines.report.search import render_search

    write_json(folder / RESULT, result.model_dump(mode="json"))
    for name, text in (("trials.csv", result.csv()), (REPORT, render_search(result))):
        with replacing(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    header = f"Found by: {result.command}\n\n  {_next(folder)}"
    write_recipe(search, result.best, folder / TUNED, header, size)


def _next(folder: Path) -> str:
    """Return the command that compares the best setting with the untuned one."""
    words = ["ganaug", "classify", "--recipe", str(folder / TUNED)]
    return shlex.join([*words, *outputs_option(folder.parent.parent)])


def _describe(result: SearchResult) -> list[str]:
    """Return the best setting, its score and its test, in words."""
    best, unit = result.best, 1 if result.minimised else 100
    digits = 3 if result.minimised else 1
    failed = sum(not trial.scores for trial in result.trials)
    score = f"{unit * best.mean:.{digits}f}"
    if best.has_error:
        score += f" ± {unit * best.standard_error:.{digits}f}"
    lines = [
        result.source,
        f"best of {len(result.trials)} trials{f' ({failed} failed)' if failed else ''}: "
        f"{result.score_name} {score} ({error_of_mean(best)})",
        *(f"  {key} = {value!r}" for key, value in best.values.items()),
    ]
    return [
        *lines,
        *short_in_words(result),
        *stuck_in_words(result),
        *verdict_in_words(result),
        *guessed_in_words(result),
    ]
