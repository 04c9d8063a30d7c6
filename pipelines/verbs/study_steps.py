"""Running one step of a row, and reading what it came to."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from classifiers.config import TrainConfig
from groundwork.files import read_json
from pipelines import runtime
from pipelines.comparison.results import ComparisonResult
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from pipelines.recipes.files import Profile
from pipelines.recipes.search import said as said_setting
from pipelines.report.cells import GFLOPS, column_name, is_checkpoint
from pipelines.report.table import ArmResult, Results, results
from pipelines.report.times import AN_EPOCH, times
from pipelines.report.times import said as said_target
from pipelines.statistics.paired import Summary, summary
from pipelines.studies.measured import Figure, Measured
from pipelines.studies.printed import contradictions
from pipelines.studies.rows import Row, Step
from pipelines.tuning.results import SearchResult
from pipelines.verbs.classify import ClassifyResult, classify
from pipelines.verbs.gan import GanResult, gan
from pipelines.verbs.quality import quality
from pipelines.verbs.tune import TuneResult, tune
from pipelines.workspace import REPORT, RESULT

Result = TypeVar("Result", ClassifyResult, TuneResult, GanResult)
JUDGE = "efficientnet_lite0"
"""Measures generators."""


def run_step(
    name: str,
    row: Row,
    step: Step,
    *,
    profile: Profile,
    folders: Mapping[str, Path],
    data: DataConfig,
    weights: Path | None = None,
    outputs: Path,
    workers: int | None,
    command: str,
) -> Measured:
    """Run a step, or read what is finished of it.

    Parameters
    ----------
    name, row, step
        What to run.
    profile
        How much of it.
    folders
        Of studies' own images, by the name that `Row.folder` has; without the row's, the images of
        its recipe stand in.
    data
        Settings that stand over the recipe's.
    weights
        Of the row's `network`, which then takes the place of the recipe's.
    outputs, workers
        As the verbs have them.
    command
        Repeats it.
    """
    started = time.perf_counter()
    own = folders.get(row.folder)
    dataset = None if own is None else str(own)
    how: dict[str, Any] = {
        "profile": profile, "data": data, "outputs": outputs, "workers": workers,
    }  # fmt: skip
    found: Found
    done: ClassifyResult | TuneResult | GanResult
    if step.verb == "tune":
        done = _ran(tune(dataset, search=step.run, **how), TuneResult)
        found = _of_search(done)
    elif step.verb == "gan":
        done = _ran(gan(dataset, recipe=step.run, **how), GanResult)
        found = _of_generators(done, profile)
    else:
        own_network = TrainConfig()
        if weights is not None:
            own_network = TrainConfig(model=row.network, model_params={"weights": str(weights)})
        done = _ran(classify(dataset, recipe=step.run, train=own_network, **how), ClassifyResult)
        found = _of_arms(done)
    elapsed = time.perf_counter() - started
    return Measured(
        row=name,
        run=step.run,
        profile=profile,
        source=found.source,
        figures=found.figures,
        seconds=round(elapsed if found.seconds is None else found.seconds, 1),
        machine=runtime.machine(),
        date=datetime.now(UTC).date().isoformat(),
        command=command,
        failed=done.failed,
        report=found.report.relative_to(outputs).as_posix() if found.report else "",
        pictures=[path.relative_to(outputs).as_posix() for path in found.pictures],
        contradicts=[*found.contradicts],
    )


def _ran(said: Result | str, kind: type[Result]) -> Result:
    """Return what a verb has found; words are those of a plan, or of a worker."""
    if not isinstance(said, kind):
        raise TypeError(said)
    return said


class Found(NamedTuple):
    """What a verb has found."""

    source: str
    figures: list[Figure]
    report: Path | None = None
    seconds: float | None = None
    """Of its tasks, where that is known: a run that finds them finished takes none."""
    pictures: Sequence[Path] = ()
    contradicts: Sequence[str] = ()


def _of_arms(done: ClassifyResult) -> Found:
    """Return the last accuracy of every arm, and those after epochs with a published figure."""
    comparison = done.comparison.result
    table = results(comparison)
    figures = [one for arm in table.arms for one in _of_arm(comparison, table, arm)]
    figures += _of_times(comparison)
    # A vote counts the time of its members, which are arms themselves.
    trained = [run for run in comparison.trainings if not run.result.members]
    seconds = sum(run.result.seconds for run in trained)
    seconds += sum(run.result.seconds for run in comparison.gans)
    return Found(
        comparison.source, figures, done.report, seconds,
        contradicts=contradictions(table, comparison),
    )  # fmt: skip


def _of_arm(comparison: ComparisonResult, table: Results, arm: ArmResult) -> list[Figure]:
    """Return the accuracies of an arm, and what it costs where the study says so."""
    known = comparison.published.get(arm.name, {})
    figures = []
    for checkpoint, cell in zip(table.checkpoints, arm.cells, strict=True):
        last = checkpoint == table.checkpoints[-1]
        # A shorter profile ends before the epoch of the study's figure, which stands beside it.
        printed = [text for key, text in known.items() if is_checkpoint(key)][-1:] if last else []
        measures = {"test accuracy": cell.accuracy if cell.published or last else None}
        if last:
            measures[f"top-{table.top_k} accuracy"] = arm.top
        figures += [
            Figure(
                arm=arm.name,
                measure=f"{measure}, %, {column_name(checkpoint)}",
                mean=100 * one.mean,
                spread=None if one.std is None else 100 * one.std,
                n=one.n,
                published=cell.published or "".join(printed),
            )
            for measure, one in measures.items()
            if one
        ]
    if GFLOPS in known and arm.flops:
        cost = arm.flops / 1e9
        figures.append(Figure(arm=arm.name, measure=GFLOPS, mean=cost, published=known[GFLOPS]))
    return figures


def _of_times(comparison: ComparisonResult) -> list[Figure]:
    """Return the times of a recipe that asks for them: an epoch's, and until each target."""
    found = times(comparison)
    if found is None or not found.targets:
        return []
    figures = []
    for arm in found.arms:
        measures: dict[str, tuple[Summary | None, str]] = {AN_EPOCH: (arm.epoch, arm.published)}
        for target, reached in arm.reached.items():
            measures[said_target(target)] = (reached.seconds, reached.published)
        figures += [
            Figure(
                arm=arm.name, measure=measure, mean=one.mean, spread=one.std, n=one.n,
                published=printed,
            )
            for measure, (one, printed) in measures.items()
            if one is not None
        ]  # fmt: skip
    return figures


def _of_search(done: TuneResult) -> Found:
    """Return the score of the best trial, and the test accuracy of it and of the untuned one.

    And the scores of those settings that have a published figure.
    """
    found = SearchResult.model_validate(read_json(done.folder / RESULT))
    unit = 1 if found.minimised else 100
    measure = f"{found.score_name}{'' if found.minimised else ', %'}"
    named = [(f"best of {len(found.trials)} trials", found.best)]
    named += [
        (said_setting(trial.values), trial) for trial in found.ranked() if found.published(trial)
    ]
    figures = [
        _over_instances(
            name, measure, found.by_instance(trial.scores), unit, found.published(trial)
        )
        for name, trial in named
    ]
    for arm, values in (("best", found.retrained), ("untuned", found.untuned)):
        if values:
            means = found.by_instance(values)
            figures.append(_over_instances(arm, "test accuracy, %", means, 100))
    return Found(found.source, figures, done.folder / REPORT)


def _over_instances(
    arm: str, measure: str, values: Sequence[float], unit: float, published: str = ""
) -> Figure:
    """Return a figure of values of which each is an instance's: folds and seeds are none."""
    known = summary(values)
    return Figure(
        arm=arm,
        measure=measure,
        mean=unit * known.mean,
        spread=None if known.std is None else unit * known.std,
        n=known.n,
        published=published,
    )


def _of_generators(done: GanResult, profile: Profile) -> Found:
    """Return how near generated images come to real ones, by class."""
    few = 16 if profile == "smoke" else 200
    found: dict[str, list[float]] = {}
    for bank in done.banks:
        report = quality(bank, judges=JUDGE, n=few).report
        for one in report.classes:
            known = [e for e in one.estimates if e.metric == "kid" and e.value is not None]
            found.setdefault(one.name, []).extend(e.value for e in known if e.value is not None)
    figures = [
        Figure(
            arm=name, measure=f"KID to real images ({JUDGE})", mean=float(np.mean(values)),
            spread=float(np.std(values, ddof=1)) if len(values) > 1 else None, n=len(values),
        )
        for name, values in found.items()
        if values
    ]  # fmt: skip
    if not figures:
        raise InputError(f"{done.banks[0]}: too few images to measure its generators")
    return Found(done.source, figures, pictures=done.grids)
