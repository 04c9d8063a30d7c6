"""At which size each arm sees the pictures: one that suits its model and that the pictures have."""

from classifiers.config import TrainConfig
from pipelines import runtime
from pipelines.data.sources import Source
from pipelines.recipes.recipe import Arm, Recipe

SCRATCH = 64
"""Most pixels a side for a network that starts from nothing, and for generators: four times as
many take four times as long, and a few dozen pictures do not teach what the finer ones hold."""
FEWEST, MOST, STEP = 32, 128, 8
"""What generators take: a multiple of 8 from 32 to 128."""


def arm_sizes(recipe: Recipe, source: Source) -> dict[str, int]:
    """Return the side of the images of every arm, in pixels, by name."""
    return {
        name: _arm_size(arm, recipe, source.side) for name, arm in recipe.resolved_arms().items()
    }


def generator_size(recipe: Recipe, source: Source) -> int:
    """Return the side of the images that generators are trained on, in pixels."""
    if recipe.data.size:
        return recipe.data.size
    return min(max(min(source.side, SCRATCH) // STEP * STEP, FEWEST), MOST)


def needed_sizes(recipe: Recipe, source: Source) -> list[int]:
    """Return every size that an instance is needed at, ascending."""
    sizes = set(arm_sizes(recipe, source).values())
    if recipe.needs_generators:
        sizes.add(generator_size(recipe, source))
    return sorted(sizes)


def search_size(recipe: Recipe, source: Source, of_generators: bool) -> int:
    """Return the side of the images of every trial of a search: that of its base settings."""
    if of_generators or recipe.generated:
        return generator_size(recipe, source)
    return _arm_size(recipe, recipe, source.side)


def _arm_size(arm: Arm, recipe: Recipe, side: int) -> int:
    if arm.mix.strategy == "dada":  # the classifier is the generators' discriminator
        side = min(side, SCRATCH) // STEP * STEP
        return recipe.data.size or min(max(side, FEWEST), MOST)
    given = arm.size or recipe.data.size
    if given:
        return given
    if side <= SCRATCH:
        return side
    return min(_trained_at(arm.train) or SCRATCH, side)


def _trained_at(config: TrainConfig) -> int | None:
    """Return the size at which a pre-trained network wants its images; None for another one."""
    if isinstance(given := config.model_params.get("size"), int):
        return given  # where the model would bring any other to
    if not (config.probe or config.freezes or config.model_params.get("weights")):
        return None
    runtime.quiet()
    from classifiers.models.registry import model_info  # only now: it loads Keras

    info = model_info(config.model)
    return info.input_size if "weights" in info.parameters else None
