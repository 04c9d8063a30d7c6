"""What can be asked for, how many images of which classes, and what chance decides of it."""

import csv
from collections.abc import Sequence
from enum import IntEnum
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field

from groundwork.settings import Settings

ALL: Literal["all"] = "all"
MOST = 10**9
"""Images of a class that can be asked for, more than there are anywhere."""
DIGITS = 20
"""Of a number; Python reads none of more than 4,300."""


def _count(value: object) -> object:
    """Refuse what is no count in one line, where pydantic would name each kind it tried."""
    short = isinstance(value, str) and value.isdecimal() and len(value) <= DIGITS
    number = int(value) if isinstance(value, str) and short else value
    whole = isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= MOST
    if not whole and value != ALL:
        raise ValueError(f"should be a valid integer of 0 to {MOST:,}, or {ALL!r}")
    return number


Count = Annotated[int | Literal["all"], BeforeValidator(_count)]
"""A number of images of each class, or all there are."""


Share = Annotated[float, Field(ge=0, le=1000)]
Fit = Literal["crop", "inner", "pad", "squash"]
"""How a picture becomes a square: its centre is cut out, or 7/8 of that, as networks are tested on
ImageNet (256 pixels, then 224); it is set on black; it is stretched."""
Protocol = Literal["draws", "folds", "split", "shares", "whole"]
Shares = tuple[Share, Share, Share]
"""Of training, validation and test images, in any unit."""
SHARES: Shares = (85, 5, 10)
"""Those of study K."""


class Draw(IntEnum):
    """What is drawn at random: each draw has a generator of its own.

    It is seeded by (seed, draw, label in the source); so the images of a class depend neither on
    the other classes nor on how many other images are asked for.
    """

    CLASSES = 1
    TRAIN = 2
    TEST = 3
    GROUPS = 4
    VALID = 5

    def generator(self, seed: int, label: int = 0) -> np.random.Generator:
        """Return the generator of this draw."""
        return np.random.default_rng([seed, self, label])


class Design(Settings):
    """How the instances of a comparison are made."""

    protocol: Protocol
    """`draws`: some images of some classes, drawn anew for each instance (study P). `folds`: every
    image, in stratified folds of which each is tested by what the others taught; imbalance is kept.
    `split`: the source's own split, each instance with another seed. `shares`: every image, dealt
    out anew for each instance. `whole`: every image trains and none tests."""
    classes: int | tuple[str, ...]
    """How many, drawn at random, of `draws` anew for each instance; or their names."""
    per_class: Count
    """Most training images of each class."""
    test_per_class: Count
    """Most test images of each class."""
    own_validation: bool = False
    """Whether the source's own validation images watch the trainings; of `split` alone."""
    shares: Shares = SHARES
    """What `shares` deals out."""
    folds: int
    """Folds, as far as the smallest class allows."""
    seed: int
    """Of the first instance."""
    instances: int
    """How many; of folds, the first so many of all repetitions."""


def parse_classes(text: str, names: Sequence[str]) -> int | tuple[str, ...]:
    """Return what the option ``--classes`` says: a number of classes, or their names.

    A name may hold commas, if the source has a class of that name; where that is not enough, names
    stand in double quotes. A number that could be meant as how many is so meant: ``2,`` is the
    class called 2.

    Parameters
    ----------
    text
        `all`, a number, or names joined by commas.
    names
        The classes of the source.

    Examples
    --------
    >>> parse_classes("2", ["cat", "dog"]), parse_classes("cat, dog", ["cat", "dog"])
    (2, ('cat', 'dog'))
    >>> parse_classes("2020", ["2019", "2020"]), parse_classes("a, b,c", ["a, b", "c"])
    (('2020',), ('a, b', 'c'))
    """
    if text.strip() == ALL:
        return tuple(names)
    # "2" of the digits 0 to 9 is a number of classes, "2020" of some years is the class.
    number = int(text) if text.strip().isdecimal() and len(text) <= DIGITS else None
    if number is not None and (text not in names or 1 <= number <= len(names)):
        return number
    if text in names:
        return (text,)
    parts = next(csv.reader([text], skipinitialspace=True), [])
    found: list[str] = []
    while parts:
        # The longest run of parts that is a name: it may hold commas itself.
        ends = [end for end in range(len(parts), 1, -1) if _joins(parts[:end], names)]
        end = ends[0] if ends else 1
        found.append(_joins(parts[:end], names) or parts[0].strip())
        parts = parts[end:]
    return tuple(name for name in found if name)


def _joins(parts: Sequence[str], names: Sequence[str]) -> str:
    """Return the name that parts make with commas between them; empty if none.

    Spaces do not count, unless a name is written just so: "black bird" may be a class, and
    "blackbird" another one.
    """
    if (written := ",".join(parts).strip()) in names:
        return written
    joined = {"".join(name.split()): name for name in names}
    return joined.get("".join(",".join(parts).split()), "")
