"""Votes across the arms of a recipe, from answers that were kept."""

from types import SimpleNamespace

import numpy as np
import pytest

from classifiers.inference.ensembles import hard_vote, soft_vote
from groundwork.files import read_json, write_json
from pipelines.comparison.ensemble import vote_across
from pipelines.errors import InputError
from pipelines.recipes.recipe import load_recipe
from pipelines.tasks.executor import Failed
from pipelines.tasks.predictions import read_predictions
from pipelines.workspace import CONFIG, RESULT
from tests.made_comparison import ARMS, keep_answers, make_comparison

SIZES = dict.fromkeys(ARMS, 8)


class Here:
    """Runs tasks in this process."""

    def __init__(self, outputs):
        self.outputs = outputs

    def attempt(self, tasks, title):
        return [self._done(task) for task in tasks]

    def _done(self, task):
        try:
            task.run(self.outputs, task.folder(), lambda done, total: None)
        except InputError as error:
            return Failed(task, str(error))
        return task.result(self.outputs)


def voting(**ensembles):
    return load_recipe(None, {"arms": {arm: {} for arm in ARMS}, "ensembles": ensembles})


@pytest.fixture
def made(tmp_path):
    """Return what it takes to vote: arms that were trained on three instances, answers kept."""

    def make(tested="own", seeds=1):
        comparison = make_comparison(tmp_path, pictures=False, seeds=seeds)
        keep_answers(comparison, tmp_path, tested=tested, images=True)
        for run in comparison.trainings:
            folder = tmp_path / run.folder
            write_json(folder / RESULT, run.result.model_dump(mode="json"))
            arm = {"train": {"patience": 0, "tta": "none"}}
            write_json(folder / CONFIG, {"instance": f"instance/made-{run.instance}", "arm": arm})
        drawn = [
            SimpleNamespace(
                at={8: SimpleNamespace(folder=f"instance/made-{index}")},
                record=SimpleNamespace(seed=index),
            )
            for index in range(3)
        ]
        return drawn, comparison.trainings

    return make


def answers(outputs, runs):
    return np.stack([read_predictions(outputs / run.folder).probabilities for run in runs])


def test_a_vote_stands_for_an_arm_on_every_instance_and_seed(made, tmp_path):
    drawn, trainings = made(seeds=2)
    recipe = voting(soft={"arms": ARMS}, hard={"arms": ARMS, "vote": "hard"})
    voted, failed = vote_across(recipe, SIZES, drawn, trainings, Here(tmp_path))
    assert not failed
    places = [(run.arm, run.instance, run.seed) for run in voted]
    assert places == [
        (arm, i, seed) for arm in ("soft", "hard") for i in range(3) for seed in (0, 1)
    ]
    for run, how in ((voted[3], soft_vote), (voted[9], hard_vote)):
        own = [one for one in trainings if (one.instance, one.seed) == (run.instance, run.seed)]
        (found,) = answers(tmp_path, [run])
        np.testing.assert_allclose(found, how(answers(tmp_path, own)), atol=1e-6)
        assert run.result.members == {one.arm: one.result.scores.accuracy for one in own}
        assert run.result.notes[1:] == [
            "It is kept as no classifier: those of its members were not kept."
        ]
        assert read_json(tmp_path / run.folder / CONFIG)["instance"].startswith("instance/made")


def test_weights_come_from_images_that_are_not_tested_there(made, tmp_path):
    drawn, trainings = made()
    recipe = voting(w={"arms": ARMS[1:], "vote": "weighted"})
    voted, _ = vote_across(recipe, SIZES, drawn, trainings, Here(tmp_path))
    first = [run for run in trainings if run.instance == 0][1:]
    weights = []
    for run in first:
        others = [one for one in trainings if one.arm == run.arm and one.instance]
        right = [read_predictions(tmp_path / one.folder).right for one in others]
        weights.append(np.concatenate(right).mean())
    assert weights[0] != weights[1]
    (found,) = answers(tmp_path, voted[:1])
    np.testing.assert_allclose(found, soft_vote(answers(tmp_path, first), weights), atol=1e-6)
    assert voted[0].result.notes[0].endswith("by their accuracy on test images of other instances.")


def test_validation_images_weigh_before_others_and_without_either_there_is_no_vote(made, tmp_path):
    drawn, trainings = made(tested="same")
    recipe = voting(w={"arms": ARMS[:2], "vote": "weighted"})
    voted, failed = vote_across(recipe, SIZES, drawn, trainings, Here(tmp_path))
    assert not voted
    assert len(failed) == 3
    assert "set train.validation, or vote = 'soft'" in failed[0].reason
    for run in trainings:
        history = {
            "val_accuracy": [0.9, 0.2 if run.arm == ARMS[0] else 0.6, 1.0],
            "val_loss": [0, 1, 2],
        }
        result = run.result.model_copy(update={"history": history, "kept_epoch": 2})
        write_json(tmp_path / run.folder / RESULT, result.model_dump(mode="json"))
    voted, failed = vote_across(recipe, SIZES, drawn, trainings, Here(tmp_path))
    assert not failed
    (found,) = answers(tmp_path, voted[:1])
    first = answers(tmp_path, [run for run in trainings if run.instance == 0][:2])
    np.testing.assert_allclose(found, soft_vote(first, [1, 3]), atol=1e-6)


def test_where_a_member_failed_nobody_votes(made, tmp_path):
    drawn, trainings = made()
    kept = [run for run in trainings if (run.arm, run.instance) != (ARMS[1], 2)]
    voted, failed = vote_across(voting(v={"arms": ARMS}), SIZES, drawn, kept, Here(tmp_path))
    assert [run.instance for run in voted] == [0, 1]
    assert not failed


@pytest.mark.parametrize(
    ("ensemble", "message"),
    [
        ({"arms": ["real", "rael"]}, "unknown arm of the ensemble 'v' 'rael'; did you mean real?"),
        ({"arms": ["real", "real"]}, "ensembles.v: an arm is named twice; each votes once"),
        ({"arms": ["real"]}, "ensembles.v.arms"),
        ({"arms": ARMS, "vote": "loud"}, "'soft', 'hard' or 'weighted', received 'loud'"),
    ],
)
def test_wrong_ensembles_are_one_line(ensemble, message):
    with pytest.raises(InputError) as caught:
        voting(v=ensemble)
    assert message in str(caught.value)
    with pytest.raises(InputError, match="there is an arm 'real'; give another name"):
        voting(real={"arms": ARMS})
