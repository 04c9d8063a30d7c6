"""Every setting has bounds, and refuses what nobody can mean in one line."""

import math
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from classifiers.config import TrainConfig
from groundwork.settings import Settings
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from pipelines.recipes.feed import InputConfig
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import Recipe, load_recipe
from pipelines.recipes.search import Range, load_search
from pipelines.recipes.tuning import TuneConfig
from tests.faults.mutations import Cases

TABLES: dict[str, type[Settings]] = {
    "data": DataConfig,
    "train": TrainConfig,
    "gan": GeneratorConfig,
    "mix": MixConfig,
    "input": InputConfig,
    "tune": TuneConfig,
    "range": Range,
    "": Recipe,
}
COUNTS = ("Design",)
"""Filled by us from what was checked."""
HOSTILE: tuple[Any, ...] = (
    math.nan, math.inf, -math.inf, 1e308, -1e308, -1, 0, 2**31, 2**32, 2**63, 2**64, 10**5000, 1e12,
    1e21, 5e-324, -0.0, True, None, "", " ", "nan", "inf", "9" * 5000, "x" * 10**5, "a\0b", "a\nb",
    "\x1b[2J", "\u202e", "\ud800", "../x", "/etc/passwd", "$(touch x)", "`x`", "'", b"x", (), [],
    {}, [[]], {"x": math.nan}, {"x": 10**5000}, {"\0": 1}, {"x" * 10**5: 1}, [math.inf] * 5,
    ["x"] * 10**5, "(" * 1000, "flip(" * 100, "flip|" * 3000, "shift(px=1e999)",
    "score(" + "9" * 99, "1" + "0" * 400,
    {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}}},
)  # fmt: skip


def numbers(kind: Any, metadata: tuple[Any, ...] = ()) -> Iterator[tuple[type, dict[str, float]]]:
    """Yield the numbers in a type, each with its bounds."""
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        for one in more:
            metadata = (*metadata, *(one.metadata if isinstance(one, FieldInfo) else [one]))
        yield from numbers(inner, metadata)
    elif origin in (Union, UnionType, tuple, list):
        for inner in get_args(kind):
            yield from numbers(inner, metadata)
    elif kind in (int, float):
        names = ("ge", "gt", "le", "lt")
        yield (
            kind,
            {name: getattr(one, name) for one in metadata for name in names if hasattr(one, name)},
        )


def test_every_number_has_a_lower_and_an_upper_bound(tally):
    times, failed = 0, []
    for table in TABLES.values():
        for name, field in table.model_fields.items():
            where = f"{table.__name__}.{name}"
            if name in ("per_class", "test_per_class") and table is DataConfig:
                continue  # `Count` has a validator of its own, which the next test tries
            for kind, bounds in numbers(field.annotation, tuple(field.metadata)):
                times += 1
                low, high = ({"ge", "gt"} & bounds.keys()), ({"le", "lt"} & bounds.keys())
                if not low or not high or not all(map(math.isfinite, bounds.values())):
                    failed.append(f"{where}: {kind.__name__} has the bounds {bounds}")
    assert times > 60
    tally.note("settings with bounds", times, failed)


def test_the_test_of_bounds_can_fail():
    assert list(numbers(Annotated[int, 1] | None)) == [(int, {})]
    assert not any({"le", "lt"} & bounds.keys() for _, bounds in numbers(tuple[float, float]))


def nested(table: str, name: str, value: Any) -> dict[str, Any]:
    return {table: {name: value}} if table else {name: value}


def load(table: str, name: str, value: Any) -> object:
    if table == "tune":
        return load_search("pereira-p12", nested(table, name, value))
    if table == "range":
        own = {"low": 1.0, "high": 2.0, name: value}
        return load_search("pereira-p12", {"space": {"train.weight_decay": own}})
    return load_recipe(None, nested(table, name, value))


def fields() -> list[tuple[str, str]]:
    return [(table, name) for table, model in TABLES.items() for name in model.model_fields]


def test_hostile_values(tally, tries):
    """Some of them in each setting, or with ``--long`` all, in Python."""
    seed, cases = 20, Cases()
    rng = np.random.default_rng(seed)
    for table, name in fields():
        for at in rng.permutation(len(HOSTILE))[: tries(10, len(HOSTILE))].tolist():
            case = f"{table}.{name} = value {at}"
            cases.one(case, lambda t=table, n=name, v=HOSTILE[at]: load(t, n, v))
    cases.memory()
    tally.note("hostile values of settings", cases.times, cases.failed, seed)


def test_numbers_that_pass_are_finite(tally):
    """What is let through can be computed with: a seed, an epoch, a rate."""
    cases = Cases()
    rng = np.random.default_rng(21)

    def passes(table: str, name: str, value: float) -> None:
        made = getattr(load(table, name, value), table)
        kept = getattr(made, name)
        for one in kept if isinstance(kept, tuple) else (kept,):
            assert not isinstance(one, float) or math.isfinite(one), (name, one)
            assert not isinstance(one, int | float) or abs(one) <= 1e12, (name, one)

    for table in ("data", "train", "gan", "mix"):
        for name in TABLES[table].model_fields:
            for exponent in rng.uniform(-320, 320, 4):
                value = float(rng.choice([-1, 1]) * np.float64(10) ** exponent)
                cases.one(
                    f"{table}.{name} = {value}", lambda t=table, n=name, v=value: passes(t, n, v)
                )
    tally.note("numbers that pass are finite", cases.times, cases.failed, 21)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
LANGUAGE = st.text(alphabet="flipshft(|)+=,.0123456789 pxmixrotae\n'\"{}[]-*\\", max_size=40)


def test_any_value(tally, tries):
    cases = Cases()

    @settings(
        max_examples=tries(300, 2500), deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(fields()), JSON | LANGUAGE)
    def check(field: tuple[str, str], value: Any) -> None:
        cases.one(f"{field} = {value!r}", lambda: load(*field, value))

    check()
    tally.note("any value of a setting", cases.times, cases.failed)


@pytest.mark.parametrize("key", ["steps_per_epoch", "epochs"])
def test_a_table_of_learning_rates_fits_into_memory(key):
    from classifiers.optim.schedules import learning_rates

    with pytest.raises(InputError, match="give fewer epochs"):
        learning_rates(TrainConfig(epochs=100_000), 10**6)


def test_parameters_of_models_have_bounds(tally):
    """Those that a recipe gives to a builder: each number in its signature."""
    import inspect

    from classifiers.models.registry import list_models, model_info

    times, failed = 0, []
    for name in list_models():
        builder = model_info(name).builder
        for one in inspect.signature(builder, eval_str=True).parameters.values():
            if one.default is one.empty:
                continue
            for kind, bounds in numbers(one.annotation):
                times += 1
                if not {"le", "lt"} & bounds.keys() or not {"ge", "gt"} & bounds.keys():
                    failed.append(f"{name}: {one.name}, {kind.__name__}: {bounds}")
    tally.note("parameters of models with bounds", times, sorted(set(failed)))
