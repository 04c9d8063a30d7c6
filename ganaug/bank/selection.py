"""Choose among generated images: small rules on an oversampled pool, each with its acceptance rate.

Latent truncation needs no rule: it belongs to the drawing, as in
``select(lambda n, seed: bank.sample("cat", n, seed, truncation=0.8), 100, rules)``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ganaug.errors import InputError
from ganaug.quality.copying import singled_out
from ganaug.quality.extractors import Extractor, Images
from ganaug.quality.originals import Originals
from groundwork.settings import Result

OVERSAMPLING = 2
"""Images drawn in the first round for each one wanted; later rounds go by the acceptance rate."""
SMALLEST_POOL, LARGEST_POOL = 64, 4096
"""Images a round: enough for a best fraction to mean something, few enough for memory."""

Draw = Callable[[int, int], Images]
"""Draws ``n`` images from a seed: ``draw(n, seed)``."""
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """Says which images to keep.

    Attributes
    ----------
    name
        Stands beside the acceptance rate.
    accepts
        Takes uint8 ``[N, H, W, 3]``, returns a boolean for each image.
    """

    name: str
    accepts: Callable[[Images], Mask]


def by_score(score: Callable[[Images], NDArray[np.floating]], keep: float) -> Rule:
    """Keep the best fraction of every pool by a score, for instance the discriminator's.

    Parameters
    ----------
    score
        Gives a number for each image; higher is better.
    keep
        Fraction to keep, above 0 and at most 1.
    """
    if not 0 < keep <= 1:
        raise InputError(f"keep={keep}; give the fraction to keep, above 0 and at most 1")

    def accepts(images: Images) -> Mask:
        rank = np.argsort(np.argsort(-np.ravel(score(images)), kind="stable"), kind="stable")
        return rank < max(1, round(keep * len(images)))

    return Rule("score", accepts)


def by_agreement(predict: Callable[[Images], NDArray[np.floating]], label: int) -> Rule:
    """Keep images in which every member of an ensemble finds the intended class most likely.

    Train the members on different folds of the real images only: a judge that saw generated images
    approves of what it saw.

    Parameters
    ----------
    predict
        Gives class probabilities, ``[members, N, K]``.
    label
        The intended class, 0..K-1.
    """

    def accepts(images: Images) -> Mask:
        probabilities = predict(images)
        shape = probabilities.shape
        if len(shape) != 3 or shape[1] != len(images) or not 0 <= label < shape[2]:
            raise InputError(
                f"probabilities of shape {list(shape)} for {len(images)} images and class {label}; "
                "predict must return [members, N, K]"
            )
        agreed: Mask = np.all(probabilities.argmax(axis=2) == label, axis=0)
        return agreed

    return Rule("agreement", accepts)


def by_novelty(train: Originals, extractor: Extractor, threshold: float) -> Rule:
    """Drop copies of training images.

    Parameters
    ----------
    train
        The training images.
    extractor
        The one that `train` was made with.
    threshold
        Distance to the nearest training image over that to any other which an image must keep,
        0..1; chance seldom gives less than `CopyTest.threshold`.
    """
    return Rule(
        "novelty",
        lambda images: singled_out(train.distances(extractor(images))).min(axis=1) >= threshold,
    )


class RuleRate(Result):
    """What one rule did."""

    name: str
    seen: int
    """Images that the rules before it had kept."""
    kept: int

    def __str__(self) -> str:
        return f"{self.name} {self.kept:,} of {self.seen:,} ({self.kept / max(1, self.seen):.1%})"


class SelectionReport(Result):
    """How many images it took to get those asked for."""

    asked: int
    drawn: int
    kept: int
    """Images that passed every rule; those over the number asked for were not used."""
    rounds: int
    rules: list[RuleRate]
    """In the order of their application."""

    @property
    def acceptance(self) -> float:
        """Fraction of the images drawn that passed every rule."""
        return self.kept / self.drawn

    def __str__(self) -> str:
        rules = ", ".join(map(str, self.rules))
        return (
            f"kept {self.kept:,} of {self.drawn:,} images drawn ({self.acceptance:.1%})"
            f"{': ' if rules else ''}{rules}"
        )


def select(
    draw: Draw, n: int, rules: Sequence[Rule], *, seed: int = 0, rounds: int = 8
) -> tuple[Images, SelectionReport]:
    """Draw images until `n` pass every rule.

    Rules apply in order, each to what the ones before it kept: put the cheap ones first.

    Parameters
    ----------
    draw
        Makes images, ``draw(n, seed)``.
    n
        Images wanted.
    rules
        None of them: the first `n` drawn.
    seed
        The same seed gives the same images.
    rounds
        Pools to draw at most.

    Returns
    -------
    tuple
        Exactly `n` images in the order drawn, and the report.

    Raises
    ------
    InputError
        Fewer than `n` passed in all rounds; the message holds the acceptance rate of each rule.
    """
    if n < 1 or rounds < 1:
        raise InputError(f"n={n}, rounds={rounds}; both must be at least 1")
    chosen: list[Images] = []
    counts = np.zeros((len(rules), 2), int)  # seen and kept by each rule
    drawn = kept = finished = 0
    while kept < n and finished < rounds:
        pool = draw(_pool_size(n - kept, drawn, kept), _seed_of(seed, finished))
        chosen.append(_passing(pool, rules, counts))
        drawn, kept, finished = drawn + len(pool), kept + len(chosen[-1]), finished + 1
    rates = [
        RuleRate(name=rule.name, seen=seen, kept=left)
        for rule, (seen, left) in zip(rules, counts.tolist(), strict=True)
    ]
    report = SelectionReport(asked=n, drawn=drawn, kept=kept, rounds=finished, rules=rates)
    if kept < n:
        raise InputError(
            f"selection {report}; {n:,} were asked for: "
            "loosen the strictest rule, ask for fewer or train the generator longer"
        )
    return np.concatenate(chosen)[:n], report


def _passing(pool: Images, rules: Sequence[Rule], counts: NDArray[np.int_]) -> Images:
    """Return the images that pass every rule, and count them rule by rule."""
    for index, rule in enumerate(rules):
        if not len(pool):
            break
        passing = pool[rule.accepts(pool)]
        counts[index] += len(pool), len(passing)
        pool = passing
    return pool


def _pool_size(missing: int, drawn: int, kept: int) -> int:
    """Return how many images to draw, by the acceptance rate so far."""
    wanted = missing * OVERSAMPLING if not drawn else missing * (drawn + 1) // (kept + 1)
    return min(max(wanted, SMALLEST_POOL), LARGEST_POOL)


def _seed_of(seed: int, number: int) -> int:
    """Return the seed of a round."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])
