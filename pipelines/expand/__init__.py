"""Offline augmentation: every image of an expanded data set, computed by its index."""

from pipelines.expand.expansion import Expansion

__all__ = ["Expansion"]
