"""Which pictures of a person's own data set belong together: near duplicates, on one side."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipelines.data.duplicates import near_groups
from pipelines.data.labelled import same_group
from pipelines.data.pool import Pool
from pipelines.data.reader import GROUP_SIDE, Indices

if TYPE_CHECKING:
    from pipelines.data.sources import Source

MOST_COMPARED = 20_000
"""Pictures up to which near duplicates are looked for: all are read for that."""


def related(source: "Source") -> "Source":
    """Return a source whose near duplicates stay together, in all of its splits.

    Only a folder or file of the user's own is looked at: those who made a data set with a name have
    drawn its splits, and studies are repeated as they were done.

    Raises
    ------
    InputError
        If a picture cannot be read, and may not be left out.
    """
    if not source.own:
        return source
    whole = Pool.concatenate(list(source.splits.values()))
    if len(whole) > MOST_COMPARED:
        words = (
            f"near duplicates were not looked for: {len(whole):,} images are more than "
            f"{MOST_COMPARED:,}"
        )
        return replace(source, notes=[*source.notes, words])
    good = whole.can_be_read()
    seen = whole.select(good)
    alike = near_groups(seen.read(min(seen.side, GROUP_SIDE)).pixels)
    count = len(np.unique(seen.identical())) - len(np.unique(alike))
    if not count and whole.together is None:
        return source  # identical ones are kept together wherever images are split
    # Those that cannot be read stand for themselves.
    groups = np.arange(len(whole)) + len(whole)
    groups[good] = alike
    return _together(source, same_group(groups, whole.together), count)


def _together(source: "Source", groups: Indices, count: int) -> "Source":
    """Return a source whose splits, one after the other, have these groups."""
    ends = np.cumsum([len(pool) for pool in source.splits.values()])[:-1]
    parts = {
        split: replace(pool, together=own)
        for (split, pool), own in zip(source.splits.items(), np.split(groups, ends), strict=True)
    }
    plural = "s" if count > 1 else ""
    said = [f"{count} near duplicate{plural} of other images, kept on one side"] * bool(count)
    return replace(
        source,
        train=parts["train"],
        test=parts.get("test"),
        valid=parts.get("valid"),
        notes=[*source.notes, *said],
    )
