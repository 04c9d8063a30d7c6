"""How often each kind of fault was tried, and how often it happened."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = "GANAUG_TALLY"
"""Names the file in the environment."""


@dataclass(frozen=True)
class Tried:
    """A kind of fault.

    Attributes
    ----------
    kind
        In a few words.
    times
        How often it was tried.
    failed
        What went wrong, a line each.
    seed
        That repeats it.
    """

    kind: str
    times: int
    failed: list[str]
    seed: int | None = None


def table(found: Iterable[Tried]) -> str:
    """Return the table of `docs/reliability.md`, by kind."""
    kinds: dict[str, list[Tried]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    rows = ["| kind | tried | failed | seed |", "| --- | --- | --- | --- |"]
    for kind, several in sorted(kinds.items()):
        seeds = ", ".join(str(one.seed) for one in several if one.seed is not None) or "–"
        times, failed = sum(one.times for one in several), sum(len(one.failed) for one in several)
        rows.append(f"| {kind} | {times:,} | {failed} | {seeds} |")
    return "\n".join(rows)


class Tally:
    """Writes down what was tried, in a file that the processes of pytest share.

    Parameters
    ----------
    file
        One line of JSON a kind.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def note(self, kind: str, times: int, failed: list[str], seed: int | None = None) -> None:
        """Write a kind down, and fail the test where something went wrong."""
        one = Tried(kind, times, failed, seed)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(json.dumps(vars(one)) + "\n")
        assert not failed, f"{kind}: {len(failed)} of {times} (seed {seed}): {failed[:5]}"

    def read(self) -> list[Tried]:
        """Return all that was written down."""
        if not self.file.is_file():
            return []
        return [Tried(**json.loads(line)) for line in self.file.read_text("utf-8").splitlines()]
