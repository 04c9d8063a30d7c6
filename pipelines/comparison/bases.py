"""Which arm another one builds on: the same training of the real images alone."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pipelines.recipes.arms import over_base

_OTHERWISE = ("size", "expand", "augment", "train", "input")
"""What arms that differ in `mix` alone have in common."""


class Joined(NamedTuple):
    """An arm that mixes generated images in, and what tells whether they help.

    Attributes
    ----------
    arm
        Its name.
    base
        The arm that it builds on.
    control
        The same with changed copies of real images in their place; empty if none was tried.
    """

    arm: str
    base: str
    control: str


def base_of(recipe: Mapping[str, Any], arm: str) -> str | None:
    """Return the arm whose gain another one's is: that which it builds on.

    An arm that mixes further images in builds on the arm that is trained in the same way on the
    real ones alone: generated images on top of flips and shifts, on flips and shifts. Every other
    arm, and one to which there is no such, is compared with the reference.

    Parameters
    ----------
    recipe
        The resolved settings of a comparison, as `ComparisonResult.recipe` holds them.
    arm
        A name.

    Returns
    -------
    str or None
        None for the reference itself.

    Examples
    --------
    >>> mixed, flips = {"mix": {"strategy": "fraction"}}, {"augment": "flip"}
    >>> recipe = {"arms": {"real": {}, "flips": flips, "both": flips | mixed, "generated": mixed}}
    >>> [base_of(recipe, arm) for arm in recipe["arms"]]
    [None, 'real', 'flips', 'real']
    """
    every = _resolved(recipe)
    reference = next(iter(every))
    return _without(every, arm) or (None if arm == reference else reference)


def joined_arms(recipe: Mapping[str, Any]) -> list[Joined]:
    """Return the arms with generated images, each with its base and its control.

    Those are left out whose training on the real images alone is no arm.

    Examples
    --------
    >>> mixed = {"strategy": "fraction"}
    >>> arms = {"real": {}, "new": {"mix": mixed}, "old": {"mix": mixed | {"origin": "copies"}}}
    >>> joined_arms({"arms": arms})
    [Joined(arm='new', base='real', control='old')]
    """
    every = _resolved(recipe)
    found = []
    for name, own in every.items():
        base = _without(every, name)
        if not base or not _generated(own["mix"]):
            continue
        copied = own | {"mix": own["mix"] | {"origin": "copies"}}
        control = next((other for other, its in every.items() if its == copied), "")
        found.append(Joined(name, base, control))
    return found


def _without(every: Mapping[str, dict[str, Any]], arm: str) -> str:
    """Return the arm that is trained as one is but for what it mixes in; empty if there is none."""
    own = every.get(arm)
    if own is None:  # a vote, of which the recipe knows nothing
        return ""
    if own["mix"].get("strategy", "none") == "none":
        return ""
    for name, other in every.items():
        alone = other["mix"].get("strategy", "none") == "none"
        if alone and all(other.get(key) == own.get(key) for key in _OTHERWISE):
            return name
    return ""


def _generated(mix: Mapping[str, Any]) -> bool:
    """As `MixConfig.generated`; settings of an older version may be no `MixConfig` of today."""
    strategy, origin = mix.get("strategy", "none"), mix.get("origin", "bank")
    return strategy == "dada" or (strategy != "none" and origin in ("bank", "near"))


def _resolved(recipe: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of every arm by name, the reference first."""
    base = {key: recipe[key] for key in ("mix", *_OTHERWISE) if key in recipe}
    return {name: {"mix": {}} | over_base(base, own) for name, own in recipe["arms"].items()}
