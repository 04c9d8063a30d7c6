"""The tuner: each trial is scored by folds that run as tasks, like everything else."""

import shutil
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras_tuner as kt
import numpy as np
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.src import config as kt_config
from keras_tuner.src.distribute import utils as dist_utils
from pydantic import ValidationError
from sklearn.exceptions import ConvergenceWarning

from groundwork.files import read_json, write_json
from groundwork.terminal import say
from pipelines.comparison.banks import train_gans
from pipelines.comparison.instances import Drawn
from pipelines.comparison.plan import plan_gans
from pipelines.comparison.run import train_arms, train_generators
from pipelines.data.overlap import overlap_of
from pipelines.errors import InputError, first_line
from pipelines.recipes.files import merge, nest
from pipelines.recipes.recipe import Recipe, load_recipe
from pipelines.recipes.search import Search
from pipelines.tasks.executor import Executor
from pipelines.tasks.learning import never_learned
from pipelines.tuning.oracles import OBJECTIVE, make_oracle
from pipelines.tuning.results import TRIALS, TrialRecord, read_trials
from pipelines.tuning.scoring import fold_accuracies, fold_kid, last_epochs

kt_config.DEBUG = False  # else it prints a traceback for each setting that does not work

TRIAL, ORACLE = "trial", "oracle"
MAX_BUGS = 3
"""Trials in a row that may fail by a mistake of ours before the search ends."""


class FoldTuner(BaseTuner):  # type: ignore[misc]
    """Search with one of keras-tuner's oracles; a trial is its folds.

    A search that was killed goes on when it is started again: keras-tuner keeps its trials in
    ``folder``, and the folds that were done are tasks that are done.

    Parameters
    ----------
    search
        What to try.
    folds
        Of all instances, as :func:`pipelines.tuning.folds.make_folds` gives them.
    executor
        Runs the folds.
    folder
        Gets the state of the search, and ``trials/<id>.json`` with the score of each fold.

    Attributes
    ----------
    done
        Trials that this process has scored or seen fail.
    """

    def __init__(
        self, search: Search, folds: Sequence[Drawn], executor: Executor, folder: Path
    ) -> None:
        self.what = search
        self.folds = folds
        self.executor = executor
        self.folder = folder
        self.done = 0
        self._title = TRIAL
        self._bugs = 0
        self._learned: list[bool] = []
        self._correlations: dict[int, float] = {}
        instances = len(folds) // search.tune.trainings
        self._instances = max(1, instances)
        if dist_utils.is_chief_oracle() or not dist_utils.has_chief_oracle():
            begin_anew_where_damaged(folder)
        super().__init__(
            make_oracle(search, len(folds) // self._instances),
            directory=str(folder),
            project_name=ORACLE,
        )
        begun = (folder / ORACLE / "oracle.json").is_file()
        if begun and isinstance(self.oracle, kt.Oracle) and not self.oracle.trials:
            # Begun under another role: keras-tuner looks for the file of this one only.
            self.oracle.reload()

    def save(self) -> None:
        """Write the state; a tuner's own is empty, and its file says that there is one."""
        if not self._is_worker():
            self.oracle.save()
        write_json(Path(self._get_tuner_fname()), {})

    def reload(self) -> None:
        """Read the state."""
        if not self._is_worker():
            self.oracle.reload()

    def run_trial(self, trial: Any, *_: Any, **__: Any) -> dict[str, float]:
        """Return the mean score of a trial's folds.

        Raises
        ------
        keras_tuner.errors.FailedTrialError
            The setting does not work; the search goes on.
        keras_tuner.errors.FatalError
            Our own code failed three times in a row.
        """
        values = _plain(trial.hyperparameters.values)
        self._title = f"trial {int(trial.trial_id) + 1}"
        self._learned = []
        try:
            scores = self._score(values)
        except InputError as error:
            self.record(trial, error=str(error))
            raise kt.errors.FailedTrialError(str(error)) from error
        except MemoryError as error:
            self.record(trial, error="out of memory")
            raise kt.errors.FailedTrialError("out of memory") from error
        except Exception as error:
            reason = traceback.format_exception_only(error)[-1].strip()
            self.record(trial, error=reason)
            self._bugs += 1
            if self._bugs >= MAX_BUGS:
                raise kt.errors.FatalError(
                    f"{MAX_BUGS} trials in a row failed by a mistake of ours: {reason}"
                ) from error
            raise kt.errors.FailedTrialError(reason) from error
        self._bugs = 0
        self.record(trial, scores=scores)
        return {OBJECTIVE: float(np.mean(scores))}

    def record(self, trial: Any, *, scores: Sequence[float] = (), error: str = "") -> None:
        """Write what came of a trial."""
        self.done += 1
        values = _plain(trial.hyperparameters.values)
        record = TrialRecord(
            trial=trial.trial_id,
            values={key: values[key] for key in self.what.space},
            budget=values.get("tuner/epochs"),
            scores=tuple(scores),
            correlation=self._correlation(len(scores)) if scores else 0.0,
            error=" ".join(error.split()),
            never_learned=self._learned.count(False) if scores else 0,
            trained=len(self._learned) if scores else 0,
        )
        write_json(self.folder / TRIALS / f"{trial.trial_id}.json", record.model_dump(mode="json"))
        self._last = record

    @property
    def size(self) -> int:
        """Side of the images of every trial, in pixels."""
        return self.folds[0].size

    def _correlation(self, folds: int) -> float:
        """Return how the scores of the first so many folds depend on each other."""
        if folds not in self._correlations:
            shared = overlap_of([(one.train, one.test) for one in self.folds[:folds]])
            self._correlations[folds] = shared.correlation
        return self._correlations[folds]

    def on_trial_end(self, trial: Any) -> None:
        """Say what came of it."""
        super().on_trial_end(trial)
        say(str(self._last))

    def _score(self, values: dict[str, Any]) -> list[float]:
        """Return the score of each fold of a trial."""
        tuner, folds = self.what.tune.tuner, self.folds
        epochs = self.what.recipe.train.epochs
        if tuner == "halving":
            folds = folds[: values["tuner/epochs"] * self._instances]
        elif tuner == "hyperband":
            epochs = values["tuner/epochs"]
        recipe = self._recipe({key: values[key] for key in self.what.space}, epochs)
        if self.what.tune.objective == "kid":
            banks, _ = train_gans(plan_gans(folds, recipe.gan, self.size), self.executor)
            outputs = self.executor.outputs
            return [
                fold_kid(outputs / bank, outputs / fold.at[self.size].folder, self.what.judge())
                for bank, fold in zip(banks, folds, strict=True)
            ]
        needed, _ = train_generators(recipe, folds, self.size, self.executor)
        sizes = dict.fromkeys(recipe.arms, self.size)
        runs = train_arms(recipe, folds, needed, sizes, self.executor, self._title)
        self._learned = [not never_learned(run.result) for run in runs]
        return fold_accuracies(runs, self.what.tune.last)

    def _recipe(self, values: dict[str, Any], epochs: int) -> Recipe:
        """Return the recipe of one trial: one arm, tested at its last epochs."""
        base = self.what.recipe.model_dump(exclude_unset=True)
        changed = nest(values)
        own = {
            "name": f"{self.what.recipe.name}-{TRIAL}",
            "gan": changed.pop("gan", {}),
            "train": {"epochs": epochs, "evaluate_at": []},
        }
        tables = {**merge(merge(base, own), changed), "arms": {TRIAL: {}}}
        looked_at = last_epochs(load_recipe(None, tables).train, self.what.tune.last)
        return load_recipe(None, merge(tables, {"train": {"evaluate_at": looked_at}}))


def begin_anew_where_damaged(folder: Path) -> None:
    """Remove the state of a search that cannot be read any more.

    What its trials have trained is kept, and the same seed proposes the same trials: they are
    found finished.
    """
    try:
        oracle = folder / ORACLE / "oracle.json"
        if oracle.is_file():
            known = read_json(oracle)["start_order"]
            for name in known:
                read_json(folder / ORACLE / f"trial_{name}" / "trial.json")["trial_id"]
        read_trials(folder)
    except (InputError, KeyError, TypeError, ValidationError) as error:
        say(
            f"the state of the search in {folder} is damaged ({first_line(error)}): it is begun "
            "anew, and what it has trained is found"
        )
        for part in (folder / ORACLE, folder / TRIALS):
            shutil.rmtree(part, ignore_errors=True)


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as Python's own numbers; some oracles draw NumPy's."""
    return {k: v.item() if isinstance(v, np.generic) else v for k, v in values.items()}


def run_search(tuner: FoldTuner) -> None:
    """Run the search to its end.

    Raises
    ------
    InputError
        If three trials in a row failed by a mistake of ours.
    """
    # With a dozen trials a length scale of the Gaussian process often lies at its bound.
    warnings.filterwarnings("ignore", category=ConvergenceWarning, module="sklearn.gaussian")
    try:
        tuner.search(verbose=0)
    except kt.errors.FatalError as error:
        raise InputError(str(error)) from error
