"""Searches: repeated by their seed, no setting twice, and what they could not spend is said."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.recipes.search import Search, load_search
from pipelines.tasks.executor import Executor
from pipelines.tuning.results import SearchResult, read_trials
from pipelines.tuning.tuner import FoldTuner, run_search
from tests.faults.tally import Tally

FOLD: Any = None
"""Folds are counted, and never looked at."""
TUNERS = ("grid", "random", "bayesian", "hyperband", "halving")
BASE = "[tune]\nfolds = 4\n[train]\nepochs = 9\n[space]\n'train.learning_rate' = [0.1, 0.2]\n"


class Formula(FoldTuner):
    """Scores a setting by a formula, and ends the process where it is told to."""

    ends_at = -1

    def _score(self, values: dict[str, Any]) -> list[float]:
        if self.done == self.ends_at:
            raise KeyboardInterrupt
        return [values["train.learning_rate"] - values.get("train.momentum", 0) ** 2]

    def _correlation(self, folds: int) -> float:
        return 0.0


def space(rng: random.Random) -> dict[str, Any]:
    """Return a space of a few settings, or of more than can be counted."""
    rates = [round(0.01 * n, 2) for n in range(1, rng.randint(2, 5))] * rng.randint(1, 2)
    found: dict[str, Any] = {"train.learning_rate": rates}
    if rng.random() < 0.5:
        found["augment"] = ["", "flip", "shift(2)"][: rng.randint(1, 3)]
    if rng.random() < 0.3:
        found["train.momentum"] = {"low": 0.0, "high": 0.9}
    elif rng.random() < 0.3:
        found["train.batch"] = {"low": 8, "high": 10, "integer": True}
    return found


def searched(search: Search, folder: Path, ends_at: int = -1) -> SearchResult:
    tuner = Formula(search, [FOLD] * search.tune.folds, Executor(folder), folder)
    tuner.ends_at = ends_at
    try:
        run_search(tuner)
    except KeyboardInterrupt:
        return searched(search, folder)
    settings = search.model_dump(mode="json")
    words = dict.fromkeys(("name", "title", "command", "machine", "source"), "")
    return SearchResult(
        **words, classes=[], settings=settings, trials=read_trials(folder), seconds=0
    )


def faults(tuner: str, rng: random.Random, home: Path) -> list[str]:
    """Search once, again, and interrupted; return what is wrong."""
    (home / "search.toml").write_text(BASE)
    tables = {"tuner": tuner, "trials": rng.randint(2, 9), "seed": rng.choice([0, 0, 1, 7])}
    wanted = space(rng)
    if tuner == "grid":
        wanted = {key: values for key, values in wanted.items() if isinstance(values, list)}
    search = load_search(home / "search.toml", {"tune": tables, "space": wanted})
    first, again = (searched(search, home / name) for name in ("first", "again"))
    resumed = searched(search, home / "resumed", rng.randrange(max(1, len(first.trials))))
    failed = []
    if first.trials != again.trials:
        failed.append("two searches differ")
    if first.trials != resumed.trials:
        failed.append("an interrupted one differs")
    tried = [(tuple(one.values.items()), one.budget) for one in first.trials]
    if len(set(tried)) < len(tried):
        failed.append("a setting was tried twice")
    budgets = {"hyperband": 9, "halving": 4}
    if tuner in budgets:
        if max(one.budget or 0 for one in first.trials) < budgets[tuner] and not first.short:
            failed.append("nothing had the whole budget, and it is not said")
        rates = len(set(wanted["train.learning_rate"]))
        if rates > 1 and max(one.budget or 0 for one in first.trials) < budgets[tuner]:
            failed.append(f"no trial had the whole budget of {budgets[tuner]}")
    elif tuner != "grid" and len(first.trials) < tables["trials"] and not first.short:
        failed.append("fewer trials than asked for, and it is not said")
    return [f"{tuner}, {tables}, {wanted}: {words}" for words in failed]


def test_searches(tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]) -> None:
    seed, failed, times = random.SystemRandom().randrange(10**6), [], tries(10, 200)
    for number in range(times):
        home = tmp_path / str(number)
        home.mkdir()
        failed += faults(TUNERS[number % len(TUNERS)], random.Random(seed + number), home)
    tally.note("a search: again, interrupted; settings twice; budgets", times, failed, seed)
