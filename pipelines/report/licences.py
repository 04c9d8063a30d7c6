"""Which weights of other people are in a classifier, or had a hand in it, and their licences."""

from collections.abc import Iterator

from classifiers.models.backbones.outside import IMAGENET
from pipelines.comparison.results import ComparisonResult
from pipelines.recipes.recipe import Arm, Recipe
from pipelines.recipes.rules import RANDOM, looks_at_features
from pipelines.report.classes import arm_members

NONE = "No weights from outside are in it: all of them come from the images it was trained on."


def outside_weights(comparison: ComparisonResult, arm: str) -> list[str]:
    """Return where the weights come from that an arm has before it is trained, in sentences.

    Of a vote of several, those of all of them.

    Parameters
    ----------
    comparison
        Whose arm it is.
    arm
        Its name.
    """
    recipe = Recipe.model_validate(comparison.recipe)
    arms = recipe.resolved_arms()
    chosen = [arms[name] for name in arm_members(comparison, arm) if name in arms]
    inside = list(dict.fromkeys(words for one in chosen for words in _inside(one)))
    beside = list(dict.fromkeys(words for one in chosen for words in _beside(one, recipe)))
    if beside:
        beside.insert(0, "Not in it, but of influence on the images that it was trained with:")
    return [*(inside or [NONE]), *beside, *[IMAGENET] * bool(inside or beside)]


def _inside(arm: Arm) -> Iterator[str]:
    """Yield what is said of the weights that are in the classifier."""
    from classifiers.models.registry import model_info  # only now: these load Keras
    from classifiers.training.phases import model_params

    begun = model_params(arm.train).get("weights", "imagenet" if arm.train.probe else None)
    if begun == "imagenet":
        yield from (one.words for one in model_info(arm.train.model).outside)
    elif begun is not None:
        yield (
            f"It begins with the weights in `{begun}`; what they were trained on and what licence "
            "they are under is for whoever gave that file to say."
        )


def _beside(arm: Arm, recipe: Recipe) -> Iterator[str]:
    """Yield what is said of networks that generated, chose or labelled images."""
    from classifiers.models.registry import model_info  # only now: it loads Keras

    names = [arm.mix.teacher]
    if arm.generated:
        names += [recipe.gan.judge]
        names += [recipe.gan.backbone] * (recipe.gan.discriminator == "projected")
        names += [arm.mix.choose_by] * looks_at_features(arm.mix.choose)
    for name in dict.fromkeys(names):
        if name and name != RANDOM:
            yield from (one.words for one in model_info(name).outside)
