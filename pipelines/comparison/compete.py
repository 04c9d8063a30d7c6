"""`ganaug compare`, but for its words: a contest, the vote of the best, the classifier."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from groundwork.errors import UnwritableError
from pipelines.comparison.before import changes, pictures_of
from pipelines.comparison.contest import Contest
from pipelines.comparison.ensemble import ENSEMBLE, vote, voters
from pipelines.comparison.handover import final_images, of_some_classes, train_final
from pipelines.comparison.instances import draw_instances, open_source
from pipelines.comparison.more import more_time
from pipelines.comparison.results import (
    ComparisonResult,
    FailedRun,
    accuracies_of,
    images_of,
)
from pipelines.comparison.run import Clock, as_result
from pipelines.comparison.sizes import arm_sizes, needed_sizes
from pipelines.errors import InputError
from pipelines.findings.lines import check_lines
from pipelines.recipes.recipe import Recipe
from pipelines.statistics.choosing import leader
from pipelines.tasks.executor import Executor
from pipelines.tasks.results import FinalTaskResult
from pipelines.training.checks import check_models

ALL_IMAGES = "the classifier, on all images"
"""What is trained last."""


@dataclass(frozen=True)
class Competed:
    """What came of a contest.

    Attributes
    ----------
    result
        Every arm on the instances that it was tried on.
    classifier
        Folder of the winner, trained on all images, relative to outputs; None if that failed.
    name
        Of the data.
    """

    result: ComparisonResult
    classifier: Path | None
    name: str


def compete(
    recipe: Recipe,
    outputs: Path,
    *,
    minutes: float,
    begun: float,
    workers: int,
    command: str,
    say: Callable[[str], None],
) -> Competed:
    """Try the arms of a recipe within a time, and train the best on all images.

    Parameters
    ----------
    recipe
        The arms.
    outputs
        Folder for everything that is made.
    minutes
        That it may take, the classifier and what is written about it included.
    begun
        When they began, as `time.monotonic` counts.
    workers
        Processes.
    command
        What repeats it.
    say
        Called with a line now and then.

    Raises
    ------
    InputError
        If the images do not suffice, or there is no time to try anything.
    """
    clock = Clock()
    source = open_source(recipe.data)
    asked = recipe.data.filled(source)
    data = of_some_classes(asked, source)
    if data != asked:
        say(f"{asked.classes} classes, in every instance: {data.classes} (--classes for others)")
    recipe = recipe.model_copy(update={"data": data})
    sizes = arm_sizes(recipe, source)
    drawn = draw_instances(source, recipe.data, outputs, needed_sizes(recipe, source))
    check_models(recipe, sizes, len(drawn[0].record.classes))
    if changed := changes(outputs, source.name, recipe.data, drawn):
        say(changed)
    clock.lap("data")
    with Executor(outputs, workers) as executor:
        deadline, count = begun + 60 * minutes, final_images(recipe.data, source)
        contest = Contest(recipe, drawn, sizes, executor, deadline, say, count)
        contest.run()
        more = more_time(contest, minutes, len(drawn))
        clock.lap("comparison")
        votes = vote(recipe, sizes, drawn, contest.trainings, executor)
        trainings = [*contest.trainings, *votes]
        won = leader(accuracies_of(trainings))
        of = voters(sizes, contest.accuracies) if won == ENSEMBLE else [won]
        final: Path | None = None
        failed = [*contest.failed]
        try:
            final = train_final(recipe, of, source, sizes, executor)
        except UnwritableError:
            raise
        except InputError as error:
            failed.append(FailedRun(instance=0, arm=won, name=ALL_IMAGES, reason=str(error)))
            say(f"“{won}”, trained on all images, failed: {error}")
        clock.lap("classifier")
    tried = [arm for arm in recipe.arms if arm in contest.accuracies]
    result = as_result(
        recipe.model_copy(update={"arms": {arm: recipe.arms[arm] for arm in tried}}),
        source,
        drawn[: 1 + max(run.instance for run in trainings)],
        contest.gans,
        trainings,
        command=command,
        seconds=clock.laps,
    )
    further = {
        "arms": [*tried, *[ENSEMBLE] * bool(votes)],
        "parts": contest.parts,
        "left": contest.out | contest.broken | contest.short_of_time,
        "failed": failed,
        "dropped": list(contest.out),
        "more": more,
        "checked": check_lines(source),
        "pictures": pictures_of(drawn),
        "handed_over": final is not None,
        "all_images": 0 if final is None else images_of(FinalTaskResult.read(outputs / final)),
    }
    return Competed(result.model_copy(update=further), final, source.name)
