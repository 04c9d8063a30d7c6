"""What a search tries, and how: a recipe with two more tables, `[tune]` and `[space]`."""

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    model_validator,
)

from groundwork.settings import Settings
from pipelines.errors import InputError, explain
from pipelines.recipes.files import (
    PAPER,
    Profile,
    at_profile,
    find_file,
    list_files,
    merge,
    nest,
    read_tables,
)
from pipelines.recipes.recipe import Arm, Recipe, load_recipe
from pipelines.recipes.tuning import TuneConfig

Value = str | bool | int | float
BEST = "best"
"""Names the best setting among the published figures."""
UNTUNED_BUT = "untuned but for its generators"
"""Arm of a recipe whose tuned arm has other generators than those of the base settings."""
JUDGES = ("efficientnet_lite0", "efficientnet_lite1")
"""Networks that measure generators, in the order of preference."""


class Range(Settings):
    """Numbers between two ends."""

    low: float = Field(ge=-1e12, le=1e12)
    high: float = Field(ge=-1e12, le=1e12)
    scale: Literal["linear", "log"] = "linear"
    integer: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.low < self.high or (self.scale == "log" and self.low <= 0):
            raise ValueError(f"low={self.low}, high={self.high}; give low < high, above 0 for log")
        if self.integer and not (self.low.is_integer() and self.high.is_integer()):
            raise ValueError(f"low={self.low}, high={self.high}; integers are asked for")
        return self


def _one_type(values: list[Value]) -> list[Value]:
    """Check that values are of one type, as keras-tuner wants them; 1 among floats is 1.0."""
    if {type(value) for value in values} == {int, float}:
        return [float(value) for value in values]
    if len({type(value) for value in values}) != 1:
        raise ValueError("give values of one type, at least one")
    return values


Dimension = Annotated[
    Annotated[list[Value], Field(max_length=10_000), AfterValidator(_one_type), Tag("values")]
    | Annotated[Range, Tag("range")],
    Discriminator(lambda given: "values" if isinstance(given, list | tuple) else "range"),
]


class Search(Settings):
    """A recipe, and what to vary in it.

    Attributes
    ----------
    recipe
        Everything that stays as it is. Its base settings are tuned, its arms are not looked at.
    tune
        The tuner and its scores.
    space
        What varies: dotted keys of the recipe, such as `train.learning_rate`, `augment` or
        `mix.fraction`, each with a list of values or a range.
    published
        Published figures as printed, by setting, as `said` writes it, or `best`.
    """

    recipe: Recipe
    tune: TuneConfig = TuneConfig()
    space: dict[str, Dimension] = Field(min_length=1)
    published: dict[str, str] = Field({}, exclude_if=lambda published: not published)

    @model_validator(mode="after")
    def _published_of_its_settings(self) -> Self:
        for setting in self.published:
            keys = {part.partition(" = ")[0] for part in setting.split(", ")}
            if setting != BEST and not keys <= self.space.keys():
                raise InputError(
                    f"published: {setting!r} is no setting of this search: write {BEST!r}, or its "
                    f"values as '{next(iter(self.space))} = …', joined by commas"
                )
        return self

    @model_validator(mode="after")
    def _validation_images_do_one_thing(self) -> Self:
        if not self.tune.validation:
            return self
        train = self.recipe.train
        if train.patience or "train.patience" in self.space:
            watching = "train.patience"
        elif train.validation or "train.validation" in self.space:
            watching = "train.validation"
        elif "plateau" in self._values_of("train.schedule", train.schedule):
            watching = "train.schedule='plateau'"
        else:
            return self
        raise InputError(
            f"tune.validation with {watching}: the validation images score the trials, and cannot "
            "watch them as they watch the training at the end; leave one of the two out"
        )

    def judge(self) -> str:
        """Return the network whose features measure generators: none that a trial looks through.

        Raises
        ------
        InputError
            Every judge is looked through by some trial.
        """
        gan, through = self.recipe.gan, set()
        if "projected" in self._values_of("gan.discriminator", gan.discriminator):
            through = self._values_of("gan.backbone", gan.backbone)
        free = [name for name in JUDGES if name not in through]
        if not free:
            raise InputError(
                f"trials look through {', '.join(JUDGES)}, so that no network is left to judge "
                "them all; leave one out of space.gan.backbone"
            )
        return free[0]

    def _values_of(self, key: str, fixed: str) -> set[Value]:
        varied = self.space.get(key, [fixed])
        return set(varied) if isinstance(varied, list) else set()

    def arm(self, values: Mapping[str, Value]) -> Arm:
        """Return the settings of one trial.

        Raises
        ------
        ValidationError
            If a key or a value is not one of an arm.
        """
        names = set(Arm.model_fields)
        base = {key: value for key, value in self.recipe.model_dump().items() if key in names}
        own = {key: value for key, value in values.items() if not key.startswith("gan.")}
        return Arm.model_validate(merge(base, nest(own)))

    def recipe_of(self, values: Mapping[str, Value]) -> dict[str, Any]:
        """Return the tables of a recipe that compares the untuned setting with this one.

        Of a search for generators: one whose arms train with and without their images. All arms
        share their generators, those of this setting, which the name of the untuned one then says.
        """
        changed = nest(values)
        gan = changed.pop("gan", None)
        shared = bool(gan) and self.recipe.generated
        tables = self.recipe.model_dump(mode="json", exclude_defaults=True)
        tables["title"] = f"{self.recipe.title}: untuned and tuned"
        tables["arms"] = {UNTUNED_BUT if shared else "untuned": {}, "tuned": changed}
        alone = f"{self.recipe.title}: with and without its images"
        real = {"mix": {"strategy": "none"}}  # whatever the base settings mix in
        if shared and not changed:
            tables["title"] = alone
            tables["arms"] = {"real": real, "tuned": {}}
        if self.tune.objective == "kid":
            joined = {} if self.recipe.generated else {"strategy": "fraction", "origin": "bank"}
            tables["title"] = alone
            tables["arms"] = {"real": real, "real + synthetic": {"mix": joined}}
        tables.pop("published", None)
        return merge(tables, {"gan": gan}) if gan else tables


def said(values: Mapping[str, Any]) -> str:
    """Return a setting as the published figures name it.

    Examples
    --------
    >>> said({"train.batch": 32, "train.learning_rate": 0.1, "augment": "flip"})
    'train.batch = 32, train.learning_rate = 0.1, augment = flip'
    """
    return ", ".join(f"{key} = {value}" for key, value in values.items())


def load_search(
    search: str | Path, changes: Mapping[str, Any] | None = None, profile: Profile = PAPER
) -> Search:
    """Read a search and check every value in it.

    Parameters
    ----------
    search
        Path of a TOML file, or the name of one that ships with ganaug (see `list_searches`).
    changes
        Tables that override the file's.
    profile
        As in `pipelines.recipes.recipe.load_recipe`.

    Raises
    ------
    InputError
        If there is no such search, or a key, a type or a value is wrong.
    """
    path = find_file(search, "search")
    tables = merge(at_profile(read_tables(path), profile), changes or {})
    own = {name: tables.pop(name) for name in ("tune", "space", "published") if name in tables}
    recipe = load_recipe(None, {"name": path.stem, **tables})
    try:
        result = Search.model_validate({"recipe": recipe, **own})
    except ValidationError as error:
        raise InputError(explain(error, path.name, Search)) from error
    _check_values(result, path.name)
    if result.tune.objective == "kid":
        result.judge()  # an error if there is none
    return result


def list_searches() -> list[str]:
    """Return the names of the searches that ship with ganaug."""
    return list_files("search")


def _check_values(search: Search, where: str) -> None:
    """Try every value once: a search must not fail at its tenth trial over a misspelt key."""
    if search.tune.tuner == "grid":
        ranges = [key for key, values in search.space.items() if isinstance(values, Range)]
        if ranges:
            raise InputError(f"{where}: space.{ranges[0]}: a grid needs a list of values")
    if "size" in search.space:
        raise InputError(
            f"{where}: space.size: every trial sees the images at one size; set it as data.size"
        )
    for key in ("train.seed", "gan.seed"):
        if key in search.space:
            raise InputError(
                f"{where}: space.{key}: chance is no setting to search for; tune.folds and "
                "tune.repeats say how often a setting is tried, tune.seeds how often it is tested"
            )
    if "train.epochs" in search.space and search.tune.tuner == "hyperband":
        raise InputError(
            f"{where}: space.train.epochs: tuner 'hyperband' itself says how many epochs a trial "
            "has, up to train.epochs; leave it out of the space, or take another tuner"
        )
    for key, value in _samples(search.space):
        try:
            if key.startswith("gan."):
                own = search.recipe.gan.model_dump(exclude_unset=True)
                load_recipe(None, {"gan": own | {key.removeprefix("gan."): value}})
            search.arm({key: value})
        except ValidationError as error:
            raise InputError(explain(error, f"{where}: space.{key}", Arm)) from error


def _samples(space: Mapping[str, Dimension]) -> Iterator[tuple[str, Value]]:
    for key, values in space.items():
        if isinstance(values, Range):
            convert = int if values.integer else float
            yield from itertools.product([key], [convert(values.low), convert(values.high)])
        else:
            yield from itertools.product([key], values)
