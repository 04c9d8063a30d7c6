"""Trainings that never started are said, and are no reference for a claim."""

import pytest

from classifiers.training.starts import Start
from pipelines.report.advice import advise
from pipelines.report.page import render
from pipelines.report.table import results
from pipelines.report.text import text_table
from pipelines.report.words import headline, judged
from pipelines.tasks.learning import never_learned
from tests.made_comparison import keep_answers, make_comparison

WARNING = "Warning: “real” never learned in 1 of 3 trainings"


def stuck(result, *, loss=0.693, answers=None):
    """Return a result whose classifier answers one class."""
    counts = answers or [[200, 0], [200, 0]]
    scores = result.scores.model_copy(update={"accuracy": 0.5, "confusion": counts})
    history = result.history | {"loss": [0.70, loss]}
    return result.model_copy(update={"scores": scores, "history": history})


@pytest.fixture
def comparison():
    """The reference never learned on the first of three instances."""
    made = make_comparison(None, instances=3, pictures=False)
    runs = [
        run.model_copy(update={"result": stuck(run.result)})
        if run.arm == "real" and run.instance == 0
        else run
        for run in made.trainings
    ]
    return made.model_copy(update={"trainings": runs})


def test_what_counts_as_never_learned():
    result = make_comparison(None, instances=1, pictures=False).trainings[0].result
    assert not never_learned(result)
    assert never_learned(stuck(result))
    assert never_learned(stuck(result, answers=[[198, 2], [199, 1]]))
    assert not never_learned(stuck(result, loss=0.3))  # it learned, and then tests badly
    assert not never_learned(stuck(result, answers=[[150, 50], [100, 100]]))
    assert not never_learned(stuck(result).model_copy(update={"history": {}}))  # a probe
    # Of 90 to 10, knowing the frequencies alone gives a loss of 0.325.
    assert never_learned(stuck(result, loss=0.33, answers=[[360, 0], [40, 0]]))
    assert not never_learned(stuck(result, loss=0.2, answers=[[360, 0], [40, 0]]))


def test_no_claim_is_made_against_a_reference_that_never_learned(comparison):
    table = results(comparison)
    assert (table.reference.failed, table.reference.trained) == (1, 3)
    assert headline(table).startswith("No claim is made: “real”, which the others are compared")
    for arm in table.arms[1:]:
        assert "no claim, for “real” never learned in 1 of 3 trainings" in judged(arm)
        assert "better" not in judged(arm)
    assert WARNING in " ".join(text_table(comparison).split())


@pytest.mark.slow
def test_the_page_warns_as_well(comparison, tmp_path):
    assert WARNING in " ".join(render(comparison, tmp_path).split())


def started(result, **start):
    return result.model_copy(update={"start": Start(**start)})


def test_the_training_itself_says_whether_it_learned():
    result = make_comparison(None, instances=1, pictures=False).trainings[0].result
    assert result.start is None, "as in results of older versions"
    assert never_learned(started(result, failed=1, attempts=4))
    assert not never_learned(started(stuck(result)))
    assert not never_learned(started(stuck(result), classifiers=3, failed=2)), "one votes"


def test_what_helped_is_counted_and_what_did_not_is_named():
    made = make_comparison(None, instances=4, pictures=False)
    words = ("standardised inputs", "standardised inputs", "another seed")
    own = [{"attempts": 2, "helped": {what: 1}} for what in words]
    starts = {"real": [*own, {}], made.arms[1]: [{}, {}, {}, {"failed": 1, "attempts": 4}]}
    runs = [
        run.model_copy(
            update={"result": started(run.result, **starts.get(run.arm, [{}] * 4)[run.instance])}
        )
        for run in made.trainings
    ]
    text = " ".join(text_table(made.model_copy(update={"trainings": runs})).split())
    assert (
        "Note: “real” did not start at first in 3 of 4 trainings: standardised inputs (2), "
        "another seed (1) helped." in text
    )
    assert f"“{made.arms[1]}” never learned in 1 of 4 trainings, in up to 4 attempts" in text
    assert "No claim" not in text, "the reference learned"


def test_another_arm_that_never_learned_is_named_and_the_rest_compared():
    made = make_comparison(None, instances=3, pictures=False)
    last = made.arms[-1]
    runs = [
        run.model_copy(update={"result": stuck(run.result)}) if run.arm == last else run
        for run in made.trainings
    ]
    table = results(made.model_copy(update={"trainings": runs}))
    assert [arm.failed for arm in table.arms] == [0, 0, 3]
    assert not headline(table).startswith("No claim")


@pytest.mark.parametrize("count", [0, 1])
def test_the_advice_claims_nothing_against_what_never_learned(tmp_path, count):
    """Nor does the table beside it, which says why."""
    made = make_comparison(tmp_path, instances=8, pictures=False, draws=[["cat", "dog"]])
    keep_answers(made, tmp_path)
    runs = []
    for run in made.trainings:
        result = run.result
        if run.arm == "real":
            lower = result.scores.model_copy(update={"accuracy": 0.5 + run.instance / 1000})
            result = result.model_copy(update={"scores": lower})
            result = stuck(result) if run.instance < count else result
        runs.append(run.model_copy(update={"result": result}))
    made = made.model_copy(update={"trainings": runs})
    advice = advise(made, tmp_path)
    assert "real" not in advice.rivals
    assert ("real" in advice.beaten) == ("real" in advice.clearly) == (not count)
    assert ("no claim, for “real” never learned" in advice.above) == bool(count)
