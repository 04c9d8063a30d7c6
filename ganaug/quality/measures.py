"""The table of measures: each compares features of generated images with those of real ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ganaug.quality.values import Features, Value

Compare = Callable[[Features, Features], Any]
"""Takes features of real and of generated images, ``[N, D]`` and ``[M, D]``; returns a `Value`, or
something that has several by name."""


@dataclass(frozen=True)
class Measure:
    """A registered function and the numbers it gives.

    Attributes
    ----------
    compare
        The function.
    titles
        Column heads of its numbers, by name.
    at_any_n
        Whether its expectation does not depend on the number of generated images: it then uses all
        of them, the others as many as there are real ones.
    obstacle
        Says why it means nothing for some features; returns None where it does mean something.
    """

    compare: Compare
    titles: dict[str, str]
    at_any_n: bool
    obstacle: Callable[[Features, Features], str | None]

    def values(self, real: Features, fake: Features) -> dict[str, Value]:
        """Return its numbers by name; none where there is an obstacle."""
        if self.obstacle(real, fake):
            return {}
        found = self.compare(real, fake)
        if isinstance(found, Value):
            return dict.fromkeys(self.titles, found)
        return {name: getattr(found, name) for name in self.titles}


_TABLE: dict[str, Measure] = {}
_ORDER = ("kid", "fid", "prdc")
"""How the table begins; measures that others add follow."""


def register_measure(
    titles: dict[str, str],
    *,
    at_any_n: bool = False,
    obstacle: Callable[[Features, Features], str | None] = lambda real, fake: None,
) -> Callable[[Compare], Compare]:
    """Add a function ``(real, fake) -> Value`` to the table, by its name.

    Parameters
    ----------
    titles
        Column heads by name: one, or one for each attribute of what the function returns.
    at_any_n, obstacle
        As in `Measure`.
    """

    def register(compare: Compare) -> Compare:
        _TABLE[compare.__name__] = Measure(compare, titles, at_any_n, obstacle)
        return compare

    return register


def measures() -> list[Measure]:
    """Return every measure, in the order of the table."""
    names = [*(name for name in _ORDER if name in _TABLE), *_TABLE]
    return [_TABLE[name] for name in dict.fromkeys(names)]
