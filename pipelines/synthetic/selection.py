"""Choose among a bank's samples, by rules named in a string such as `agreement|novelty|score(0.5)`.

`score(FRACTION)` keeps that fraction of what the class's own discriminator finds most real.
`agreement` keeps images in which all of five classifiers find the intended class: linear probes on
frozen features, each fitted to four fifths of the real training images and to nothing else.
`novelty` drops what follows one training image more closely than chance does.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from classifiers.frozen.linear import logistic_probe
from classifiers.models.backbones.efficientnet_lite import feature_pyramid
from ganaug.bank.selection import by_agreement, by_novelty, by_score, select
from ganaug.config import GanConfig
from ganaug.quality.copying import find_copies
from ganaug.quality.originals import Originals
from pipelines.data.splits import stratified_folds
from pipelines.errors import InputError
from pipelines.recipes.rules import parse_rules

if TYPE_CHECKING:
    from classifiers.frozen.linear import Probe
    from ganaug.bank.bank import Bank
    from ganaug.bank.selection import Rule, SelectionReport
    from ganaug.quality.assessment import ClassImages
    from ganaug.quality.extractors import Extractor
    from ganaug.quality.originals import Originals

MEMBERS = 5
"""Classifiers that have to agree."""


def choose(
    bank: "Bank",
    real: "ClassImages",
    text: str,
    n: int,
    *,
    seed: int,
    judge: "Extractor",
    truncation: float = 1.0,
    names: Iterable[str] | None = None,
) -> dict[str, tuple[NDArray[np.uint8], "SelectionReport"]]:
    """Return chosen samples of classes of a bank, each with how many it took.

    Parameters
    ----------
    bank
        The generators.
    real
        The images that they were trained on, by class.
    text
        The rules, in the order of their application.
    n
        Images of each class.
    seed, truncation
        As in `Bank.sample`.
    judge
        Whose features `agreement` and `novelty` look at.
    names
        The classes; by default all of ``real``.

    Raises
    ------
    InputError
        A rule is wrong, or too few samples pass.
    """
    chooser = _Chooser(bank, real, judge)
    rules = parse_rules(text)
    return {
        name: select(
            partial(bank.sample, name, truncation=truncation),
            n,
            [chooser.rule(kind, name, fraction) for kind, fraction in rules],
            seed=seed,
        )
        for name in names or real
    }


@dataclass(frozen=True)
class _Chooser:
    """Makes the rules of each class of a bank."""

    bank: "Bank"
    real: "ClassImages"
    judge: "Extractor"

    def rule(self, kind: str, name: str, fraction: float) -> "Rule":
        if kind == "score":
            return by_score(lambda images: self.bank.score(name, images, _backbone), fraction)
        if kind == "agreement":
            return by_agreement(self._votes, list(self.real).index(name))
        return by_novelty(*self._novelty(name))

    def _novelty(self, name: str) -> tuple["Originals", "Extractor", float]:
        """Return what a copy is told by: the originals, and how close chance seldom comes."""
        originals = Originals.of(self.real[name], self.judge)
        some = self.judge(self.bank.sample(name, len(self.real[name]), seed=0))
        return originals, self.judge, find_copies(some, originals)[0].threshold

    def _votes(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return what each member of the ensemble says, ``[members, N, K]``."""
        features = self.judge(images)
        return np.stack([probe.predict_proba(features) for probe in self._ensemble])

    @cached_property
    def _ensemble(self) -> list["Probe"]:
        """Return probes fitted to all folds but one of the real images, each time another one."""
        counts = {name: len(images) for name, images in self.real.items()}
        if len(counts) < 2 or min(counts.values()) < MEMBERS:
            raise InputError(
                f"rule 'agreement' needs two classes of at least {MEMBERS} real images, "
                f"received {counts}"
            )
        labels = np.repeat(np.arange(len(counts)), list(counts.values()))
        features = self.judge(np.concatenate(list(self.real.values())))
        folds = stratified_folds(labels, MEMBERS, 0)
        return [logistic_probe(features[kept], labels[kept], len(counts)) for kept, _ in folds]


def _backbone(config: GanConfig) -> Any:
    return _pyramid(config.backbone, config.backbone_size)


@lru_cache(maxsize=1)
def _pyramid(name: str, size: int) -> Any:
    """Keep the network: every round of every class looks through the same one."""
    return feature_pyramid(name, size)
