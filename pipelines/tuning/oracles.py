"""keras-tuner's oracles, by name, over a search's space."""

import itertools
from typing import Any

import keras_tuner as kt

from pipelines.tuning.search import Dimension, Range, Search

OBJECTIVE = "score"
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
        return kt.oracles.HyperbandOracle(max_epochs=most, factor=tune.factor, **common)
    if tune.tuner == "bayesian":
        return kt.oracles.BayesianOptimizationOracle(
            max_trials=tune.trials, num_initial_points=tune.initial, **common
        )
    if tune.tuner == "grid":
        return GridOracle(max_trials=tune.trials, **common)
    return kt.oracles.RandomSearchOracle(max_trials=tune.trials, **common)


class GridOracle(kt.Oracle):  # type: ignore[misc]
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
            return {"status": kt.engine.trial.TrialStatus.STOPPED, "values": None}
        named = {one.name: value for one, value in zip(space, values, strict=True)}
        return {"status": kt.engine.trial.TrialStatus.RUNNING, "values": named}


def _declare(space: dict[str, Dimension]) -> kt.HyperParameters:
    declared = kt.HyperParameters()
    for name, values in space.items():
        if isinstance(values, list) and isinstance(values[0], bool):
            # As a choice they would come back as 0 and 1.
            declared.Boolean(name) if len(set(values)) == 2 else declared.Fixed(name, values[0])
        elif not isinstance(values, Range):
            declared.Choice(name, values)
        elif values.integer:
            declared.Int(name, int(values.low), int(values.high), sampling=values.scale)
        else:
            declared.Float(name, values.low, values.high, sampling=values.scale)
    return declared
