"""What the table says: figures, headline and caveats."""

import numpy as np
import pytest

from pipelines.comparison.results import ComparisonResult
from pipelines.data.overlap import Overlap
from pipelines.errors import InputError
from pipelines.report.table import FINAL, caveats, headline, results
from pipelines.report.text import text_table
from tests.made_comparison import ARMS, make_comparison


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


def test_published_figures_stand_in_their_column(plain):
    reference, synthetic, flips = results(plain).arms
    assert [cell.published for cell in reference.cells] == [".66±.02", ".79±.04", None, ".81"]
    assert [cell.published for cell in synthetic.cells][-1] == ".74"
    assert not any(cell.published for cell in flips.cells)


SPREAD = np.array([0.0, 0.03, -0.03, 0.01, -0.02, 0.02, 0.04, -0.01])
NOISE = np.array([0.005, -0.004, 0.006, 0.0, -0.007, 0.003, 0.001, -0.002])


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
    assert caveats(results(alone), alone.instances) == []


def test_caveats(tmp_path):
    three = make_comparison(tmp_path, pictures=False)
    few, shared = caveats(results(three), three.instances)
    assert "cannot reach 0.05" in few
    assert "share a class" in shared
    draws = [[f"{i}a", f"{i}b"] for i in range(8)]
    apart = make_comparison(tmp_path, instances=8, draws=draws, pictures=False)
    assert caveats(results(apart), apart.instances) == []


def test_arms_are_paired_on_the_instances_that_both_have(plain):
    trainings = [r for r in plain.trainings if (r.arm, r.instance) != (ARMS[1], 1)]
    table = results(plain.model_copy(update={"trainings": trainings}))
    assert table.arms[1].against.n == 2
    assert table.arms[2].against.n == 3


def test_trainings_that_stop_early_are_compared_at_their_end(plain):
    run = plain.trainings[-1]
    result = run.result.model_copy(update={"accuracy_at": {7: 0.6, 15: 0.7, 21: 0.71}})
    stopped = [*plain.trainings[:-1], run.model_copy(update={"result": result})]
    table = results(plain.model_copy(update={"trainings": stopped}))
    assert table.checkpoints == ["7", "15", "30", "45", FINAL]
    assert table.arms[2].cells[2].accuracy.n == 2
    assert table.arms[2].cells[-1].accuracy.n == 3
    assert table.reference.cells[-1].published == ".81"
    assert "last epoch" in text_table(plain.model_copy(update={"trainings": stopped}))


def test_missing_and_doubled_trainings_are_named(plain):
    without = [run for run in plain.trainings if run.arm != ARMS[1]]
    with pytest.raises(InputError, match=r"arm 'real \+ synthetic' has no training"):
        results(plain.model_copy(update={"trainings": without}))
    doubled = [*plain.trainings, plain.trainings[0]]
    with pytest.raises(InputError, match="arm 'real' has two trainings on instance 0"):
        results(plain.model_copy(update={"trainings": doubled}))


def test_instances_that_share_images_widen_the_interval(plain):
    shares = Overlap(
        instances=3,
        train_images=40,
        test_images=20,
        train=0.67,
        test=0.33,
        pooled=1.0,
        own_test=False,
    )
    alone = results(plain).arms[1].against
    table = results(plain.model_copy(update={"overlap": shares}))
    shared = table.arms[1].against
    assert shared.mean == alone.mean
    # Nadeau and Bengio: 1/3 + 20/40 in place of 1/3
    assert shared.se == pytest.approx(alone.se * np.sqrt((1 / 3 + 0.5) * 3))
    assert shared.p_flip is None
    assert any("corrected resampled t test" in words for words in caveats(table, plain.instances))
