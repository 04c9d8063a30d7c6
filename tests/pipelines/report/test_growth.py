"""What the advice and the page say of more images."""

import math
from dataclasses import replace

import pytest

from pipelines.data.overlap import Overlap
from pipelines.report.advice import advise
from pipelines.report.growth import doubling_in_words, growth
from pipelines.report.growth_curves import learning_curves
from pipelines.report.page import render
from pipelines.report.table import results
from pipelines.report.worth import generated_in_words, worth_in_words
from pipelines.statistics.learning_curve import Worth
from pipelines.statistics.paired import paired
from tests.made_comparison import keep_answers, make_comparison, with_parts
from tests.pipelines.report.html import Page

FLIPS = "real + flip, shift"
ARMS = ["real", FLIPS, "real + synthetic", "real + copies"]


@pytest.fixture(scope="module")
def plain():
    return make_comparison(None, instances=5, arms=ARMS, pictures=False)


@pytest.fixture(scope="module")
def made(plain):
    return with_parts(plain, ["real", FLIPS])


def test_curves_are_of_the_arms_that_were_trained_on_parts(made, plain):
    curves = learning_curves(made, results(made))
    assert list(curves) == ["real", FLIPS]
    for curve in curves.values():
        assert curve.per_class == (12.5, 25, 50)
        assert curve.errors[0] > curve.errors[1] > curve.errors[2]
        assert curve.doubling.low > 0
    assert learning_curves(plain, results(plain)) == {}


def test_shared_images_widen_the_intervals(made):
    shared = Overlap(
        instances=5,
        train_images=80,
        test_images=20,
        train=0.75,
        test=0.0,
        pooled=1.0,
        own_test=False,
    )
    folds = made.model_copy(update={"overlap": shared})
    alone, wider = (learning_curves(one, results(one))["real"].doubling for one in (made, folds))
    assert wider.value == pytest.approx(alone.value, abs=0.01)  # smoothed over fewer images
    assert wider.high - wider.low > alone.high - alone.low


def test_parts_on_which_nothing_was_learned_are_left_out(made):
    first = made.parts[0]
    half = first.result.scores.model_copy(update={"confusion": [[200, 0], [200, 0]]})
    failed = first.result.model_copy(update={"scores": half, "history": {"loss": [0.69]}})
    parts = [first.model_copy(update={"result": failed}), *made.parts[1:]]
    spoilt = made.model_copy(update={"parts": parts})
    curves = learning_curves(spoilt, results(spoilt))
    assert curves["real"].per_class == (25, 50)
    assert curves[FLIPS].per_class == (12.5, 25, 50)


def test_twice_as_many_is_said_of_the_arm_that_one_would_take(made):
    curves = learning_curves(made, results(made))
    said = doubling_in_words(made, curves, FLIPS)
    assert said.startswith("Twice as many photographs a class would give about +")
    assert said.endswith("if the curve goes on as it did.")
    assert "points with “real” (95 %" in doubling_in_words(made, curves, "real + copies")
    assert doubling_in_words(made, {}, FLIPS) == ""
    flat = made.model_copy(
        update={
            "parts": [
                run.model_copy(update={"result": whole.result})
                for run in made.parts
                for whole in made.trainings
                if (whole.arm, whole.instance) == (run.arm, run.instance)
            ]
        }
    )
    curves = learning_curves(flat, results(flat))
    assert "from 12 to 50 it got no better" in doubling_in_words(flat, curves, FLIPS)


def test_generated_images_are_held_against_their_base_and_their_control(made, plain):
    table = results(made)
    on_top, copies = generated_in_words(made, table, learning_curves(made, table))
    assert on_top.startswith("Generated images on top of “real”: ")
    assert ": no evidence that they help here; worth at most " in on_top
    assert copies.startswith("Changed copies of the real images in their place: ")
    assert "Generated images against copies: " in copies
    without, _ = generated_in_words(plain, table, {})
    assert without.endswith("no evidence that they help here.")
    quick = make_comparison(None, arms=["real", FLIPS], pictures=False)
    assert generated_in_words(quick, results(quick), {}) == []
    alone = make_comparison(None, arms=["real", "real + synthetic"], pictures=False)
    assert len(generated_in_words(alone, results(alone), {})) == 1


@pytest.mark.parametrize(
    ("worth", "said"),
    [
        ((3.4, 1.2, 8.1), "about 3 more photographs a class (95 % interval 1 to 9)"),
        ((30, 12.6, math.inf), "about 30 more photographs a class (95 % interval 12 or more)"),
        ((math.inf, 12.6, math.inf), "12 more photographs a class or more: how many cannot be"),
        ((math.inf, math.inf, math.inf), "worth more than 10 times as many photographs"),
    ],
)
def test_a_gain_is_put_into_photographs_as_far_as_that_is_known(worth, said):
    gain = paired([0.7, 0.7, 0.7], [0.72, 0.725, 0.73])
    assert said in worth_in_words(Worth(*worth, gain), claimed=True)


def test_what_is_no_gain_is_worth_at_most_so_many_photographs():
    gain = paired([0.7, 0.7, 0.7], [0.71, 0.69, 0.71])
    for worth, said in (
        ((3.4, 0, 3.1), "worth at most 4 more photographs a class"),
        ((3.4, 0, math.inf), "how many photographs that is worth cannot be said"),
        ((0, 0, 0), "worth no photographs"),
    ):
        assert worth_in_words(Worth(*worth, gain), claimed=False) == said
        assert worth_in_words(Worth(*worth, gain), claimed=True) == said
    assert worth_in_words(None, claimed=True) == "what that is worth cannot be said"


@pytest.mark.slow
def test_the_page_and_the_advice_say_it(made, plain, tmp_path):
    keep_answers(made, tmp_path)
    made = made.model_copy(update={"handed_over": True, "left": {"slow": "no time"}})
    sentences = advise(made, tmp_path).sentences
    first = [one.split(" ")[0] for one in sentences]
    assert [word for word in first if word in ("Generated", "Changed", "Twice", "“slow”")] == [
        "Generated",
        "Changed",
        "Twice",
        "“slow”",
    ]
    page = Page(render(made, tmp_path))
    (chart,) = [one for one in page.attributes("svg") if "images of a class" in one["aria-label"]]
    assert "real: 60" in chart["aria-label"]
    shown = growth(made, results(made))
    assert [one.arm for one in shown.worths] == ARMS[1:]
    for words in ("More photographs", shown.doubling, *(one.worth for one in shown.worths)):
        assert words in page.text
    assert growth(plain, results(plain)) is None


@pytest.mark.slow
def test_what_is_announced_is_of_more_images_and_comes_from_the_nearest_curve(
    made, plain, tmp_path
):
    keep_answers(made, tmp_path)
    found, without = (advise(one, tmp_path) for one in (made, plain))
    assert without.expected.more is None
    assert without.expected.accuracy == found.expected.tested
    low, high = found.expected.interval
    assert low < found.expected.tested < found.expected.accuracy < high
    assert "by the learning curve more, to 100 of a class, add" in found.estimate
    # Made of generated images, which have no curve of their own: that of what they build on.
    kept = [run for run in made.trainings if run.arm != FLIPS]
    generated = made.model_copy(update={"arms": [ARMS[0], ARMS[2]], "trainings": kept})
    assert advise(generated, tmp_path).expected.more is not None


def test_harm_is_said_and_a_base_that_never_learned_allows_no_claim(plain):
    def shifted(by):
        trainings = []
        for run in plain.trainings:
            scores = run.result.scores
            if run.arm == "real + synthetic":
                scores = scores.model_copy(update={"accuracy": scores.accuracy + by})
            result = run.result.model_copy(update={"scores": scores})
            trainings.append(run.model_copy(update={"result": result}))
        return with_parts(plain.model_copy(update={"trainings": trainings}), ["real"])

    for by, claim in ((-0.2, "they probably do harm here."), (0.15, "they probably help here; ")):
        one = shifted(by)
        table = results(one)
        said, copies = generated_in_words(one, table, learning_curves(one, table))
        assert claim in said
        assert ("copies are probably worth more." in copies) == (by < 0)
        assert ("they are probably worth more than copies." in copies) == (by > 0)
    table = results(plain)
    real = replace(table.reference, failed=2)
    failed = replace(table, arms=[real, *table.arms[1:]])
    (said,) = generated_in_words(plain, failed, {})
    assert said.endswith("no claim, for that never learned in 2 of 5 trainings.")
