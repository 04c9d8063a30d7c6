"""What the numbers are said to show: headline, verdicts, method, caveats, what could be found."""

from dataclasses import replace

import numpy as np
import pytest

from pipelines.comparison.results import ComparisonResult
from pipelines.data.overlap import Overlap
from pipelines.report.table import results
from pipelines.report.words import (
    caveats,
    guessing,
    headline,
    judged,
    method_in_words,
    outlook,
    over_images,
)
from tests.made_comparison import ARMS, keep_answers, make_comparison

SPREAD = np.array([0.0, 0.03, -0.03, 0.01, -0.02, 0.02, 0.04, -0.01])
NOISE = np.array([0.005, -0.004, 0.006, 0.0, -0.007, 0.003, 0.001, -0.002])
OWN_TEST = Overlap(
    instances=3, train_images=100, test_images=400, train=0.0, test=0.4, pooled=0.3, own_test=True
)


def with_accuracies(
    comparison: ComparisonResult, accuracies: dict[str, list[float]]
) -> ComparisonResult:
    """Give every training of a comparison another final accuracy."""
    trainings = []
    for run in comparison.trainings:
        final = accuracies[run.arm][run.instance]
        at = run.result.accuracy_at | {45: final}
        scores = run.result.scores.model_copy(update={"accuracy": final})
        result = run.result.model_copy(update={"scores": scores, "accuracy_at": at})
        trainings.append(run.model_copy(update={"result": result}))
    return comparison.model_copy(update={"trainings": trainings})


def with_test_images(comparison: ComparisonResult, counts: dict[str, int]) -> ComparisonResult:
    """Give every training test images of unequal classes."""
    trainings = []
    for run in comparison.trainings:
        per_class = [
            run.result.scores.per_class[0].model_copy(update={"name": name, "support": count})
            for name, count in counts.items()
        ]
        scores = run.result.scores.model_copy(update={"per_class": per_class})
        result = run.result.model_copy(update={"scores": scores})
        trainings.append(run.model_copy(update={"result": result}))
    return comparison.model_copy(update={"trainings": trainings})


@pytest.mark.parametrize(
    ("n", "gains", "words"),
    [
        (8, (0.0, 0.0), "Neither alternative can be told apart from “real”."),
        (
            8,
            (0.0, 0.05),
            "“real + flip, shift” is better than “real”; "
            "“real + synthetic” cannot be told apart from “real”.",
        ),
        (8, (-0.05, -0.05), "“real + synthetic” and “real + flip, shift” are worse than “real”."),
        (3, (0.06, 0.06), "are probably better than “real”."),
    ],
)
def test_headline(tmp_path, n, gains, words):
    comparison = make_comparison(tmp_path, instances=n, pictures=False)
    reference = 0.7 + SPREAD[:n]
    table = {"real": list(reference)}
    for arm, gain, noise in zip(ARMS[1:], gains, (NOISE, NOISE[::-1]), strict=True):
        table[arm] = list(reference + gain + noise[:n])
    assert words in headline(results(with_accuracies(comparison, table)))


def test_headline_of_two_arms_is_the_verdict_and_of_one_its_accuracy(tmp_path):
    two = make_comparison(tmp_path, arms=ARMS[:2], pictures=False)
    assert headline(results(two)).startswith("“real + synthetic” against “real”: ")
    one = make_comparison(tmp_path, arms=ARMS[:1], instances=1, pictures=False)
    assert "over 1 instance; no other arm was trained" in headline(results(one))
    alone = make_comparison(tmp_path, arms=ARMS[:1], pictures=False)
    assert caveats(alone, results(alone)) == []
    assert method_in_words(alone, results(alone)) == ""


def test_caveats(tmp_path):
    three = make_comparison(tmp_path, pictures=False)
    few, shared = caveats(three, results(three))
    assert "cannot reach 0.05" in few
    assert "share a class" in shared
    draws = [[f"{i}a", f"{i}b"] for i in range(8)]
    apart = make_comparison(tmp_path, instances=8, draws=draws, pictures=False)
    assert caveats(apart, results(apart)) == []


def test_test_images_in_common_are_a_caveat_only_without_an_interval_over_images(tmp_path):
    comparison = make_comparison(tmp_path, pictures=False)
    comparison = comparison.model_copy(update={"overlap": OWN_TEST})
    words = " ".join(caveats(comparison, results(comparison)))
    assert "share 40 % of their test images: the intervals are somewhat too narrow" in words
    keep_answers(comparison, tmp_path)
    assert "too narrow" not in " ".join(caveats(comparison, results(comparison, tmp_path)))


def test_one_instance_is_judged_by_its_test_images(tmp_path):
    one = make_comparison(tmp_path, instances=1, arms=[ARMS[0], ARMS[2]], pictures=False)
    assert "no spread to judge it by" in judged(results(one).arms[1])
    keep_answers(one, tmp_path)
    table = results(one, tmp_path)
    assert "on the only instance (95 % interval over the test images" in judged(table.arms[1])
    assert judged(table.arms[1]) in headline(table)
    assert method_in_words(one, table).endswith("intervals are a bootstrap over test images.")
    assert judged(table.reference) == ""


def test_the_interval_over_images_is_named_where_it_takes_a_claim_away(tmp_path):
    comparison = make_comparison(tmp_path, instances=8, pictures=False)
    synthetic, flips = results(comparison).arms[1:]
    assert flips.against.low > 0
    assert over_images(flips) == ""
    assert over_images(replace(flips, two_way=(0.01, 0.09))) == ""
    is_open = replace(synthetic, against=replace(synthetic.against, low=-0.001))
    assert over_images(replace(is_open, two_way=(-0.01, 0.09))) == ""
    words = over_images(replace(flips, two_way=(-0.01, 0.09)))
    assert words.endswith("95 % interval is −1.0 to +9.0, which holds 0")


def test_what_could_have_been_found_is_said_where_the_verdict_is_open(tmp_path):
    comparison = make_comparison(tmp_path, instances=8, pictures=False)
    reference = 0.7 + SPREAD
    accuracies = {
        "real": list(reference),
        ARMS[1]: list(reference + NOISE),
        ARMS[2]: list(reference + 0.05 + NOISE),
    }
    table = results(with_accuracies(comparison, accuracies))
    assert outlook(table.arms[1]).startswith("8 of 10 times a difference of 0.")
    assert outlook(table.arms[2]) == ""
    assert outlook(table.reference) == ""


def test_the_method_is_said(plain):
    shared = Overlap(
        instances=3,
        train_images=40,
        test_images=20,
        train=0.67,
        test=0.33,
        pooled=1.0,
        own_test=False,
    )
    same = OWN_TEST.model_copy(update={"train": 1.0, "test": 1.0})
    few = shared.model_copy(update={"train": 0.01, "test": 0.01, "pooled": 0.01})
    for overlap, words in (
        (None, "what they share was not written down"),
        (shared, "Nadeau and Bengio 2003), because two instances share 67 % of their training"),
        (same, "no test over instances, because all of them have the same training images"),
        (few, "paired t test and sign-flip test, because two instances share few images"),
        (OWN_TEST, "paired t test and sign-flip test, because two instances share no training"),
    ):
        comparison = plain.model_copy(update={"overlap": overlap})
        said = method_in_words(comparison, results(comparison))
        assert words in said
        assert ("2 comparisons (Holm)" in said) == (overlap is not same)


def test_always_guessing_is_named_where_classes_are_unequal(tmp_path, plain):
    assert guessing(results(plain)) == []
    draws = [["good", "bad"]]
    comparison = make_comparison(tmp_path, instances=8, draws=draws, pictures=False)
    comparison = with_test_images(comparison, {"good": 400, "bad": 56})
    right = 400 / 456
    accuracies = {
        "real": list(right - 0.02 + NOISE),
        ARMS[1]: list(right + 0.001 + NOISE),
        ARMS[2]: list(right + 0.05 + NOISE),
    }
    said = guessing(results(with_accuracies(comparison, accuracies)))
    assert said == [
        "Classes are unequal (400 test images of “good” and 56 of “bad” an instance): "
        "always guessing “good” would be right on 87.7 %.",
        "Warning: “real” is right on 85.7 %: no better than always guessing.",
        "Warning: “real + synthetic” is right on 87.8 %: not shown to be better than always "
        "guessing.",
    ]


def test_classes_that_differ_from_draw_to_draw_are_not_named(plain):
    scores = plain.trainings[0].result.scores
    per_class = [scores.per_class[0].model_copy(update={"support": 400}), scores.per_class[1]]
    run = plain.trainings[0]
    result = run.result.model_copy(
        update={"scores": scores.model_copy(update={"per_class": per_class})}
    )
    trainings = [run.model_copy(update={"result": result}), *plain.trainings[3:]]
    comparison = plain.model_copy(update={"trainings": trainings, "arms": ["real"]})
    (words,) = guessing(results(comparison))[:1]
    assert words.startswith("Classes are unequal in some instances: always guessing the largest")
