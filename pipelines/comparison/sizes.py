"""At which size each arm sees the pictures: one that suits its model and that the pictures have."""

from classifiers.config import TrainConfig
from pipelines import runtime
from pipelines.data.sources import Source
from pipelines.errors import InputError
from pipelines.recipes.recipe import Arm, Recipe

SCRATCH = 64
"""Most pixels a side for a network that starts from nothing: a few dozen pictures do not teach what
finer ones hold."""
GENERATED = 32
"""The same where generators are trained, whose time grows with the area: twice the side takes four
times as long. Networks from scratch then see the real pictures at this size in every arm, so that
arms differ in what joins them and not in how sharp they are."""


def arm_sizes(recipe: Recipe, source: Source) -> dict[str, int]:
    """Return the side of the images of every arm, in pixels, by name.

    Raises
    ------
    InputError
        If an arm asks for a size that it cannot have.
    """
    arms = recipe.resolved_arms()
    scratch = GENERATED if recipe.needs_generators else SCRATCH
    for name, arm in arms.items():
        if arm.mix.strategy == "dada" and arm.size not in (None, generator_size(recipe)):
            raise InputError(
                f"arm {name!r}: size {arm.size} with mix.strategy 'dada', whose classifier is the "
                f"generators' discriminator and sees their {generator_size(recipe)} pixels; set "
                "data.size"
            )
    return {name: _arm_size(arm, recipe, source.side, scratch) for name, arm in arms.items()}


def generator_size(recipe: Recipe) -> int:
    """Return the side of the images that generators are trained on, in pixels."""
    return recipe.data.size or GENERATED


def needed_sizes(recipe: Recipe, source: Source) -> list[int]:
    """Return every size that an instance is needed at, ascending."""
    sizes = set(arm_sizes(recipe, source).values())
    if recipe.needs_generators:
        sizes.add(generator_size(recipe))
    return sorted(sizes)


def search_size(recipe: Recipe, source: Source, of_generators: bool) -> int:
    """Return the side of the images of every trial of a search: that of its base settings.

    The recipe's own arms, which may want generators, are not those that a search trains.
    """
    if of_generators or recipe.generated:
        return generator_size(recipe)
    return _arm_size(recipe, recipe, source.side, SCRATCH)


def _arm_size(arm: Arm, recipe: Recipe, side: int, scratch: int) -> int:
    if arm.mix.strategy == "dada":  # the classifier is the generators' discriminator
        return generator_size(recipe)
    given = arm.size or recipe.data.size
    if given:
        return given
    if side <= scratch:
        return side
    return min(_trained_at(arm.train) or scratch, side)


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
