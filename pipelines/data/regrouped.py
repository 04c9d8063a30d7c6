"""Classes put together under other names, as study K counts birds and big cats."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np

from groundwork.names import few
from pipelines.data.pool import Pool
from pipelines.errors import InputError, unknown_name

if TYPE_CHECKING:
    from pipelines.data.sources import Source


def regrouped(source: "Source", groups: Mapping[str, Sequence[str]]) -> "Source":
    """Return a source whose classes are groups of its own, and those that no group names.

    Parameters
    ----------
    source
        Where the images come from.
    groups
        By the name of each new class, those that it is made of: names, or patterns such as
        ``* star``. A pattern that fits no class is noted.

    Raises
    ------
    InputError
        If there is no class of a name, one is in two groups, or fewer than two classes are left.
    """
    if not groups:
        return source
    old = source.train.class_names
    meant = {words: _meant(words, old, source) for wanted in groups.values() for words in wanted}
    group_of: dict[str, str] = {}
    for group, wanted in groups.items():
        for name in dict.fromkeys(one for words in wanted for one in meant[words]):
            if group_of.setdefault(name, group) != group:
                both = f"{group_of[name]!r} and {group!r}"
                raise InputError(f"data.groups: class {name!r} is in {both}; put it into one")
    new = list(dict.fromkeys(group_of.get(name, name) for name in old))
    for group in groups:
        if group in old and group not in group_of:
            raise InputError(
                f"data.groups: {group!r} is a class that no group names; give another name, or "
                "put the class into the group"
            )
    labels = np.array([new.index(group_of.get(name, name)) for name in old])
    nothing = [words for words, names in meant.items() if not names]
    notes = [f"{len(old)} classes were put together to {len(new)}"]
    notes += [f"no class is called like {few(nothing)}"] * bool(nothing)

    def of(pool: Pool | None) -> Pool | None:
        if pool is None:
            return None
        return replace(pool, labels=labels[pool.labels], class_names=tuple(new))

    train = of(source.train)
    assert train is not None  # every source has images to train on
    return replace(
        source,
        train=train,
        test=of(source.test),
        valid=of(source.valid),
        notes=[*source.notes, *notes],
    )


def _meant(words: str, names: Sequence[str], source: "Source") -> list[str]:
    """Return the classes that a name or a pattern stands for."""
    if words in names:
        return [words]
    if not any(sign in words for sign in "*?["):
        raise unknown_name(f"class of {source.name}", words, names)
    return [name for name in names if fnmatchcase(name, words)]
