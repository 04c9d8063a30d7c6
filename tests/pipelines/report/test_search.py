import math

import numpy as np
import pytest

from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import Search
from pipelines.recipes.tuning import TuneConfig
from pipelines.report.search import importance, render_search
from pipelines.tuning.results import TrialRecord
from tests.pipelines.searches import result_of


def test_scores_are_named_with_the_network_that_judged():
    assert result_of({0.1: (0.5,)}).score_name == "validation accuracy in %"
    search = Search(
        recipe=load_recipe(),
        tune=TuneConfig(objective="kid"),
        space={"train.learning_rate": [0.1]},
    )
    result = result_of({0.1: (0.5, 0.6)}, settings=search.model_dump(mode="json"))
    assert f"KID to images left out, on {search.judge()}" in render_search(result)


def test_importance_finds_what_the_score_depends_on():
    rng = np.random.default_rng(0)
    trials = [
        TrialRecord(
            trial=str(i),
            values={"rate": float(rate), "name": str(rng.choice(["x", "y"]))},
            scores=(math.log(rate),),
        )
        for i, rate in enumerate(10 ** rng.uniform(-4, -1, 20))
    ]
    found = importance(trials, ["rate", "name"])
    assert list(found) == ["rate", "name"]
    assert found["rate"] > 0.9
    assert sum(found.values()) == pytest.approx(1)
    assert importance(trials[:3], ["rate"]) == {}


def test_only_trials_of_as_many_epochs_are_compared():
    """Of Hyperband's, most are stopped early: their scores are lower for that."""
    search = Search(
        recipe=load_recipe(),
        tune=TuneConfig(tuner="hyperband"),
        space={"train.learning_rate": [0.1, 0.01]},
    )
    rates = [10**-power for power in np.linspace(1, 3, 9)]
    result = result_of({rate: (rate + 0.5,) for rate in rates}, settings=search.model_dump())
    trials = [
        trial.model_copy(update={"budget": 9 if int(trial.trial) < 2 else 3})
        for trial in result.trials
    ]
    page = render_search(result.model_copy(update={"trials": trials}))
    assert "Of the 2 trials that were given as many epochs as the best;" in page
    assert "Too few trials to say." in page
    assert '<th scope="col">epochs</th>' in page
    assert (page.count("<td>9</td><td>1</td>"), page.count("<td>3</td><td>1</td>")) == (2, 7)
    same = render_search(result_of({rate: (rate + 0.5,) for rate in rates}))
    assert "over 9 trials: a hint" in same
    assert "as many" not in same


def test_published_figures_stand_beside_their_trials():
    published = {"train.learning_rate = 0.1": "68.40 ± 10.18", "best": "79.37"}
    search = Search(
        recipe=load_recipe(), space={"train.learning_rate": [0.1, 0.01]}, published=published
    )
    result = result_of({0.1: (0.5, 0.6), 0.01: (0.7, 0.8)}, settings=search.model_dump(mode="json"))
    first, second = result.trials
    assert (result.published(first), result.published(second)) == ("68.40 ± 10.18", "79.37")
    html = render_search(result)
    assert ">published<" in html
    assert "<td>68.40 ± 10.18</td>" in html
    assert ">published<" not in render_search(result_of({0.1: (0.5, 0.6)}))


def test_a_published_figure_of_no_setting_is_refused():
    with pytest.raises(ValueError, match=r"'train\.batch = 3' is no setting of this search"):
        Search(
            recipe=load_recipe(),
            space={"train.learning_rate": [0.1]},
            published={"train.batch = 3": "1"},
        )
