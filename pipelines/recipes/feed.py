"""Settings of the input pipeline."""

from typing import Annotated, Literal

from pydantic import Field

from groundwork.settings import Settings


class InputConfig(Settings):
    """Settings of the input pipeline: they change how fast batches come, never what they hold."""

    workers: Annotated[int, Field(ge=0, le=64)] | Literal["auto"] = 0
    """Batches prepared side by side, each by a thread of its own; 0 prepares each when it is asked
    for, as suits the tasks of a comparison, which have one core each; `auto` lets tf.data find
    out."""
    cache: Literal["memory", "disk"] = "memory"
    """Where the images lie while they are trained on; `disk` is for more than memory holds."""
    on_device: bool = False
    """Augment inside the training step (`pipelines.augment.device.InStep`), not in the pipeline;
    under TensorFlow alone."""
