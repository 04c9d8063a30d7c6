"""What rows of the studies came to, kept in a file."""

import shlex
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from pydantic import ValidationError

from groundwork.files import read_json, write_json
from groundwork.settings import Result
from pipelines.errors import InputError, explain
from pipelines.recipes.files import PROFILES, Profile
from pipelines.studies.rows import Row

COMMITTED = Path(__file__).parent / "measured.json"
"""What ships with ganaug; what is run here is kept in `outputs/study/measured.json`."""
MEASURED = "study/measured.json"
USUAL = (
    *("--profile", "--cinic10", "--animals", "--resnet18", "--alexnet"),
    *("--data-dir", "--no-skip-bad"),
)
"""Options by which a row runs as the study had it, or that change no image."""


class Figure(Result):
    """What one arm of a row came to."""

    arm: str
    """Its name; of a search, `best` and `untuned`; of generators, their class."""
    measure: str
    """What was measured, and in what unit."""
    mean: float
    spread: float | None = None
    """Standard deviation over the instances; None of a single one."""
    n: int = 1
    """Instances."""
    published: str = ""
    """The study's figure, as printed."""


class Measured(Result):
    """One step of a row, run once."""

    row: str
    run: str
    """The recipe or search."""
    profile: Profile
    source: str
    """The images."""
    figures: list[Figure]
    seconds: float
    """Of all its trainings together, whenever they ran, each on one core; of a search and of
    generators those of this run, which are few where something was finished."""
    machine: str
    date: str
    """ISO."""
    command: str
    """Repeats it."""
    failed: str = ""
    """What of it failed and why, in a line; empty if nothing did."""
    report: str = ""
    """Its page, relative to the outputs; empty of generators."""
    pictures: list[str] = []
    """Sample grids of generators, relative to the outputs."""
    contradicts: list[str] = []
    """Where it says the opposite of the study, beyond doubt."""

    @property
    def instances(self) -> int:
        """The most instances that a figure is of."""
        return max((figure.n for figure in self.figures), default=0)

    @property
    def changed(self) -> str:
        """Options of its command that changed which images it ran on; empty if none did."""
        given: dict[str, list[str]] = {}
        option = ""
        for word in shlex.split(self.command)[4:]:
            if word.startswith("--"):
                option = word
            given.setdefault(option, []).append(word)
        return shlex.join(
            [word for name, own in given.items() if name and name not in USUAL for word in own]
        )

    @property
    def key(self) -> tuple[str, str, str]:
        """Whose later one takes its place."""
        return (self.row, self.run, self.profile)


def fullest(results: Sequence[Measured]) -> list[Measured]:
    """Return the result of the fullest profile of every step, in the order given.

    A `smoke` run shows that a step runs, and measures nothing.
    """
    found: dict[str, Measured] = {}
    for one in sorted(results, key=lambda one: -PROFILES.index(one.profile)):
        if one.profile != "smoke":
            found.setdefault(one.run, one)
    return [*found.values()]


def differences(row: Row, results: Sequence[Measured]) -> str:
    """Return how what was measured differs from the study, in phrases.

    Parameters
    ----------
    row
        What the study did.
    results
        What ran of it, as `fullest` returns it.
    """
    found = [row.differs] if row.differs else []
    if row.folder and (other := [one for one in results if f"--{row.folder}" not in one.command]):
        images = ", ".join(dict.fromkeys(one.source.partition(";")[0] for one in other))
        found.append(f"images of {images} in place of the study's")
    if any(one.profile != "paper" for one in results):
        found.append("a shorter look")
    if changed := dict.fromkeys(words for one in results if (words := one.changed)):
        found.append(f"settings of its own: {'; '.join(changed)}")
    return "; ".join(found) or "nothing known"


def names(figures: Sequence[Figure]) -> list[str]:
    """Return the arms of figures, each with what sets its measure apart from those of the others.

    Examples
    --------
    >>> epochs = ("accuracy, %, epoch 7", "accuracy, %, epoch 15")
    >>> names([Figure(arm="real", measure=measure, mean=70) for measure in epochs])
    ['real, epoch 7', 'real, epoch 15']
    """
    parts = [one.measure.split(", ") for one in figures]
    shared = {part for part in {*chain(*parts)} if all(part in own for own in parts)}
    return [
        ", ".join([one.arm, *(part for part in own if part not in shared and part != "%")])
        for one, own in zip(figures, parts, strict=True)
    ]


def read_measured(path: Path) -> list[Measured]:
    """Return what a file holds; nothing where there is none.

    Raises
    ------
    InputError
        If it is not such a file.
    """
    if not path.is_file():
        return []
    try:
        return [Measured.model_validate(one) for one in read_json(path)["measured"]]
    except (ValidationError, KeyError, TypeError) as error:
        said = explain(error, str(path)) if isinstance(error, ValidationError) else str(path)
        raise InputError(f"{said}: not results of studies; delete it, or run them anew") from error


def keep(path: Path, found: Measured) -> None:
    """Write a result to a file, in place of an older one of the same step and profile."""
    known = {one.key: one for one in read_measured(path)}
    known[found.key] = found
    ordered = [known[key].model_dump(mode="json") for key in sorted(known)]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"measured": ordered})
