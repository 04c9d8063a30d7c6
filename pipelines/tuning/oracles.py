"""keras-tuner's oracles, by name, over a search's space."""

import itertools
import shutil
from pathlib import Path
from typing import Any

import keras_tuner as kt

from groundwork.files import read_json, replacing, write_json
from pipelines.recipes.search import Dimension, Range, Search

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
        return HyperbandOracle(max_epochs=most, factor=tune.factor, **common)
    if tune.tuner == "bayesian":
        return BayesianOracle(max_trials=tune.trials, num_initial_points=tune.initial, **common)
    if tune.tuner == "grid":
        return GridOracle(max_trials=tune.trials, **common)
    return RandomOracle(max_trials=tune.trials, **common)


class Resumable(kt.Oracle):  # type: ignore[misc]
    """What a killed search can be taken up from, whichever moment it was killed at.

    keras-tuner 1.4.8 writes its files in place, so that they may be cut off, and the file of a new
    trial before its own: of a search killed between the two, that trial would count as tried.
    """

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

    def _save_trial(self, trial: Any) -> None:
        with replacing(Path(self._get_trial_dir(trial.trial_id)) / "trial.json") as part:
            trial.save(str(part))


class RandomOracle(Resumable, kt.oracles.RandomSearchOracle):  # type: ignore[misc]
    """keras-tuner's random search."""


class BayesianOracle(Resumable, kt.oracles.BayesianOptimizationOracle):  # type: ignore[misc]
    """keras-tuner's Gaussian process."""


class HyperbandOracle(Resumable, kt.oracles.HyperbandOracle):  # type: ignore[misc]
    """keras-tuner's Hyperband."""


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
