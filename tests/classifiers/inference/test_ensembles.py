"""Voting by hand-made cases, weights by a general optimiser."""

from pathlib import Path

import keras
import numpy as np
import pytest
from scipy.optimize import minimize

from classifiers.errors import InputError
from classifiers.inference.ensembles import as_one_model, hard_vote, soft_vote, validation_weights
from classifiers.inference.probabilities import probabilities


def random_members(members: int = 4, images: int = 30, classes: int = 3) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(classes), (members, images))


def test_soft_vote_weighs_members() -> None:
    members = random_members(2)
    np.testing.assert_allclose(soft_vote(members), (members[0] + members[1]) / 2)
    np.testing.assert_allclose(soft_vote(members, [3, 1]), 0.75 * members[0] + 0.25 * members[1])


def test_hard_vote_counts_heads_not_confidence() -> None:
    members = np.array([[[0.51, 0.49]], [[0.51, 0.49]], [[0.01, 0.99]]])
    np.testing.assert_allclose(hard_vote(members), [[2 / 3, 1 / 3]])
    assert soft_vote(members).argmax() == 1


@pytest.mark.parametrize(
    ("one_image", "winner"),
    [
        ([[0.8, 0.1, 0.1], [0.1, 0.7, 0.2], [0.1, 0.3, 0.6]], 0),  # all differ
        ([[0.5, 0.4, 0.1], [0.1, 0.7, 0.2], [0.1, 0.3, 0.6]], 1),
        # Two against two; the surest of all voted for neither.
        ([[0.6, 0.4, 0], [0.6, 0.4, 0], [0.1, 0.9, 0], [0.4, 0.6, 0], [0, 0, 1]], 1),
    ],
)
def test_the_most_confident_model_decides_ties(one_image: list[list[float]], winner: int) -> None:
    votes = hard_vote(np.array(one_image)[:, None, :])
    assert votes.argmax() == winner
    assert (votes == votes.max()).sum() == 1
    assert votes.sum() == pytest.approx(1)


def test_validation_weights_are_the_most_likely_ones() -> None:
    members, labels = random_members(), np.arange(30) % 3
    members[1] = 0.5 * members[1] + 0.5 * np.eye(3)[labels]  # the best member
    right = members[:, np.arange(30), labels]

    def loss(free: np.ndarray) -> float:
        weights = np.exp(free) / np.exp(free).sum()
        return -float(np.log(weights @ right).sum() + np.log(weights).sum())

    free = minimize(loss, np.zeros(4)).x
    weights = validation_weights(members, labels)
    np.testing.assert_allclose(weights, np.exp(free) / np.exp(free).sum(), atol=1e-4)
    assert weights.argmax() == 1


def tiny(seed: int) -> keras.Model:
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((4, 4, 1))
    x = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(inputs))
    return keras.Model(inputs, x, name="same_name")


def test_an_ensemble_is_a_model(tmp_path: Path) -> None:
    models, weights = [tiny(0), tiny(1)], [1.0, 3.0]
    images = np.random.default_rng(0).random((5, 4, 4, 1), np.float32)
    expected = soft_vote(np.stack([probabilities(m, images) for m in models]), weights)
    as_one_model(models, weights).save(tmp_path / "ensemble.keras")
    loaded = keras.saving.load_model(tmp_path / "ensemble.keras", safe_mode=True)
    np.testing.assert_allclose(probabilities(loaded, images), expected, atol=1e-6)
    assert loaded.layers[-1].name == "logits"


def test_what_cannot_be_an_ensemble() -> None:
    with pytest.raises(InputError, match="at least one model"):
        as_one_model([])
    with pytest.raises(InputError, match=r"members of shape \(30, 3\)"):
        soft_vote(random_members()[0])
    with pytest.raises(InputError, match="30 images and 2 labels"):
        validation_weights(random_members(), np.zeros(2, int))


def test_one_model_counts_votes_as_they_are_counted(tmp_path: Path) -> None:
    inputs = keras.Input((1, 1, 12))

    def member(first: int) -> keras.Model:
        flat = keras.layers.Flatten()(inputs)
        return keras.Model(inputs, keras.ops.log(flat[:, first : first + 3]))

    answers = random_members(4, 200)  # ties of two against two, and of four, are among them
    images = answers.transpose(1, 0, 2).reshape(200, 1, 1, 12).astype(np.float32)
    path = tmp_path / "voting.keras"
    as_one_model([member(3 * number) for number in range(4)], hard=True).save(path)
    joined = keras.models.load_model(path)
    found = np.asarray(keras.ops.softmax(joined(images)))
    np.testing.assert_allclose(found, hard_vote(answers), atol=1e-5)
