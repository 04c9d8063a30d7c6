"""The table of data sets that can be named, beside those of tensorflow-datasets."""

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.data.sources.source import Source

Load = Callable[[], Source]


@dataclass(frozen=True)
class NamedSource:
    """A data set, what it is in a few words, and what loads it."""

    summary: str
    load: Load


_TABLE: dict[str, NamedSource] = {}


def register_source(name: str, summary: str) -> Callable[[Load], Load]:
    """Add a function that returns a `Source` to the data sets that can be named."""

    def register(load: Load) -> Load:
        _TABLE[name] = NamedSource(summary, load)
        return load

    return register


def named_sources() -> dict[str, NamedSource]:
    """Return the registered data sets by name."""
    return dict(_TABLE)
