"""What a search leaves behind: its trials, in order, and the best of them."""

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from groundwork.files import read_json
from groundwork.settings import Result
from pipelines.errors import InputError
from pipelines.recipes.search import BEST, Search, said
from pipelines.statistics.paired import Paired, paired, summary, variance_factor
from pipelines.statistics.verdicts import points, verdict

TRIALS = "trials"
"""Folder of the trials of a search, below its own."""
SHOWN = 6
"""Trials that are named in one line."""


class TrialRecord(Result):
    """One setting and how it did."""

    trial: str
    """keras-tuner's number."""
    values: dict[str, Any]
    """By dotted key."""
    budget: int | None = None
    """Epochs (`hyperband`) or folds of each instance (`halving`) that it was given."""
    scores: tuple[float, ...] = ()
    """One a fold; empty if it failed."""
    correlation: float = 0.0
    """Of two folds' scores, because folds share images; 0 in searches from before it was known."""
    error: str = ""
    never_learned: int = 0
    """Trainings of its folds that never learned, in no attempt."""
    trained: int = 0
    """All of them; 0 in searches from before it was known, and of generators."""

    def __str__(self) -> str:
        """Return one line for people."""
        what = ", ".join(f"{key} = {value!r}" for key, value in self.values.items())
        score = f"{self.mean:.3f}" if self.scores else self.error
        score += f" ± {self.standard_error:.3f}" if self.has_error else ""
        stuck = f"; {self.stuck}" if self.stuck else ""
        return f"{self.name}: {score}   ({what}){stuck}"

    @property
    def name(self) -> str:
        """The trial for people, who count from 1."""
        return f"trial {int(self.trial) + 1}"

    @property
    def stuck(self) -> str:
        """Which of its trainings never learned, in words; empty if all did.

        Examples
        --------
        >>> TrialRecord(trial="0", values={}, never_learned=2, trained=3).stuck
        'never learned in 2 of 3 trainings'
        """
        if not self.never_learned:
            return ""
        return f"never learned in {self.never_learned} of {self.trained} trainings"

    @property
    def mean(self) -> float:
        """The score of the trial; NaN if it failed."""
        return float(np.mean(self.scores)) if self.scores else float("nan")

    @property
    def standard_error(self) -> float:
        """Of the mean over the folds, corrected for the images that they share.

        As in the corrected resampled t test (see `variance_factor`). NaN of one fold, and of folds
        that all train on the same images.
        """
        count = len(self.scores)
        if count < 2 or self.correlation == 1:
            return float("nan")
        spread = float(np.std(self.scores, ddof=1))
        return spread * math.sqrt(variance_factor(count, self.correlation))

    @property
    def has_error(self) -> bool:
        """Whether there is a standard error."""
        return not math.isnan(self.standard_error)


class SearchResult(Result):
    """A finished search."""

    name: str
    title: str
    command: str
    machine: str
    source: str
    classes: list[list[str]]
    """Of each instance."""
    settings: dict[str, Any]
    """The search itself."""
    trials: list[TrialRecord]
    """In the order in which they were tried."""
    seconds: float
    retrained: tuple[float, ...] = ()
    """Test accuracy of the best setting, trained on all training images: instances x seeds."""
    untuned: tuple[float, ...] = ()
    """The same of the untuned setting."""
    tested: list[dict[str, int]] = []
    """Test images of each class, of each instance; none in searches from before it was known."""
    retrained_never: int = 0
    """Of the trainings of the best setting, those that never learned."""
    untuned_never: int = 0
    """The same of the untuned setting: nothing is claimed against it then."""
    correlation: float = 0.0
    """Of two instances' differences between them, because instances share images."""
    seen: bool = False
    """Whether test images of one instance are training images of another: then the setting was
    chosen by looking at them, too."""
    untested: str = ""
    """Why the best setting was not tested, though it should have been."""
    other_images: bool = True
    """Whether the recipe of the best setting draws images that the search has not seen."""

    @property
    def images_of_recipe(self) -> str:
        """On what the recipe of the best setting compares it with the untuned one."""
        if self.other_images:
            return "others"
        again = {
            "draws": "other draws from the same ones",
            "split": "the same ones, with other seeds",
            "shares": "other shares of the same ones",
        }
        protocol = self.settings["recipe"]["data"]["protocol"]
        return again.get(protocol, "other folds of the same ones")

    @property
    def against(self) -> Paired | None:
        """The best setting against the untuned one, seeds averaged; None where none was tested."""
        if not self.retrained:
            return None
        return paired(self.untuned_means, self.tuned_means, correlation=self.correlation)

    @property
    def tuned_means(self) -> list[float]:
        """Test accuracy of the best setting, by instance, seeds averaged."""
        return self.by_instance(self.retrained)

    @property
    def untuned_means(self) -> list[float]:
        """The same of the untuned setting."""
        return self.by_instance(self.untuned)

    def by_instance(self, values: Sequence[float]) -> list[float]:
        """Return means over what has the same instance: seeds, or folds."""
        return list(map(float, np.reshape(values, (-1, len(self.classes))).mean(axis=0)))

    @property
    def short(self) -> str:
        """Why a search did less than it was asked to, or than there was; empty if it did not."""
        tune, space = self.settings["tune"], self.settings["space"]
        tuner, asked, made = tune["tuner"], tune["trials"], len(self.trials)
        if tuner in ("hyperband", "halving"):
            unit = "epochs" if tuner == "hyperband" else "folds"
            full = self.settings["recipe"]["train"]["epochs"]
            if tuner == "halving":
                full = tune["folds"] * tune["repeats"]
            most = max((trial.budget or 0 for trial in self.trials if trial.scores), default=0)
            if most < full:
                return f"no trial was given all {full} {unit}: the most were {most}"
            return ""
        if tuner == "grid":
            every = math.prod(len(values) for values in space.values())
            if every > made:
                return f"the grid has {every} settings, {made} were tried: raise tune.trials"
        elif made < asked:
            return f"{made} trials instead of {asked}: there are no more settings"
        return ""

    def published(self, trial: TrialRecord) -> str:
        """Return the published figure of a trial's setting, as printed; empty if there is none."""
        known: dict[str, str] = self.settings.get("published", {})
        best = known.get(BEST, "") if trial == self.best else ""
        return known.get(said(trial.values), best)

    @property
    def minimised(self) -> bool:
        """Whether lower scores are better."""
        return bool(self.settings["tune"]["objective"] == "kid")

    @property
    def score_name(self) -> str:
        """What the scores are, with the network that computed them."""
        if not self.minimised:
            return "validation accuracy in %"
        judge = Search.model_validate(self.settings).judge()
        return f"KID to images left out, on {judge}"

    def ranked(self) -> list[TrialRecord]:
        """Return the trials that worked, best first.

        Only those with the largest budget are comparable; the others come behind them.
        """
        sign = 1 if self.minimised else -1
        done = [trial for trial in self.trials if trial.scores]
        return sorted(done, key=lambda trial: (-(trial.budget or 0), sign * trial.mean))

    @property
    def best(self) -> TrialRecord:
        """The best trial."""
        ranked = self.ranked()
        if not ranked:
            reasons = {trial.error for trial in self.trials}
            raise InputError(f"all {len(self.trials)} trials failed: {'; '.join(sorted(reasons))}")
        return ranked[0]

    def csv(self) -> str:
        """Return all trials as a table, one row each."""
        keys = list(self.settings["space"])
        folds = max((len(trial.scores) for trial in self.trials), default=0)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        head = ["trial", *keys, "budget", "mean", "standard_error"]
        writer.writerow([*head, *(f"fold {i + 1}" for i in range(folds)), "error"])
        for trial in self.trials:
            padded = [*trial.scores, *[""] * (folds - len(trial.scores))]
            values = [trial.values[key] for key in keys]
            error = trial.standard_error if trial.has_error else ""
            numbers = [trial.mean, error] if trial.scores else ["", ""]
            budget = "" if trial.budget is None else trial.budget
            writer.writerow([trial.trial, *values, budget, *numbers, *padded, trial.error])
        return text.getvalue()


def error_of_mean(trial: TrialRecord) -> str:
    """Say what a score is, and its ±; of one training there is none."""
    if len(trial.scores) == 1:
        return "one training"
    if not trial.has_error:
        return f"mean over {len(trial.scores)} trainings on the same images: no standard error"
    corrected = ", corrected for the images that they share" if trial.correlation else ""
    return f"mean ± standard error over {len(trial.scores)} folds{corrected}"


def stuck_in_words(result: SearchResult) -> list[str]:
    """Name the trials that never learned, in a line; empty if all did."""
    stuck = [f"{trial.name} {trial.stuck}" for trial in result.trials if trial.stuck]
    if not stuck:
        return []
    more = f"; and {len(stuck) - SHOWN} more" if len(stuck) > SHOWN else ""
    return [f"scores that are chance: {'; '.join(stuck[:SHOWN])}{more}"]


def short_in_words(result: SearchResult) -> list[str]:
    """Say what a search could not do, a line each; empty if it did all."""
    untested = f"not tested: {result.untested}" if result.untested else ""
    return [*filter(None, [result.short, untested])]


def verdict_in_words(result: SearchResult) -> list[str]:
    """Return what the best setting reached on test images, a line each; empty if not tested."""
    against = result.against
    if against is None:
        return []
    instances = len(result.classes)
    seeds = len(result.retrained) // instances
    tuned, untuned = (summary(values) for values in (result.retrained, result.untuned))
    figures = [
        f"{100 * one.mean:.1f}" + (f" ± {100 * one.std:.1f}" if one.std is not None else "")
        for one in (tuned, untuned)
    ]
    never = "the {} setting never learned in {} of " + f"{len(result.retrained)} trainings"
    judged = verdict(against)
    if result.untuned_never:
        stuck = never.format("untuned", result.untuned_never)
        judged = f"{points(against.mean)} points: no claim, for {stuck}"
    lines = [
        f"tested, {seeds} seed{'s' * (seeds > 1)} x {instances} instance{'s' * (instances > 1)}: "
        f"tuned {figures[0]} %, untuned {figures[1]} %",
        f"tuned against untuned: {judged}",
    ]
    if result.retrained_never:
        lines.append(never.format("best", result.retrained_never))
    if result.seen:
        lines.append(
            "Instances share images, so that test images of some helped to choose it: what "
            "was tested flatters it. One instance alone would not (--instances 1)."
        )
    return lines


def read_trials(folder: Path) -> list[TrialRecord]:
    """Return the trials of a search that are done, in order."""
    paths = sorted((folder / TRIALS).glob("*.json"))
    return [TrialRecord.model_validate(read_json(path)) for path in paths]
