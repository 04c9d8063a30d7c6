"""Mixing: where synthetic images come from, and how they join the real ones.

TensorFlow is imported when the first image comes, so that a recipe is checked without it.
"""

from pipelines.mixing.config import MixConfig
from pipelines.mixing.origins import Synthetic, synthesise
from pipelines.mixing.strategies import TrainingData, mix

__all__ = ["MixConfig", "Synthetic", "TrainingData", "mix", "synthesise"]
