"""The figures of the table."""

import numpy as np
import pytest

from pipelines.data.overlap import Overlap
from pipelines.errors import InputError
from pipelines.report.cells import FINAL
from pipelines.report.table import results
from pipelines.report.text import text_table
from tests.made_comparison import ARMS, keep_answers, make_comparison


def test_published_figures_stand_in_their_column(plain):
    reference, synthetic, flips = results(plain).arms
    assert [cell.published for cell in reference.cells] == [".66±.02", ".79±.04", None, ".81"]
    assert [cell.published for cell in synthetic.cells][-1] == ".74"
    assert not any(cell.published for cell in flips.cells)


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
    assert table.checkpoints == ["7", "15", "30", FINAL]
    assert table.arms[2].cells[2].accuracy.n == 2
    assert table.arms[2].cells[-1].accuracy.n == 3
    assert table.reference.cells[-1].published == ".81"
    assert "last epoch" in text_table(plain.model_copy(update={"trainings": stopped}))


def test_missing_and_doubled_trainings_are_named(plain):
    without = [run for run in plain.trainings if run.arm != ARMS[1]]
    with pytest.raises(InputError, match=r"arm 'real \+ synthetic' has no training"):
        results(plain.model_copy(update={"trainings": without}))
    doubled = [*plain.trainings, plain.trainings[0]]
    with pytest.raises(InputError, match="arm 'real' has two trainings on instance 0 with"):
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


def test_the_seeds_of_an_arm_count_as_one_measurement(tmp_path):
    twice = make_comparison(tmp_path, pictures=False, seeds=2)
    table = results(twice)
    assert table.seeds == 2
    for arm in table.arms:
        runs = [run for run in twice.trainings if (run.arm, run.instance) == (arm.name, 1)]
        assert arm.final[1] == pytest.approx(np.mean([one.result.scores.accuracy for one in runs]))
        assert arm.cells[0].accuracy.n == 3
    assert table.arms[1].against.n == 3
    assert results(make_comparison(tmp_path, pictures=False)).seeds == 1


def test_a_checkpoint_needs_every_seed_of_an_instance(tmp_path):
    twice = make_comparison(tmp_path, pictures=False, seeds=2)
    run = twice.trainings[0]
    stopped = run.result.model_copy(update={"accuracy_at": {7: 0.6}})
    trainings = [run.model_copy(update={"result": stopped}), *twice.trainings[1:]]
    table = results(twice.model_copy(update={"trainings": trainings}))
    assert table.reference.cells[1].accuracy.n == 2


def test_the_interval_over_images_needs_the_answers(tmp_path):
    comparison = make_comparison(tmp_path, pictures=False)
    keep_answers(comparison, tmp_path)
    assert results(comparison).arms[1].two_way is None
    reference, synthetic, _ = results(comparison, tmp_path).arms
    assert reference.two_way is None
    low, high = synthetic.two_way
    assert low < synthetic.against.mean < high
