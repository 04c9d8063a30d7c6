"""Offline augmentation: every image of an expanded data set, computed by its index."""

from pipelines.expand.expansion import Expansion
from pipelines.expand.terms import parse

__all__ = ["Expansion", "parse"]
