"""What a reader of figures has to know: which networks of other images had a hand in them."""

from ganaug.config import GanConfig
from pipelines.recipes.rules import RANDOM


def outside_knowledge(config: GanConfig, chosen_by: str = "") -> list[str]:
    """Return a sentence if knowledge from beyond the training images went into generated ones.

    Parameters
    ----------
    config
        What the generator was trained with.
    chosen_by
        Network whose features chose among the samples; empty if none did.

    Examples
    --------
    >>> outside_knowledge(GanConfig(judge="efficientnet_lite0"))
    ['Generated images owe something to ImageNet: efficientnet_lite0 chose the step to keep.']
    >>> outside_knowledge(GanConfig(judge="random"))
    []
    """
    parts = []
    if config.discriminator == "projected":
        parts.append(f"the discriminator looked through {config.backbone}")
    if config.judge not in ("", RANDOM):
        parts.append(f"{config.judge} chose the step to keep")
    if chosen_by not in ("", RANDOM):
        parts.append(f"{chosen_by} chose among the samples")
    return [f"Generated images owe something to ImageNet: {', '.join(parts)}."] if parts else []
