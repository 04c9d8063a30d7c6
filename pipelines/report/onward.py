"""What to do next: commands to copy."""

import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork.names import slug
from pipelines.comparison.results import ComparisonResult
from pipelines.report.classes import arm_runs
from pipelines.workspace import CLASSIFIER, COMPARE, MODEL

IMAGES = {
    "--classes": 2, "--data-dir": 2, "--exclude": 2, "--fit": 2, "--group-by": 2, "--skip-bad": 1
}  # fmt: skip
"""Options without which a command would be about other images, or would part what belongs together;
and how many words each has."""
MORE = 3
"""How many times the minutes are proposed for going on, where nothing says how many it takes."""


@dataclass(frozen=True)
class Next:
    """A command, and what it is for.

    Attributes
    ----------
    why
        In a sentence without a full stop.
    command
        For a shell.
    """

    why: str
    command: str


def next_commands(comparison: ComparisonResult, best: str, outputs: Path) -> list[Next]:
    """Return the commands that use what was found, and that find out more.

    Parameters
    ----------
    comparison
        A finished comparison.
    best
        The arm to take.
    outputs
        The folder that the runs' folders are relative to.
    """
    model, what = _classifier(comparison, best, outputs)
    found = []
    if model is not None:
        folder = shlex.quote(_from_here(model))
        found += [
            Next(f"Classify pictures with {what}", f"ganaug predict pictures/ --model {folder}"),
            Next("Take it along, without Keras", f"ganaug export {folder}"),
        ]
    words = shlex.split(comparison.command)
    data = words[2] if len(words) > 2 and not words[2].startswith("-") else ""
    if longer := _longer(comparison, words):
        found.append(Next("Go on where this stopped, with more time", longer))
    if data:
        which = _which_images(words)
        check = shlex.join(["ganaug", "data", data, *which])
        found.append(Next("Check the images, labels too", check))
        if not comparison.handed_over:
            said = "Find what to do with these images, and hand over a classifier"
            compare = shlex.join(["ganaug", "compare", data, "--minutes", "30", *which])
            found.append(Next(said, compare))
    return found


def _which_images(words: Sequence[str]) -> list[str]:
    """Return the options of a command that say which images they are, and which belong together."""
    found: list[str] = []
    for at, word in enumerate(words):
        if word in IMAGES:
            found += words[at : at + IMAGES[word]]
    return found


def _classifier(comparison: ComparisonResult, best: str, outputs: Path) -> tuple[Path | None, str]:
    """Return the folder of the classifier to use, and what it is; None if there is none."""
    name = comparison.source.split("; ")[0]  # what was noticed about the images follows it
    folder = outputs / COMPARE / slug(name) / CLASSIFIER
    if comparison.handed_over and (folder / MODEL).is_file():
        return folder, "the classifier of all images"
    for run in arm_runs(comparison, best):
        if (outputs / run.folder / MODEL).is_file():
            return outputs / run.folder, f"“{best}”, as trained on instance {run.instance}"
    return None, ""


def _longer(comparison: ComparisonResult, words: Sequence[str]) -> str:
    """Return the command of `ganaug compare` that would settle more; empty where there is none.

    What it takes stands in the sentences of `comparison.more`, which name the options.
    """
    if tuple(words[:2]) != ("ganaug", "compare") or "--minutes" not in words[:-1]:
        return ""
    said = " ".join(comparison.more)
    wanted = dict(re.findall(r"(--minutes|--instances) (\d+)", said))
    if said and not wanted and "no time" not in said:
        return ""
    known = float(words[words.index("--minutes") + 1])
    longer = [*words]
    for option, value in ({"--minutes": f"{MORE * known:g}"} | wanted).items():
        if option in longer[:-1]:
            longer[longer.index(option) + 1] = value
        else:
            longer += [option, value]
    return shlex.join(longer)


def _from_here(folder: Path) -> str:
    """Return a path as one would type it: relative where it lies below the working folder."""
    whole, here = folder.resolve(), Path.cwd()
    return os.path.relpath(whole, here) if whole.is_relative_to(here) else str(whole)
