"""What rows of the studies came to, kept in a file."""

from pathlib import Path

from pydantic import ValidationError

from groundwork.files import read_json, write_json
from groundwork.settings import Result
from pipelines.errors import InputError, explain
from pipelines.recipes.files import Profile

COMMITTED = Path(__file__).parent / "measured.json"
"""What ships with ganaug; what is run here is kept in `outputs/study/measured.json`."""
MEASURED = "study/measured.json"


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

    @property
    def key(self) -> tuple[str, str, str]:
        """Whose later one takes its place."""
        return (self.row, self.run, self.profile)


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
