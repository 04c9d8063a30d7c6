"""TensorFlow, imported at its first use: ``from pipelines.augment import lazy as tf``.

A recipe names augmentations and is checked long before anything is computed.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    import tensorflow

    return getattr(tensorflow, name)
