"""`ganaug tune`: search for better settings, with keras-tuner and honest scores."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from classifiers.config import TrainConfig
from ganaug.config import GanConfig
from ganaug.files import replacing, write_json
from pipelines import runtime
from pipelines.executor import Executor
from pipelines.identity import digest, slug
from pipelines.recipe import DataConfig, load_recipe
from pipelines.study import (
    Drawn,
    draw_instances,
    open_source,
    plan_gans,
    plan_trainings,
    train_gans,
)
from pipelines.tuning.results import SearchResult, read_trials, write_recipe
from pipelines.tuning.search import Search, TuneConfig, load_search

UNCOUNTED = ("hyperband", "halving")
"""Tuners that decide by themselves how many trials there are."""


@dataclass(frozen=True)
class Tuned:
    """A finished search.

    Attributes
    ----------
    folder
        Holds `result.json`, `trials.csv`, `report.html` and `tuned.toml`.
    lines
        The best setting and its score, in words.
    """

    folder: Path
    lines: list[str]

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        return "\n".join(
            [
                *self.lines,
                f"trials:   {self.folder / 'trials.csv'}",
                f"report:   {self.folder / 'report.html'}",
                f"recipe:   {self.folder / 'tuned.toml'}",
                f"compare:  ganaug classify --recipe {self.folder / 'tuned.toml'}",
            ]
        )


def tune(
    dataset: str | None = None,
    *,
    search: str,
    data: Annotated[DataConfig, Parameter(name="*")] = DataConfig(),
    config: Annotated[TuneConfig, Parameter(name="tune")] = TuneConfig(),
    train: Annotated[TrainConfig, Parameter(group="Classifier")] = TrainConfig(),
    gan: Annotated[GanConfig, Parameter(group="Generators")] = GanConfig(),
    role: Literal["chief", "worker"] | None = None,
    address: str = "127.0.0.1:8765",
    outputs: Path = Path("outputs"),
    workers: int | None = None,
    dry_run: bool = False,
) -> Tuned | str:
    """Search for better settings of a classifier or a generator.

    Every trial is scored by stratified folds inside the training images; no test image chooses
    anything. A search that was interrupted goes on when the same command is given again.

    Example: ``ganaug tune cifar10 --search pereira-p12 --tune.trials 4``

    Several machines, or terminals, that share the outputs folder do one search together: the same
    command with ``--role chief`` once, and with ``--role worker`` as often as wanted.

    Parameters
    ----------
    dataset
        Name of a data set, an image folder, or an .npz file; by default the search's.
    search
        What to vary: the name of a search that ships with ganaug, or a TOML file.
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
    Tuned
        Where the trials, the page and the recipe lie; of a worker, and with ``dry_run``, words.

    Raises
    ------
    InputError
        If the search or the images are not understood, every trial failed, or a worker finds no
        chief.
    """
    started = time.perf_counter()
    runtime.quiet()
    changes: dict[str, Any] = {
        "data": data.model_dump(exclude_unset=True),
        "tune": config.model_dump(exclude_unset=True),
        "train": train.model_dump(exclude_unset=True),
        "gan": gan.model_dump(exclude_unset=True),
    }
    if dataset is not None:
        changes["data"]["source"] = dataset
    what = load_search(search, changes)
    workers = workers or runtime.cores()
    source = open_source(what.recipe.data)
    drawn = draw_instances(source, what.recipe.data, outputs)

    from pipelines.tuning.folds import make_folds

    settings = what.model_dump(mode="json")
    identity = digest([settings, [one.folder for one in drawn]])
    folder = outputs / "tune" / f"{slug(what.recipe.name)}-{identity}"
    folds = make_folds(drawn, what.tune, outputs)
    if dry_run:
        return _plan(what, len(folds), len(drawn))
    with Executor(outputs, workers) as executor:
        if role == "worker":
            return _serve(what, folds, executor, folder, address)
        _search(what, folds, executor, folder, address if role else None)
        trials = read_trials(folder)
        result = SearchResult(
            name=what.recipe.name,
            title=what.recipe.title,
            command=" ".join(["ganaug", *sys.argv[1:]]),
            machine=runtime.machine(),
            source="; ".join([source.name, *source.notes]),
            classes=[one.record.classes for one in drawn],
            settings=settings,
            trials=trials,
            seconds=time.perf_counter() - started,
        )
        if not result.minimised:
            retrained, untuned = (
                _retrain(what, values, drawn, executor) for values in (result.best.values, {})
            )
            result = result.model_copy(update={"retrained": retrained, "untuned": untuned})
    _write(what, result, folder)
    return Tuned(folder, _describe(result))


def _plan(search: Search, folds: int, instances: int) -> str:
    tune = search.tune
    count = "as many trials as the tuner makes" if tune.tuner in UNCOUNTED else f"{tune.trials}"
    kind = "generators of each class" if tune.objective == "kid" else "classifiers"
    return (
        f"{tune.tuner}: up to {count} trials of {folds} {kind}, {search.recipe.train.epochs} "
        f"epochs each; then the best and the untuned setting, {tune.seeds * instances} times each"
    )


def _search(
    search: Search, folds: list[Drawn], executor: Executor, folder: Path, address: str | None
) -> None:
    """Search in this process, or as the chief at an address."""
    from pipelines.tuning.tuner import FoldTuner, run_search

    if address is None:
        run_search(FoldTuner(search, folds, executor, folder))
        return
    from pipelines.tuning import distributed

    distributed.join_as(distributed.CHIEF, address)
    tuner = FoldTuner(search, folds, executor, folder)
    print(f"chief at {address}; waiting for workers", file=sys.stderr)
    distributed.run_chief(tuner, address)


def _serve(
    search: Search, folds: list[Drawn], executor: Executor, folder: Path, address: str
) -> str:
    """Train trials for the chief at an address."""
    from pipelines.tuning import distributed
    from pipelines.tuning.tuner import FoldTuner

    name = distributed.name_of_worker()
    distributed.join_as(name, address)
    done = distributed.run_worker(FoldTuner(search, folds, executor, folder), name)
    return f"{name}: {done} trials done; the chief writes the report"


def _write(search: Search, result: SearchResult, folder: Path) -> None:
    """Write the result, the table of trials, the page and the recipe."""
    from pipelines.report.search import render_search

    write_json(folder / "result.json", result.model_dump(mode="json"))
    for name, text in (("trials.csv", result.csv()), ("report.html", render_search(result))):
        with replacing(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    target = folder / "tuned.toml"
    header = f"Found by: {result.command}\n\n  ganaug classify --recipe {target}"
    write_recipe(search, result.best, target, header)


def _retrain(
    search: Search, values: dict[str, Any], drawn: list[Drawn], executor: Executor
) -> tuple[float, ...]:
    """Train one setting on all training images, with several seeds; return test accuracies."""
    tasks = []
    for seed in range(search.tune.seeds):
        tables = search.recipe_of(values)
        tables["arms"] = {"retrained": tables["arms"]["tuned"]}
        tables.setdefault("train", {})["seed"] = search.recipe.train.seed + 100 * seed
        recipe = load_recipe(None, {"name": search.recipe.name, **tables})
        banks = None
        if any(arm.generated for arm in recipe.resolved_arms().values()):
            banks, _ = train_gans(plan_gans(drawn, recipe.gan), executor)
        tasks += [task for *_, task in plan_trainings(recipe, drawn, banks)]
    results = executor.run(tasks, "best setting" if values else "untuned")
    return tuple(float(one.scores.accuracy) for one in results)


def _describe(result: SearchResult) -> list[str]:
    """Return the best setting, its score and its test, in words."""
    from pipelines.report.numbers import percent
    from pipelines.statistics import summary

    best, unit = result.best, 1 if result.minimised else 100
    digits = 3 if result.minimised else 1
    failed = sum(not trial.scores for trial in result.trials)
    lines = [
        f"best of {len(result.trials)} trials{f' ({failed} failed)' if failed else ''}: "
        f"{result.score_name} {unit * best.mean:.{digits}f} ± "
        f"{unit * best.standard_error:.{digits}f} (standard error over {len(best.scores)} folds)",
        *(f"  {key} = {value!r}" for key, value in best.values.items()),
    ]
    if result.retrained:
        lines.append(
            f"tested once, n = {len(result.retrained)}: "
            f"tuned {percent(summary(result.retrained))} %, "
            f"untuned {percent(summary(result.untuned))} %"
        )
    return lines
