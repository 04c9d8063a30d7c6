"""What a training writes down as it goes; part of every checkpoint, and what is left of it."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from groundwork.files import read_json, write_json

History = dict[str, list[float]]
"""Curves by name; `step` holds the step of each point."""


@dataclass
class Restart:
    """A collapse, and the return to the last checkpoint that followed it."""

    step: int
    """Where the collapse was noticed."""
    reason: str
    back_to: int
    """Step of the checkpoint."""


@dataclass
class Record:
    """History, measurements and restarts of one training."""

    history: History = field(default_factory=dict)
    scores: list[tuple[int, float]] = field(default_factory=list)
    """(step, quality) of each measurement; lower is better."""
    restarts: list[Restart] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    """(step, reason) of what looked like a collapse when no restart was left."""
    seconds: float = 0.0
    """Wall time up to here, in all processes that had a part in it."""
    kept_step: int = 0
    """Step of the generator that was kept, once the training has ended."""

    @property
    def best(self) -> tuple[int, float] | None:
        """Return (step, quality) of the best measurement, if there was any."""
        return min(self.scores, key=lambda score: score[1], default=None)

    def add_point(self, point: dict[str, float]) -> None:
        """Append one point to the curves."""
        for name, value in point.items():
            self.history.setdefault(name, []).append(float(value))

    def may_restart(self, allowed: int) -> bool:
        """Tell whether fewer restarts were needed than are allowed."""
        return len(self.restarts) < allowed

    def always_right(self, since: int) -> bool:
        """Tell whether the discriminator erred about no image after the step `since`."""
        steps, accuracies = (self.history.get(name, []) for name in ("step", "d_accuracy"))
        recent = [a for at, a in zip(steps, accuracies, strict=True) if at > since]
        return bool(recent) and min(recent) == 1

    def stalled(self, step: int, patience: int) -> bool:
        """Tell whether the best measurement is `patience` steps old; never if that is 0."""
        return bool(patience and self.best and step - self.best[0] >= patience)


def as_record(facts: dict[str, Any]) -> Record:
    """Return the record that ``asdict`` and JSON made ``facts`` of."""
    return Record(
        history=facts["history"],
        seconds=facts["seconds"],
        scores=[(step, score) for step, score in facts["scores"]],
        warnings=[(step, reason) for step, reason in facts["warnings"]],
        restarts=[Restart(**restart) for restart in facts["restarts"]],
        kept_step=facts["kept_step"],
    )


def write_record(folder: Path, record: Record) -> None:
    """Write the curves as ``history.json`` and the rest as ``record.json``."""
    facts = asdict(record)
    write_json(folder / "history.json", facts.pop("history"))
    write_json(folder / "record.json", facts)


def read_record(folder: Path) -> Record:
    """Read what :func:`write_record` wrote."""
    return as_record(
        read_json(folder / "record.json") | {"history": read_json(folder / "history.json")}
    )
