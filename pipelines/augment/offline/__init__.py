"""Offline augmentation: every image of an expanded data set, computed by its index."""

from pipelines.augment.offline.expansion import Expansion
from pipelines.augment.offline.terms import parse

__all__ = ["Expansion", "parse"]
