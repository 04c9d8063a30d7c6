"""Recipes: every setting of a comparison, its default and why, and the files that change some.

A recipe file lists only what differs from these defaults. Its arms differ from one another in
`size`, `mix`, `expand`, `augment` and `train` alone, so that every arm sees the same pictures:

    title = "Do synthetic images help?"
    [data]
    source = "cifar10"
    [arms.real]
    [arms.synthetic]
    mix.strategy = "fraction"

A table `[sweeps."train.learning_rate"]` stands for arms: see `pipelines.recipes.arms`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, field_validator, model_validator

from classifiers.config import TrainConfig
from groundwork.settings import Fraction, Settings
from pipelines.augment import parse
from pipelines.augment.offline import parse as parse_expansion
from pipelines.errors import InputError, explain, unknown_name
from pipelines.recipes.arms import DROP, NothingToDropError, expanded, over_base
from pipelines.recipes.data import DataConfig
from pipelines.recipes.ensemble import Ensemble
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.files import (
    PAPER,
    Profile,
    at_profile,
    find_file,
    list_files,
    merge,
    read_tables,
)
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.mix import MixConfig


class Arm(Settings):
    """One way to train on the images of an instance."""

    size: int | None = Field(None, ge=8, le=512)
    """Side of this arm's images, in pixels; by default `data.size`, or what suits the model."""
    mix: MixConfig = MixConfig()
    """Which synthetic images are added."""
    expand: str = ""
    """Offline expansion of the real images before training, e.g. `flip + rotate`: it makes epochs
    longer, so arms that differ in it differ in optimiser steps too (study P)."""
    augment: str = ""
    """Augmentation drawn anew for each image at each step, e.g. `flip|shift(4)`."""
    train: TrainConfig = TrainConfig()
    """The classifier and its training."""
    input: InputConfig = InputConfig()
    """How batches are prepared."""

    @field_validator("augment")
    @classmethod
    def _augments(cls, augment: str) -> str:
        parse(augment)
        return augment

    @field_validator("expand")
    @classmethod
    def _expands(cls, expand: str) -> str:
        parse_expansion(expand)
        return expand

    @model_validator(mode="after")
    def _fits_the_mixing(self) -> Self:
        if self.mix.strategy == "pretrain" and self.train.patience:
            raise InputError(
                "mix.strategy 'pretrain' needs train.patience = 0, received "
                f"{self.train.patience}: the loss jumps where real images follow"
            )
        if self.train.folds and self.mix.strategy != "none":
            raise InputError(
                f"train.folds={self.train.folds} with mix.strategy={self.mix.strategy!r}: what is "
                "mixed in was made from the images of every fold; `ganaug tune` makes it anew"
            )
        if self.train.validation and self.mix.strategy == "dada":
            raise InputError(
                "train.validation with mix.strategy 'dada', whose discriminator has seen all "
                "images: set train.validation = 0"
            )
        if self.train.outputs and self.mix.strategy == "dada":
            raise InputError(
                f"train.outputs={self.train.outputs} with mix.strategy 'dada', whose network has "
                "one output a class: set train.outputs = 0"
            )
        in_one_pool = self.mix.strategy in ("none", "concatenate")
        if not in_one_pool and parse(self.augment).needs_epoch:
            raise InputError(
                f"alternating_flip needs epochs of the same images, received mix.strategy "
                f"{self.mix.strategy!r}, whose batches are drawn from two pools: use flip"
            )
        return self

    @property
    def generated(self) -> bool:
        """Whether this arm needs generators."""
        return self.mix.generated


class Recipe(Arm):
    """A comparison: arms that see the same images, over several instances."""

    name: str = "compare"
    """Names the folders under outputs/; by default the file's name."""
    title: str = "Do synthetic images help?"
    """Heading of the report."""
    data: DataConfig = DataConfig()
    """Which images."""
    gan: GeneratorConfig = GeneratorConfig()
    """The generators, one a class, of the arms that mix synthetic images in."""
    seeds: int = Field(1, ge=1, le=1000, exclude_if=lambda seeds: seeds == 1)
    """Trainings of every arm on every instance, which differ in their seeds alone: their mean
    stands for the arm there. 1 is not written down, so that comparisons keep their names."""
    arms: dict[str, dict[str, Any]] = {
        "real": {},
        "real + synthetic": {"mix": {"strategy": "fraction"}},
        "real + flip, shift": {"augment": "flip|shift(4)"},
    }
    """What each arm changes of `size`, `mix`, `expand`, `augment`, `train` and `input`; `drop`
    lists what it takes back to the default (`["train.schedule"]`). The first is the reference."""
    targets: tuple[Fraction, ...] = Field((), max_length=20, exclude_if=lambda targets: not targets)
    """Accuracies, 0..1, whose times are told: the seconds of the epochs until an arm has reached
    each (study M). They are read off the validation images, where there are any, else off the test
    images at `train.evaluate_at`."""
    top_k: Literal[3, 5] | None = Field(None, exclude_if=lambda top_k: top_k is None)
    """Also show how often the true class is among so many most probable ones, as study K counts;
    where there are no more classes than that, it is left out."""
    ensembles: dict[str, Ensemble] = Field({}, exclude_if=lambda ensembles: not ensembles)
    """Arms that vote, by the name under which the vote stands among the arms. None is not written
    down, so that comparisons keep their names."""
    published: dict[str, dict[str, str]] = {}
    """Published figures as printed, by arm and epoch (`final`: the last one); of times, by
    `seconds an epoch` and `seconds to 80 %`."""

    @model_validator(mode="after")
    def _has_arms_that_vote(self) -> Self:
        for name, one in self.ensembles.items():
            if name in self.arms:
                raise InputError(f"ensembles.{name}: there is an arm {name!r}; give another name")
            for arm in one.arms:
                if arm not in self.arms:
                    raise unknown_name(f"arm of the ensemble {name!r}", arm, list(self.arms))
            if len(set(one.arms)) < len(one.arms):
                raise InputError(f"ensembles.{name}: an arm is named twice; each votes once")
        return self

    @property
    def needs_generators(self) -> bool:
        """Whether an arm needs generators."""
        return any(arm.generated for arm in self.resolved_arms().values())

    @property
    def extra_real(self) -> int:
        """How many further real images of each class the arms need."""
        return max(arm.mix.extra_real for arm in self.resolved_arms().values())

    def joined(self, other: "Recipe") -> Self:
        """Return this recipe with the arms of another one, each with all its settings.

        They see images at the other one's `data.size` where this one has none; the generators'
        size stays. Ensembles of the other one are left out.

        Raises
        ------
        InputError
            If an arm of each has the same name, or both need generators that differ.
        """
        if both := [name for name in other.arms if name in self.arms]:
            raise InputError(
                f"{other.name}: there is an arm {both[0]!r} already; give it another name"
            )
        gan = other.gan if other.needs_generators else self.gan
        if self.needs_generators and gan != self.gan:
            raise InputError(
                f"{other.name}: its generators ([gan]) differ from those of {self.name}, and all "
                "arms share them; leave one of the two out"
            )
        # What their tables leave to its default must not come from our base.
        own = {
            name: {DROP: [*Arm.model_fields], **arm.model_dump()}
            for name, arm in other.resolved_arms().items()
        }
        for arm in own.values():
            if self.data.size is None and arm["mix"]["strategy"] != "dada":
                arm["size"] = arm["size"] or other.data.size
        return self.model_copy(update={"arms": {**self.arms, **own}, "gan": gan})

    def resolved_arms(self) -> dict[str, Arm]:
        """Return the full settings of every arm by name, the reference arm first."""
        base = {name: getattr(self, name).model_dump() for name in ("mix", "train", "input")}
        base |= {"augment": self.augment, "expand": self.expand, "size": self.size}
        return {name: Arm.model_validate(over_base(base, own)) for name, own in self.arms.items()}


def load_recipe(
    recipe: str | Path | None = None,
    changes: Mapping[str, Any] | None = None,
    profile: Profile = PAPER,
) -> Recipe:
    """Read a recipe and check it.

    Parameters
    ----------
    recipe
        Path of a TOML file, or the name of one that ships with ganaug (see `list_recipes`);
        None for the defaults.
    changes
        Settings that override the file's: ``{"train": {"epochs": 45}}``.
    profile
        One of `pipelines.recipes.files.PROFILES`: as the file says, or shorter.

    Raises
    ------
    InputError
        If there is no such recipe, or a key, a type or a value is wrong: one line that names the
        file, the key, what was received and what is allowed.
    """
    settings: dict[str, Any] = {}
    where = "settings"
    if recipe is not None:
        path = find_file(recipe, "recipe")
        where = path.name
        settings = at_profile({"name": path.stem, **read_tables(path)}, profile)
    settings = expanded(merge(settings, changes or {}), where)
    try:
        result = Recipe.model_validate(settings)
        if not result.arms:
            raise InputError(f"{where}: no arm to train, received an empty [arms] table")
        where = f"{where}: an arm"
        result.resolved_arms()
    except NothingToDropError as error:
        raise NothingToDropError(f"{where}: {error}") from error
    except ValidationError as error:
        raise InputError(explain(error, where, Recipe)) from error
    return result


def override(
    recipe: str | Path | None,
    dataset: str | Path | None,
    profile: Profile = PAPER,
    **tables: BaseModel | str | int | None,
) -> Recipe:
    """Return a recipe with the settings that the caller set explicitly put over it.

    Parameters
    ----------
    recipe
        As in `load_recipe`.
    dataset
        Replaces `data.source`, unless None.
    profile
        As in `load_recipe`.
    **tables
        Tables of the recipe (`data`, `gan`, …): the fields that were given when they were made
        count, those left at their defaults do not; `augment` and `expand` are strings, `seeds` a
        number, or None to keep them.
    """
    changes: dict[str, Any] = {
        name: table.model_dump(exclude_unset=True) if isinstance(table, BaseModel) else table
        for name, table in tables.items()
        if table is not None
    }
    if dataset is not None:
        changes = merge(changes, {"data": {"source": str(dataset)}})
    return load_recipe(recipe, changes, profile)


def list_recipes() -> list[str]:
    """Return the names of the recipes that ship with ganaug."""
    return list_files("recipe")
