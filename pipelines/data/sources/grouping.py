"""Which pictures show one object, person or scene, and so stay on one side of every split."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from pipelines.data.reader import Indices
from pipelines.errors import InputError


@dataclass(frozen=True)
class Grouping:
    """The groups of the pictures of a data set.

    Attributes
    ----------
    numbers
        For each split the number of each picture's group, ``[N]``; one name has one number in all
        splits. Empty where pictures are not grouped.
    notes
        How many groups there are, and of which size.
    """

    numbers: Mapping[str, Indices] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @classmethod
    def of(
        cls,
        groups: Mapping[str, Sequence[str | None]],
        names: Mapping[str, Sequence[str]],
        what: str,
        group_by: str,
    ) -> Self:
        """Give the groups of all splits their numbers.

        Parameters
        ----------
        groups
            The name of each picture's group, by split; None where it has none.
        names
            The pictures' own names, by split.
        what
            What pictures that have a group do, for the message.
        group_by
            What they are grouped by, for the message.

        Raises
        ------
        InputError
            If some pictures have no group.
        """
        pairs = [
            pair for part, own in groups.items() for pair in zip(own, names[part], strict=True)
        ]
        without = [name for group, name in pairs if not group]
        if without:
            raise InputError(
                f"data.group_by '{group_by}': {len(pairs) - len(without)} of {len(pairs)} images "
                f"{what}, {without[0]} does not; group by what all of them have, or leave it out"
            )
        number: dict[str | None, int] = {}
        for group, _ in pairs:
            number.setdefault(group, len(number))
        sizes = Counter(group for group, _ in pairs).values()
        note = f"{len(pairs)} images in {len(number)} groups by '{group_by}', of {_range(sizes)}"
        return cls(
            {
                part: np.array([number[group] for group in own], np.int64)
                for part, own in groups.items()
            },
            (f"{note}: those of a group stay on one side of every split",),
        )


def by_pattern(pattern: str, names: Mapping[str, Sequence[str]]) -> Grouping:
    r"""Group pictures by what a regular expression finds in their names.

    Parameters
    ----------
    pattern
        Searched for in each name: what its first group matches, or else all of it, is the name of
        the picture's group.
    names
        Paths of the pictures with slashes, by split.

    Raises
    ------
    InputError
        If it is no regular expression, or some pictures do not match it.

    Examples
    --------
    >>> by_pattern(r"p\d+", {"train": ["a/p1_x.png", "b/p2.png", "a/p1_y.png"]}).numbers["train"]
    array([0, 1, 0])
    """
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise InputError(
            f"data.group_by '{pattern}' is no regular expression ({error}); give one such as "
            r"(patient\d+), 'parent' for the folders below those of the classes, or a column of a "
            "CSV file"
        ) from error

    def group(name: str) -> str | None:
        found = search(name)
        return found and found[1 if found.re.groups else 0]

    groups = {part: [group(name) for name in own] for part, own in names.items()}
    return Grouping.of(groups, names, "match it", pattern)


def _range(sizes: object) -> str:
    """Say how large groups are.

    Examples
    --------
    >>> _range([3, 3]), _range([1, 8])
    ('3 images', '1 to 8 images')
    """
    counts = sorted(set(sizes))  # type: ignore[call-overload]
    text = " to ".join(map(str, [counts[0], *counts[-1:]][: len(counts)]))
    return f"{text} image{'s' * (counts[-1] > 1)}"
