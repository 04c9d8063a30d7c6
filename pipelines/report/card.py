"""The card of a classifier: what it was trained on, how it was chosen, what it is worth.

In the parts that Mitchell et al., "Model cards for model reporting" (FAT* 2019), ask for, as far
as they can be known from the images and the comparison.
"""

import json
import shlex
from pathlib import Path

import numpy as np

from groundwork.names import listed
from pipelines.comparison.results import ComparisonResult, images_of
from pipelines.recipes.recipe import Recipe
from pipelines.report.advice import Advice
from pipelines.report.calibration import pooled
from pipelines.report.classes import (
    arm_members,
    arm_results,
    arm_runs,
    class_means,
    confusion,
)
from pipelines.report.licences import outside_weights
from pipelines.tasks.results import FinalTaskResult
from pipelines.workspace import MODEL

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
    parts = [
        f"# A classifier of {listed(final.class_names)}",
        _made(comparison, advice, final),
        "## How it was chosen",
        *_chosen(comparison, advice),
        "## What it is worth",
        *_worth(comparison, advice),
        "## What its probabilities mean",
        _calibration(comparison, advice.winner),
        "## When it is not sure",
        advice.not_sure.words,
        "## How to use it",
        *_use(comparison, advice, final, folder),
        "## Limits",
        _limits(comparison, final),
        "## Weights from outside, and licences",
        "\n".join(f"- {words}" for words in outside_weights(comparison, advice.winner)),
    ]
    return "\n\n".join([*parts, ""])


def _made(comparison: ComparisonResult, advice: Advice, final: FinalTaskResult) -> str:
    """Return what it was trained on, how, and with what."""
    name, *found = comparison.source.split("; ")
    # Of the sizes of other arms' images, which are said there, too, its own is the only one here.
    kept = [words for words in found if "--size" not in words]
    said = f" ({'; '.join(kept)})" if kept else ""
    counts = listed([f"{count:,} of {one}" for one, count in final.class_images.items()])
    arms = Recipe.model_validate(comparison.recipe).resolved_arms()
    model = f", a `{arms[advice.winner].train.model}`" if advice.winner in arms else ""
    data = comparison.recipe.get("data")
    drawn = isinstance(data, dict) and data.get("protocol") == "draws"
    return (
        f"Trained on {'' if drawn else 'all '}{images_of(final):,} images of {name}{said}"
        f"{f': {counts}' if counts else ''}; at {final.size} pixels a side, as "
        f"“{advice.winner}”{model}, by\n\n    {comparison.command}\n\nMade with "
        f"{comparison.machine}."
    )


def _chosen(comparison: ComparisonResult, advice: Advice) -> list[str]:
    """Return which ways were tried, how often, and what became of them."""
    rows = []
    for arm in comparison.arms:
        runs = arm_runs(comparison, arm)
        instances = len({run.instance for run in runs})
        accuracy = np.mean([run.result.scores.accuracy for run in runs]) if runs else np.nan
        if arm == advice.winner:
            became = "chosen"
        elif arm in advice.open:
            became = f"left: {advice.open[arm]}"
        elif arm in advice.rivals:
            became = "cannot be told apart from the chosen one"
        else:
            became = "worse"
        shown = f"{100 * accuracy:.1f} %" if runs else "–"
        rows.append(f"| {_cell(arm)} | {instances} | {shown} | {became} |")
    untried = [
        f"| {_cell(arm)} | 0 | – | left: {why} |"
        for arm, why in advice.open.items()
        if arm not in comparison.arms
    ]
    count = len(comparison.arms)
    ways = "1 way to train was tried" if count == 1 else f"{count} ways to train were tried"
    return [
        f"{ways} on the same instances (an instance is one draw, or fold, of the images into some "
        "to train on and others to test on). The one of the best mean was chosen, then trained on "
        "all images.",
        "\n".join(
            [
                "| way to train | instances | mean accuracy | |",
                "| --- | --- | --- | --- |",
                *rows,
                *untried,
            ]
        ),
    ]


def _worth(comparison: ComparisonResult, advice: Advice) -> list[str]:
    """Return the accuracy to expect, over all and by class, and the most frequent mistakes."""
    low, high = (100 * end for end in advice.expected.interval)
    runs = arm_runs(comparison, advice.winner)
    instances = len({run.instance for run in runs})
    table = [
        "| class | found (recall) | right when named (precision) |",
        "| --- | --- | --- |",
        *(
            f"| {_cell(one.name)} | {100 * one.recall:.1f} % | {100 * one.precision:.1f} % |"
            for one in class_means(runs)
        ),
    ]
    return [
        f"Of other images like these it is expected to classify "
        f"{100 * advice.expected.accuracy:.1f} % correctly (95 % interval {low:.1f} to "
        f"{high:.1f}). {advice.estimate} The tests were on {instances} "
        f"instance{'s' * (instances > 1)}, of classifiers which had not seen the images that "
        "tested them; this one has seen all, and was tested on none. By class, in those tests:",
        "\n".join(table),
        *_confusions(comparison, advice.winner),
    ]


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
    return ["Most frequent mistakes:", "\n".join(rows)]


def _calibration(comparison: ComparisonResult, arm: str) -> str:
    """Return whether its probabilities can be believed."""
    found = pooled(arm_results(comparison, arm))
    return (
        f"{found.words} The expected calibration error is {100 * found.error:.1f} points; it is 0 "
        "where, of the answers given 80 %, 80 % are right, and so for all others. Measured on "
        "answers to images that a classifier had not seen."
    )


def _use(
    comparison: ComparisonResult, advice: Advice, final: FinalTaskResult, folder: Path
) -> list[str]:
    """Return the commands and the lines of Python that answer pictures with it."""
    arms = Recipe.model_validate(comparison.recipe).resolved_arms()
    voting = arm_members(comparison, advice.winner)
    views = arms[voting[0]].train.tta if len(voting) == 1 else "none"  # members have their own
    averaged = "" if views == "none" else f', tta="{views}"'
    quoted = shlex.quote(str(folder))
    shape, columns = f"[N, {len(final.class_names)}]", ", ".join(final.class_names)
    return [
        "\n".join(
            [
                "```sh",
                f"ganaug predict pictures/ --model {quoted}",
                f"ganaug export {quoted} --format onnx",
                "```",
            ]
        ),
        f"In Python, where `pixels` are uint8 `[N, {final.size}, {final.size}, 3]`:",
        "\n".join(
            [
                "```py",
                "from classifiers import load_model, probabilities",
                f"model = load_model({json.dumps(str(folder / MODEL))})  # a keras.Model",
                f"probabilities(model, pixels{averaged})  # {shape}: {columns}",
                "```",
            ]
        ),
    ]


def _limits(comparison: ComparisonResult, final: FinalTaskResult) -> str:
    """Return what it cannot be held to."""
    lines = [
        f"It names one of {len(final.class_names)} classes for every picture, also for one that "
        "shows none of them, and may be sure of it: a high probability is no proof that a picture "
        "shows any of them.",
        "What is said above holds for pictures taken as those were that it was trained on: by the "
        "same kind of camera, of the same kind of things, in the same mixture of classes.",
        "All figures come from classifiers that were trained on a part of the images; this one was "
        "trained on all and is likely as good or a little better. Nobody has tested it itself.",
        *final.notes,
        *dict.fromkeys(note for one in comparison.instances for note in one.notes),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _cell(text: str) -> str:
    """Return text that does not end a cell of a table."""
    return text.replace("|", "\\|")
