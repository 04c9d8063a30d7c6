"""The types that augmentations share: tensors, and parameters with their ranges."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

Tensor: TypeAlias = Any
"""A `tf.Tensor`, named so that a recipe can be checked without importing TensorFlow."""

Probability = Annotated[float, Field(ge=0, le=1)]
"""Fraction of the images that are changed."""

Pixels = Annotated[int, Field(ge=1, le=256)]
"""A length in pixels."""

Unit = Annotated[float, Field(ge=0, le=1)]
"""A fraction, or a pixel value: 0 is black, 1 is white."""

Degrees = Annotated[float, Field(ge=-360, le=360)]
"""An angle, counter-clockwise."""

Strength = Annotated[float, Field(gt=0, le=1)]
"""How far a factor may leave 1: 0.4 draws it between 0.6 and 1.4."""

Bins = Annotated[int, Field(ge=0, le=30)]
"""One of the 31 magnitudes of RandAugment and TrivialAugment."""

Alpha = Annotated[float, Field(gt=0, le=100)]
"""Both parameters of a Beta distribution: 1 is uniform, small ones favour 0 and 1."""

Sampling = Literal["nearest", "bilinear"]
"""How pixels are read between pixels."""

Level = Annotated[int, Field(ge=0, le=255)]
"""An 8-bit pixel value."""

Turn = Annotated[float, Field(gt=0, le=0.5)]
"""A fraction of the colour circle."""
