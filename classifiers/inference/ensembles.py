"""Ensembles: voting, and weighting by validation.

Members are joined by their probabilities, an array [M, N, K] of M members, N images, K classes.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from classifiers.errors import InputError
from classifiers.inference.views import as_logits, without_views

Floats = NDArray[np.floating[Any]]

_MEMBER = "member_"


def soft_vote(members: Floats, weights: Sequence[float] | Floats | None = None) -> Floats:
    """Average the members' probabilities, [N, K]; `weights` [M] need not add up to 1."""
    return np.asarray(np.average(_checked(members), axis=0, weights=weights))


def hard_vote(members: Floats) -> Floats:
    """Count the members' votes; the most confident model decides a tie.

    Study A: "in the event of a tie, the deciding vote would go to the model with the highest
    confidence". Only models that voted for one of the tied classes are asked.

    Returns
    -------
    array [N, K]
        Fraction of the votes of each class. In a tie the deciding vote counts one and a half, so
        that the highest fraction is the ensemble's answer.
    """
    members = _checked(members)
    choices, confidence = members.argmax(axis=2), members.max(axis=2)  # [M, N]
    votes = np.eye(members.shape[2])[choices]  # [M, N, K]
    total = votes.sum(axis=0)
    leads = total == total.max(axis=1, keepdims=True)
    tied = leads.sum(axis=1) > 1
    for_leader = np.take_along_axis(leads, choices.T, axis=1).T  # [M, N]
    decider = np.where(for_leader, confidence, -1).argmax(axis=0)
    images = np.arange(members.shape[1])
    total = total + np.where(tied, 0.5, 0)[:, None] * votes[decider, images]
    return np.asarray(total / total.sum(axis=1, keepdims=True))


def validation_weights(members: Floats, labels: NDArray[Any]) -> Floats:
    """Return the weights [M] of `soft_vote` under which validation labels are most likely.

    The likelihood of a mixture is concave in its weights; expectation-maximisation climbs it. Each
    member is given one image's worth of trust beforehand (a Dirichlet prior), because on a few
    dozen images the most likely weights are often one member alone.

    Parameters
    ----------
    members
        Probabilities of images that no member was trained on, [M, N, K].
    labels
        Their classes, int [N].
    """
    members = _checked(members)
    if len(labels) != members.shape[1]:
        raise InputError(f"{members.shape[1]} images and {len(labels)} labels: give one an image")
    right = np.maximum(members[:, np.arange(len(labels)), labels], 1e-12)  # [M, N]
    weights = np.full(len(members), 1 / len(members))
    for _ in range(1000):
        fractions = weights[:, None] * right
        trust = (fractions / fractions.sum(axis=0)).sum(axis=1) + 1
        before, weights = weights, trust / trust.sum()
        if np.abs(weights - before).max() < 1e-9:
            break
    return weights


def as_one_model(
    models: Sequence[keras.Model],
    weights: Sequence[float] | Floats | None = None,
    *,
    hard: bool = False,
) -> keras.Model:
    """Join models into one classifier that votes, with log-probabilities as its logits.

    It is predicted, saved, exported and explained as any other model. It votes as `soft_vote` does
    with ``weights``, or, if ``hard``, as `hard_vote`.
    """
    if not models or len({model.input_shape for model in models}) > 1:
        raise InputError(
            f"{len(models)} models of input shapes {[m.input_shape for m in models]}: an ensemble "
            "needs at least one model, all of the same input"
        )
    inputs = keras.Input(models[0].input_shape[1:], name="image")
    answers = []
    for number, model in enumerate(models):
        member = keras.Model(model.inputs[0], model.outputs[0], name=f"{_MEMBER}{number}")
        answers.append(ops.softmax(member(inputs)))
    voted = _counted(answers) if hard else _averaged(answers, weights)
    return keras.Model(inputs, as_logits(voted), name="ensemble")


def _averaged(answers: Sequence[Any], weights: Sequence[float] | Floats | None) -> Any:
    """`soft_vote` of symbolic answers, a tensor [N, K] of each member."""
    fractions = np.ones(len(answers)) if weights is None else np.asarray(weights, float)
    fractions = fractions / fractions.sum()
    mean: Any = 0.0
    for answer, fraction in zip(answers, fractions, strict=True):
        mean = mean + float(fraction) * answer
    return mean


def _counted(answers: Sequence[Any]) -> Any:
    """`hard_vote` of symbolic answers, a tensor [N, K] of each member."""
    members = ops.cast(ops.stack(answers), "float32")  # [M, N, K]
    votes = ops.one_hot(ops.argmax(members, axis=2), members.shape[2])
    total = ops.sum(votes, axis=0)  # [N, K]
    leads = ops.cast(ops.equal(total, ops.max(total, axis=1, keepdims=True)), "float32")
    tied = ops.cast(ops.greater(ops.sum(leads, axis=1, keepdims=True), 1.5), "float32")
    for_leader = ops.sum(votes * ops.expand_dims(leads, 0), axis=2)  # [M, N]
    decider = ops.argmax(for_leader * (1 + ops.max(members, axis=2)), axis=0)
    chosen = ops.transpose(ops.one_hot(decider, len(answers)))  # [M, N]
    deciding = ops.sum(votes * ops.expand_dims(chosen, 2), axis=0)
    total = total + 0.5 * tied * deciding
    return total / ops.sum(total, axis=1, keepdims=True)


def members_of(model: keras.Model) -> list[keras.Model]:
    """Return the models that `as_one_model` joined, each as it sees one view of an image.

    None if it made no such model.
    """
    return [
        without_views(layer)
        for layer in model.layers
        if isinstance(layer, keras.Model) and layer.name.startswith(_MEMBER)
    ]


def _checked(members: Floats) -> Floats:
    members = np.asarray(members)
    if members.ndim != 3 or not len(members):
        raise InputError(
            f"members of shape {members.shape}: give probabilities of at least one member, "
            "[members, images, classes]"
        )
    return members
