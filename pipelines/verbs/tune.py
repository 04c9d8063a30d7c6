"""`ganaug tune`: search for better settings, with keras-tuner and honest scores."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from ganaug.files import replacing, write_json
from pipelines import runtime
from pipelines.executor import run_tasks
from pipelines.identity import digest, slug
from pipelines.recipe import DataConfig, load_recipe
from pipelines.study import Drawn, draw_instances, open_source, plan_trainings
from pipelines.tuning.search import Search, TuneConfig, load_search


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
    outputs: Path = Path("outputs"),
    workers: int | None = None,
) -> Tuned:
    """Search for better settings of a classifier or a generator.

    Every trial is scored by stratified folds inside the training images; no test image chooses
    anything. A search that was interrupted goes on when the same command is given again.

    Example: ``ganaug tune cifar10 --search pereira-p12 --tune.trials 4``

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
    outputs
        Folder for everything that is made.
    workers
        Processes of one thread each for the folds of a trial; by default one a core.

    Returns
    -------
    Tuned
        Where the trials, the page and the recipe lie.

    Raises
    ------
    InputError
        If the search or the images are not understood, or every trial failed.
    """
    started = time.perf_counter()
    runtime.quiet()
    changes: dict[str, Any] = {
        "data": data.model_dump(exclude_unset=True),
        "tune": config.model_dump(exclude_unset=True),
    }
    if dataset is not None:
        changes["data"]["source"] = dataset
    what = load_search(search, changes)
    workers = workers or runtime.cores()
    source = open_source(what.recipe.data)
    drawn = draw_instances(source, what.recipe.data, outputs)

    from pipelines.report.search import render_search
    from pipelines.tuning.folds import make_folds
    from pipelines.tuning.results import SearchResult, read_trials, write_recipe
    from pipelines.tuning.tuner import FoldTuner, run_search

    settings = what.model_dump(mode="json")
    identity = digest([settings, [one.folder for one in drawn]])
    folder = outputs / "tune" / f"{slug(what.recipe.name)}-{identity}"
    folds = make_folds(drawn, what.tune, outputs)
    run_search(FoldTuner(what, folds, outputs, workers, folder))
    result = SearchResult(
        name=what.recipe.name,
        title=what.recipe.title,
        command=" ".join(["ganaug", *sys.argv[1:]]),
        machine=runtime.machine(),
        source="; ".join([source.name, *source.notes]),
        classes=[one.record.classes for one in drawn],
        settings=settings,
        trials=read_trials(folder),
        seconds=time.perf_counter() - started,
    )
    best = result.best
    if not result.minimised:
        retrained, untuned = (
            _retrain(what, values, drawn, outputs, workers) for values in (best.values, {})
        )
        result = result.model_copy(update={"retrained": retrained, "untuned": untuned})
    write_json(folder / "result.json", result.model_dump(mode="json"))
    for name, text in (("trials.csv", result.csv()), ("report.html", render_search(result))):
        with replacing(folder / name) as part:
            part.write_text(text, encoding="utf-8")
    command = f"ganaug classify --recipe {folder / 'tuned.toml'}"
    write_recipe(what, best, folder / "tuned.toml", f"Found by: {result.command}\n\n  {command}")
    return Tuned(folder, _describe(result))


def _retrain(
    search: Search, values: dict[str, Any], drawn: list[Drawn], outputs: Path, workers: int
) -> tuple[float, ...]:
    """Train one setting on all training images, with several seeds; return test accuracies."""
    from pipelines.study import plan_gans, train_gans

    tasks = []
    for seed in range(search.tune.seeds):
        tables = search.recipe_of(values)
        tables["arms"] = {"retrained": tables["arms"]["tuned"]}
        tables.setdefault("train", {})["seed"] = search.recipe.train.seed + 100 * seed
        recipe = load_recipe(None, {"name": search.recipe.name, **tables})
        banks = None
        if any(arm.generated for arm in recipe.resolved_arms().values()):
            banks, _ = train_gans(plan_gans(drawn, recipe.gan), outputs, workers)
        tasks += [task for *_, task in plan_trainings(recipe, drawn, banks)]
    title = "best setting" if values else "untuned"
    results = run_tasks(tasks, outputs, workers=workers, title=title)
    return tuple(float(one.scores.accuracy) for one in results)


def _describe(result: Any) -> list[str]:
    """Return the best setting, its score and its test, in words."""
    from pipelines.report.numbers import percent
    from pipelines.statistics import summary

    best, unit = result.best, 1 if result.minimised else 100
    what = "KID to images left out" if result.minimised else "validation accuracy in %"
    failed = sum(not trial.scores for trial in result.trials)
    lines = [
        f"best of {len(result.trials)} trials{f' ({failed} failed)' if failed else ''}: {what} "
        f"{unit * best.mean:.3g} ± {unit * best.standard_error:.2g} "
        f"(standard error over {len(best.scores)} folds)",
        *(f"  {key} = {value!r}" for key, value in best.values.items()),
    ]
    if result.retrained:
        lines.append(
            f"tested once, n = {len(result.retrained)}: "
            f"tuned {percent(summary(result.retrained))} %, "
            f"untuned {percent(summary(result.untuned))} %"
        )
    return lines
