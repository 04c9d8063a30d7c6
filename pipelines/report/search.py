"""The page of a search: its trials, what mattered, and the best setting."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter

from pipelines.report import charts
from pipelines.report.imbalance import guessed_in_words
from pipelines.report.templates import environment
from pipelines.tuning.results import (
    SearchResult,
    TrialRecord,
    error_of_mean,
    short_in_words,
    stuck_in_words,
    verdict_in_words,
)

TREES = 200
LEAST_TRIALS = 6
"""Fewer say nothing of what mattered."""


def render_search(result: SearchResult) -> str:
    """Return the page, which needs no other file.

    Raises
    ------
    InputError
        If every trial failed.
    """
    unit = 1.0 if result.minimised else 100.0
    trials = result.ranked()
    # Scores after fewer epochs, or of fewer folds, say what was stopped and not what is worse.
    alike = [trial for trial in trials if trial.budget == trials[0].budget] if trials else []
    keys = list(result.settings["space"])
    return (
        environment()
        .get_template("search.html")
        .render(
            result=result,
            best=result.best,
            trials=trials,
            alike=alike,
            epochs=result.settings["tune"]["tuner"] == "hyperband",
            failed=[trial for trial in result.trials if not trial.scores],
            keys=keys,
            any_published=any(map(result.published, trials)),
            unit=unit,
            digits="%.3f" if result.minimised else "%.1f",
            score=result.score_name,
            importance=importance(alike, keys),
            slices={key: _slice(alike, key, unit) for key in keys},
            parallel=_parallel(alike, keys, unit),
            error_of_mean=error_of_mean,
            stuck=[
                _sentence(words) for words in [*short_in_words(result), *stuck_in_words(result)]
            ],
            tested=[
                _sentence(words) for words in [*verdict_in_words(result), *guessed_in_words(result)]
            ],
        )
    )


def _sentence(words: str) -> str:
    return f"{words[0].upper()}{words[1:].rstrip('.')}."


def importance(trials: Sequence[TrialRecord], keys: Sequence[str]) -> dict[str, float]:
    """Return how much of the scores' variation each hyper-parameter explains, adding up to 1.

    The mean decrease of impurity in a random forest over the trials (Breiman 2001), as in Optuna's
    importances: a hint on few trials, no test.
    """
    from sklearn.ensemble import RandomForestRegressor

    scores = np.array([trial.mean for trial in trials])
    if len(trials) < LEAST_TRIALS or np.ptp(scores) == 0:
        return {}
    positions = np.array([[_position(trials, key, trial) for key in keys] for trial in trials])
    forest = RandomForestRegressor(TREES, random_state=0).fit(positions, scores)
    found = dict(zip(keys, map(float, forest.feature_importances_), strict=True))
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _is_log(values: Sequence[Any]) -> bool:
    """Tell whether numbers span so much that only their logarithms can be looked at."""
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return len(numbers) == len(values) and min(numbers) > 0 and max(numbers) / min(numbers) >= 20


def _position(trials: Sequence[TrialRecord], key: str, trial: TrialRecord) -> float:
    """Return the place of a value on its axis, 0..1."""
    values = [one.values[key] for one in trials]
    value = trial.values[key]
    if isinstance(value, str | bool):
        names = sorted(set(map(str, values)))
        return names.index(str(value)) / max(1, len(names) - 1)
    convert = math.log if _is_log(values) else float
    low, high = convert(min(values)), convert(max(values))
    return (convert(value) - low) / (high - low) if high > low else 0.5


def _shade(trials: Sequence[TrialRecord], trial: TrialRecord) -> tuple[str, float]:
    """Return colour and opacity: the best trial stands out."""
    return (charts.series_color(2), 1.0) if trial is trials[0] else (charts.series_color(1), 0.45)


def _slice(trials: Sequence[TrialRecord], key: str, unit: float) -> Markup:
    """Draw the score against one hyper-parameter."""
    values = [trial.values[key] for trial in trials]

    def draw(axes: Axes) -> None:
        for trial in reversed(trials):
            value = trial.values[key]
            x = str(value) or "none" if isinstance(value, str | bool) else value
            color, alpha = _shade(trials, trial)
            error = unit * trial.standard_error if trial.has_error else None
            axes.errorbar(x, unit * trial.mean, error, fmt="o", color=color, alpha=alpha, ms=5)
        if _is_log(values):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        axes.margins(x=0.1, y=0.1)

    return charts.svg(draw, 190, f"Score of each trial against {key}", f"slice-{key}")


def _parallel(trials: Sequence[TrialRecord], keys: Sequence[str], unit: float) -> Markup:
    """Draw each trial as a line across one axis a hyper-parameter, and the score."""
    scores = [trial.mean for trial in trials]
    low, span = min(scores), max(np.ptp(scores), 1e-12)

    def draw(axes: Axes) -> None:
        for trial in reversed(trials):
            heights = [_position(trials, key, trial) for key in keys]
            color, alpha = _shade(trials, trial)
            axes.plot([*heights, (trial.mean - low) / span], color=color, alpha=alpha)
        for place, key in enumerate(keys):
            values = [trial.values[key] for trial in trials]
            names = sorted(set(map(str, values)), key=len)
            text = isinstance(values[0], str | bool)
            ends = (sorted(names)[0], sorted(names)[-1]) if text else (min(values), max(values))
            _label(axes, place, *(f"{end:.3g}" if not text else end or "none" for end in ends))
        _label(axes, len(keys), f"{unit * low:.3g}", f"{unit * (low + span):.3g}")
        names = [key.rpartition(".")[2] for key in keys]
        axes.set_xticks(range(len(keys) + 1), [*names, "score"], rotation=25, ha="right")
        axes.set_yticks([])
        axes.grid(axis="x")
        axes.margins(x=0.08, y=0.15)

    return charts.svg(draw, 260, "Every trial across all hyper-parameters", "parallel")


def _label(axes: Axes, place: int, low: str, high: str) -> None:
    for height, text, side in ((-0.03, low, "top"), (1.03, high, "bottom")):
        axes.text(place, height, text, ha="center", va=side, fontsize=9)
