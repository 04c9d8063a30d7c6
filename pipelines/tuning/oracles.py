"""keras-tuner's oracles, by name, over a search's space."""

import itertools
import math
import shutil
from pathlib import Path
from typing import Any

import keras_tuner as kt
import numpy as np

from groundwork.files import read_json, replacing, write_json
from pipelines.recipes.search import Dimension, Range, Search

OBJECTIVE = "score"
LISTED = 10_000
"""Settings that are gone through one by one; of more, some are drawn."""
CANDIDATES = 200
"""How many, where a tuner proposes what was tried."""
_STOPPED = {"status": kt.engine.trial.TrialStatus.STOPPED, "values": None}
NEVER = 10**9
"""Failed trials that keras-tuner lets pass: `FoldTuner` decides which of them end a search."""


def make_oracle(search: Search, max_folds: int) -> kt.Oracle:
    """Return the oracle of ``search.tune.tuner``.

    Parameters
    ----------
    search
        The space and the tuner.
    max_folds
        Folds that a trial has at most: what `halving` hands out.
    """
    tune = search.tune
    common: dict[str, Any] = {
        "objective": kt.Objective(OBJECTIVE, "min" if tune.objective == "kid" else "max"),
        "hyperparameters": _declare(search.space),
        "allow_new_entries": False,
        "tune_new_entries": True,
        "seed": tune.seed,
        "max_consecutive_failed_trials": NEVER,
    }
    if tune.tuner in ("hyperband", "halving"):
        most = search.recipe.train.epochs if tune.tuner == "hyperband" else max_folds
        return HyperbandOracle(max_epochs=most, factor=tune.factor, **common)
    if tune.tuner == "bayesian":
        return BayesianOracle(max_trials=tune.trials, num_initial_points=tune.initial, **common)
    if tune.tuner == "grid":
        return GridOracle(max_trials=tune.trials, **common)
    return RandomOracle(max_trials=tune.trials, **common)


class Resumable(kt.Oracle):  # type: ignore[misc]
    """A search that a seed repeats, that tries nothing twice, and that can be killed at any moment.

    keras-tuner 1.4.8 draws a seed where it is given 0, and gives up where a few random settings in
    a row were tried before. It writes its files in place, so that they may be cut off, and the file
    of a new trial before its own: of a search killed between the two, that trial would count as
    tried.
    """

    def __init__(self, *, seed: int, **options: Any) -> None:
        super().__init__(seed=seed, **options)
        self.seed = self._seed_state = seed

    def untried(self) -> list[dict[str, Any]] | None:
        """Return the settings that are left, in order; None where there are too many to list."""
        settings = every_setting(self.hyperparameters)
        return settings and [values for values in settings if not self._duplicate(values)]

    def _random_values(self) -> dict[str, Any] | None:
        """Return a setting that was not tried; None where none is left."""
        values: dict[str, Any] | None = super()._random_values()
        if values is None and (left := self.untried()):
            return left[int(np.random.default_rng(self._seed_state).integers(len(left)))]
        return values

    def save(self) -> None:
        """Write the state whole or not at all."""
        write_json(Path(self._get_oracle_fname()), self.get_state())

    def reload(self) -> None:
        """Read the state; a trial that it does not know was never begun."""
        known = read_json(Path(self._get_oracle_fname()))["start_order"]
        for folder in Path(self._project_dir).glob("trial_*"):
            if folder.name.removeprefix("trial_") not in known:
                shutil.rmtree(folder)
        super().reload()
        # As they were begun: a sum over them in the order of a folder would be rounded otherwise.
        found = vars(self)["trials"]
        self.trials = {name: found[name] for name in self.start_order}

    def _save_trial(self, trial: Any) -> None:
        with replacing(Path(self._get_trial_dir(trial.trial_id)) / "trial.json") as part:
            trial.save(str(part))


class RandomOracle(Resumable, kt.oracles.RandomSearchOracle):  # type: ignore[misc]
    """keras-tuner's random search."""


class BayesianOracle(Resumable, kt.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """keras-tuner's Gaussian process.

    Its own chance is not in its saved state; here the number of a trial decides it. Where it
    proposes what was tried, the most promising of what was not is tried instead.
    """

    def __init__(self, *, seed: int, **options: Any) -> None:
        super().__init__(seed=seed, **options)
        self.gpr = self._make_gpr()  # with the seed that was given, which may be 0

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a trial, or the end of the search."""
        self._random_state = np.random.RandomState([self.seed, int(trial_id)])
        proposed: dict[str, Any] = super().populate_space(trial_id)
        if not proposed["values"] or not self._duplicate(proposed["values"]):
            return proposed
        left = self.untried()
        if left is None:
            drawn = [self._random_values() for _ in range(CANDIDATES)]
            left = [values for values in drawn if values]
        if not left:
            return _STOPPED
        at = np.array([self._vector(values) for values in left])
        mean, spread = self.gpr.predict(at, return_std=True)
        best = left[int(np.argmin(mean - self.beta * spread))]
        return {"status": kt.engine.trial.TrialStatus.RUNNING, "values": best}

    def _vector(self, values: dict[str, Any]) -> list[float]:
        return [one.value_to_prob(values[one.name]) for one in self._nonfixed_space()]


class HyperbandOracle(Resumable, kt.oracles.HyperbandOracle):  # type: ignore[misc]
    """keras-tuner's Hyperband.

    keras-tuner's own ends the whole search where it has drawn every setting there is, so that none
    is ever given more than the first few epochs. Here a bracket then begins with as many as it
    has. A trial that failed is one of those that do not go on.
    """

    def __init__(self, **options: Any) -> None:
        self._begun_with: dict[str, int] = {}
        super().__init__(**options)

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a trial, the end of the search, or that one has to wait."""
        self._remove_completed_brackets()
        for bracket in self._brackets:
            rounds, number = bracket["rounds"], bracket["bracket_num"]
            if len(rounds[0]) < self._get_size(number, 0):
                return self._random_trial(trial_id, bracket)
            for later in range(1, len(rounds)):
                if values := self._promoted(bracket, later):
                    rounds[later].append({"past_id": values["tuner/trial_id"], "id": trial_id})
                    return {"status": kt.engine.trial.TrialStatus.RUNNING, "values": values}
        if self._current_bracket or self._current_iteration + 1 < self.hyperband_iterations:
            self._increment_bracket_num()
            self._start_new_bracket()
            return self._random_trial(trial_id, self._brackets[-1])
        if self.ongoing_trials:
            return {"status": kt.engine.trial.TrialStatus.IDLE}
        return _STOPPED

    def _promoted(self, bracket: dict[str, Any], later: int) -> dict[str, Any] | None:
        """Return the best setting of a round that goes on to the next one; None while none does."""
        number, rounds = bracket["bracket_num"], bracket["rounds"]
        gone = {one["past_id"] for one in rounds[later]}
        ended = [self.trials[one["id"]] for one in rounds[later - 1] if one["id"] not in gone]
        ended = [trial for trial in ended if trial not in self.ongoing_trials.values()]
        stay = self._get_size(number, later - 1) - self._get_size(number, later)
        done = [trial for trial in ended if trial.status == "COMPLETED"]
        if len(ended) <= stay or not done or len(rounds[later]) >= self._get_size(number, later):
            return None
        sign = -1 if self.objective.direction == "max" else 1
        best = min(done, key=lambda trial: sign * trial.score)
        return dict(best.hyperparameters.values) | {
            "tuner/trial_id": best.trial_id,
            "tuner/epochs": self._get_epochs(number, later),
            "tuner/initial_epoch": self._get_epochs(number, later - 1),
            "tuner/bracket": number,
            "tuner/round": later,
        }

    def _random_trial(self, trial_id: str, bracket: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = super()._random_trial(trial_id, bracket)
        if given.get("values"):
            return given
        self._begun_with[str(bracket["bracket_num"])] = len(bracket["rounds"][0])
        if not bracket["rounds"][0]:
            self._brackets.remove(bracket)
        return self.populate_space(trial_id)

    def _get_size(self, bracket_num: int, round_num: int) -> int:
        size: int = super()._get_size(bracket_num, round_num)
        begun = self._begun_with.get(str(bracket_num))
        return size if begun is None else min(size, math.ceil(begun / self.factor**round_num))

    def get_state(self) -> dict[str, Any]:
        """Return what a search goes on from."""
        return {**super().get_state(), "begun_with": self._begun_with}

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` returned."""
        super().set_state(state)
        self._begun_with = state["begun_with"]


class GridOracle(Resumable):
    """Every combination once, in order.

    keras-tuner 1.4.8's own raises KeyError when a search is taken up again: the order of its trials
    is not in its saved state. Here the number of the trial says which combination it is.
    """

    def populate_space(self, trial_id: str) -> dict[str, Any]:
        """Return the values of a trial, or the end of the search."""
        space = self.get_space().space
        combinations = itertools.product(*(dimension.values for dimension in space))
        values = next(itertools.islice(combinations, int(trial_id), None), None)
        if values is None:
            return _STOPPED
        named = {one.name: value for one, value in zip(space, values, strict=True)}
        return {"status": kt.engine.trial.TrialStatus.RUNNING, "values": named}


def _declare(space: dict[str, Dimension]) -> kt.HyperParameters:
    declared = kt.HyperParameters()
    for name, values in space.items():
        if isinstance(values, list) and isinstance(values[0], bool):
            # As a choice they would come back as 0 and 1.
            declared.Boolean(name) if len(set(values)) == 2 else declared.Fixed(name, values[0])
        elif not isinstance(values, Range):
            declared.Choice(name, list(dict.fromkeys(values)))
        elif values.integer:
            declared.Int(name, int(values.low), int(values.high), sampling=values.scale)
        else:
            declared.Float(name, values.low, values.high, sampling=values.scale)
    return declared


def every_setting(space: kt.HyperParameters) -> list[dict[str, Any]] | None:
    """Return all settings of a space, in order; None where there are too many."""
    choices: dict[str, list[Any]] = {}
    for one in space.space:
        if isinstance(one, kt.engine.hyperparameters.Float):
            return None
        if isinstance(one, kt.engine.hyperparameters.Int):
            if one.max_value - one.min_value > LISTED:
                return None
            choices[one.name] = list(range(one.min_value, one.max_value + 1))
        else:
            choices[one.name] = list(one.values)
    if math.prod(map(len, choices.values())) > LISTED:
        return None
    return [
        dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())
    ]
