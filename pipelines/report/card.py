"""The card of a classifier: what it was trained on, how it was chosen, what it is worth."""

from pathlib import Path

from pipelines.comparison.results import ComparisonResult
from pipelines.report.advice import Advice
from pipelines.report.classes import arm_results, arm_runs, class_means, confusion
from pipelines.tasks.results import FinalTaskResult

WORST = 5
"""Confusions that are named."""


def card(comparison: ComparisonResult, advice: Advice, final: FinalTaskResult, folder: Path) -> str:
    """Return the card as Markdown.

    Parameters
    ----------
    comparison
        What was tried.
    advice
        What came of it.
    final
        The training on all images.
    folder
        Where the classifier lies, as it is to be named in commands.
    """
    low, high = (100 * end for end in advice.interval)
    runs = arm_runs(comparison, advice.winner)
    instances = len({run.instance for run in comparison.trainings if run.arm == advice.winner})
    lines = [
        f"# A classifier of {', '.join(final.class_names)}",
        "",
        f"Trained on all {final.train_images:,} images of {comparison.source}, at {final.size} "
        f"pixels a side, as “{advice.winner}” of `{comparison.command}`.",
        "",
        "## What it is worth",
        "",
        f"{100 * advice.accuracy:.1f} % of test images are classified correctly (95 % interval "
        f"{low:.1f} to {high:.1f}). That was measured on {instances} instances, by classifiers "
        "which had not seen the images that tested them; this one has seen all, and was tested on "
        "none.",
        f"It was the best of {len(comparison.arms)} ways, and so looks a little better than it "
        f"is: chosen on the other folds only, it is {100 * advice.honest:.1f} %.",
        "",
        "| class | found (recall) | right when named (precision) |",
        "| --- | --- | --- |",
        *(
            f"| {one.name} | {100 * one.recall:.1f} % | {100 * one.precision:.1f} % |"
            for one in class_means(runs)
        ),
        "",
        *_confusions(comparison, advice.winner),
        "## How to use it",
        "",
        "```",
        f"ganaug predict pictures/ --model {folder}",
        f"ganaug export {folder}",
        "```",
        "",
        "## Limits",
        "",
        "It names one of these classes for every picture, also for one that shows none of them. "
        "What is said above holds for pictures taken as those were that it was trained on.",
    ]
    return "\n".join([*lines, *(f"- {note}" for note in final.notes), ""])


def _confusions(comparison: ComparisonResult, arm: str) -> list[str]:
    """Return the most frequent mistakes, as a list; nothing where there is none."""
    found = confusion(arm_results(comparison, arm))
    worst = list(found.worst)
    if found.rows:
        worst = [
            (found.names[true], found.names[said], cell.count, cell.fraction)
            for true, row in enumerate(found.rows)
            for said, cell in enumerate(row)
            if true != said and cell.count
        ]
    worst = sorted(worst, key=lambda one: -one[3])[:WORST]
    if not worst:
        return []
    rows = [
        f"- {true} taken for {said}: {100 * fraction:.1f} % of {true}"
        for true, said, _, fraction in worst
    ]
    return ["Most frequent mistakes:", "", *rows, ""]
