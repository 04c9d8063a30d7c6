"""The findings in a few lines; and what a quick look finds, without a network."""

from collections.abc import Sequence

from groundwork.names import few
from pipelines.data.sources.source import Source
from pipelines.findings.check import Findings, check
from pipelines.findings.gallery import gallery_of
from pipelines.findings.records import KINDS, Finding

MOST_QUICK = 1000
"""Pictures up to which a quick look is worth its time."""


def finding_lines(found: Findings) -> list[str]:
    """Return a line for each kind of findings, with the first names."""
    return [
        f"{heading.lower()}: {_count(rows)}: {few([_named(one) for one in rows])}"
        for kind, heading in KINDS.items()
        if (rows := found.of(kind))
    ]


def check_lines(source: Source) -> list[str]:
    """Return what a look without a network finds, in lines for people.

    Copies, and pictures that show little. Labels are not looked at.

    Parameters
    ----------
    source
        Up to `MOST_QUICK` pictures are looked at; of more that they were not.
    """
    images = sum(map(len, source.splits.values()))
    if images > MOST_QUICK:
        return [f"{images:,} images are many: they were not looked at one by one"]
    found = finding_lines(check(gallery_of(source), deep=False))
    looked = f"{images:,} images looked at for copies and for blank, dark, light or blurred ones"
    return [looked, *found] if found else [f"{looked}: nothing was found"]


def _count(rows: Sequence[Finding]) -> str:
    """Return how many there are: a copy of two pictures is two pairs."""
    if not rows[0].other_file:
        return str(len(rows))
    return f"{len(rows)} pair{'s' if len(rows) > 1 else ''}"


def _named(one: Finding) -> str:
    """Return a finding in a few words."""
    if one.finding == "classes alike":
        return f"{one.class_name} and {one.other_class} ({one.score:.0%})"
    if one.finding == "label":
        return f"{one.file} (like {one.other_class})"
    return f"{one.file} = {one.other_file}" if one.other_file else one.file
