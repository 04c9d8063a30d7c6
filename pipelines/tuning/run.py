"""One search, from its file to its trials and its best setting, tested once."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.errors import InputError, UnwritableError
from groundwork.locks import locked
from groundwork.terminal import say
from pipelines import runtime
from pipelines.comparison.instances import Drawn, draw_instances, open_source
from pipelines.comparison.plan import NEXT_SEED
from pipelines.comparison.run import train_arms, train_generators
from pipelines.comparison.sizes import search_size
from pipelines.data.overlap import overlap_of
from pipelines.data.sources import Source
from pipelines.recipes.recipe import Recipe, load_recipe
from pipelines.recipes.search import Search
from pipelines.tasks.executor import Executor
from pipelines.tasks.learning import never_learned
from pipelines.tasks.results import TrainTaskResult
from pipelines.tuning import distributed
from pipelines.tuning.folds import make_folds
from pipelines.tuning.results import SearchResult, read_trials
from pipelines.tuning.tuner import FoldTuner, run_search
from pipelines.workspace import run_folder


@dataclass(frozen=True)
class Prepared:
    """A search whose images are drawn.

    Attributes
    ----------
    search
        What to try.
    source
        Where the images come from.
    drawn
        The instances.
    folds
        Of all instances, as `make_folds` gives them.
    folder
        Of the search; the same search on the same images has the same.
    """

    search: Search
    source: Source
    drawn: list[Drawn]
    folds: list[Drawn]
    folder: Path

    def source_in_words(self) -> str:
        """Name the source, and say what has to be known of its images."""
        notes = [words for one in self.drawn for words in one.record.notes]
        found = self.source.found([self.drawn[0].size])
        return "; ".join(dict.fromkeys([self.source.name, *found, *notes]))


def prepare(search: Search, outputs: Path) -> Prepared:
    """Draw the instances of a search and split them into folds."""
    source = open_source(search.recipe.data)
    search = search.model_copy(update={"recipe": _settled(search.recipe, source)})
    generators = search.tune.objective == "kid"
    size = search_size(search.recipe, source, generators)
    drawn = draw_instances(source, search.recipe.data, outputs, [size], tested=not generators)
    identity = [search.model_dump(mode="json"), [one.at[size].folder for one in drawn]]
    folder = outputs / run_folder("tune", search.recipe.name, identity)
    folds = make_folds(drawn, search.tune, outputs)
    return Prepared(search, source, drawn, folds, folder)


def _settled(recipe: Recipe, source: Source) -> Recipe:
    """Return a recipe whose images are settled: of folds, unless more are asked for, one.

    The images that test one fold train the others: a setting that was chosen by several folds was
    chosen by looking at all of their test images.
    """
    data = recipe.data.filled(source)
    if data.protocol == "folds" and recipe.data.instances is None:
        data = data.model_copy(update={"instances": 1})
    return recipe.model_copy(update={"data": data})


def run_trials(
    what: Prepared, executor: Executor, chief_at: str | None = None, *, command: str
) -> SearchResult:
    """Search, then train the best and the untuned setting on all training images and test them.

    Parameters
    ----------
    what
        The search.
    executor
        Runs the folds.
    chief_at
        Address, ``host:port``, at which to hand the trials out to workers; None to run them here.
    command
        What was asked for, as a shell would be told.
    """
    started = time.perf_counter()
    if chief_at is None:
        with locked(what.folder):  # of two that are given the same command, one searches
            run_search(_tuner(what, executor))
    else:
        distributed.join_as(distributed.CHIEF, chief_at)
        tuner = _tuner(what, executor)
        say(f"chief at {chief_at}; waiting for workers")
        distributed.run_chief(tuner, chief_at)
    result = SearchResult(
        name=what.search.recipe.name,
        title=what.search.recipe.title,
        command=command,
        machine=runtime.machine(),
        source=what.source_in_words(),
        classes=[one.record.classes for one in what.drawn],
        settings=what.search.model_dump(mode="json"),
        trials=read_trials(what.folder),
        seconds=time.perf_counter() - started,
    )
    if result.minimised:
        return result
    try:
        tuned, untuned = (_retrain(what, one, executor) for one in (result.best.values, {}))
    except UnwritableError:
        raise
    except InputError as error:  # the search itself is worth its report
        return result.model_copy(update={"untested": str(error)})
    shared = overlap_of([(one.train, one.test) for one in what.drawn])
    return result.model_copy(
        update={
            "retrained": tuple(one.scores.accuracy for one in tuned),
            "untuned": tuple(one.scores.accuracy for one in untuned),
            "tested": [one.scores.support for one in untuned[: len(what.drawn)]],
            "retrained_never": sum(map(never_learned, tuned)),
            "untuned_never": sum(map(never_learned, untuned)),
            "correlation": shared.correlation,
            "seen": not shared.own_test and len(what.drawn) > 1,
            "other_images": what.search.recipe.data.protocol == "draws",
        }
    )


def serve(what: Prepared, executor: Executor, chief_at: str) -> str:
    """Train trials for the chief at an address; say how many."""
    name = distributed.name_of_worker()
    distributed.join_as(name, chief_at)
    done = distributed.run_worker(_tuner(what, executor), name)
    return f"{name}: {done} trials done; the chief writes the report"


def _tuner(what: Prepared, executor: Executor) -> FoldTuner:
    return FoldTuner(what.search, what.folds, executor, what.folder)


def _retrain(what: Prepared, values: dict[str, Any], executor: Executor) -> list[TrainTaskResult]:
    """Train one setting on all training images, with several seeds, and test it."""
    search, size = what.search, what.drawn[0].size
    found: list[TrainTaskResult] = []
    for seed in range(search.tune.seeds):
        tables = search.recipe_of(values)
        tables["arms"] = {"retrained": tables["arms"]["tuned"]}
        tables.setdefault("train", {})["seed"] = search.recipe.train.seed + NEXT_SEED * seed
        recipe = load_recipe(None, {"name": search.recipe.name, **tables})
        banks, _ = train_generators(recipe, what.drawn, size, executor)
        title = "best setting" if values else "untuned"
        runs = train_arms(
            recipe, what.drawn, banks, dict.fromkeys(recipe.arms, size), executor, title
        )
        found += [run.result for run in runs]
    return found
