"""How long a row takes at a profile at which it did not run yet, from one at which it did."""

from collections.abc import Sequence

from pipelines.data.choosing import ALL
from pipelines.recipes.data import DRAWN, DRAWN_CLASSES, INSTANCES
from pipelines.recipes.files import Profile
from pipelines.recipes.recipe import Recipe, load_recipe
from pipelines.recipes.search import load_search
from pipelines.studies.measured import Measured
from pipelines.studies.rows import Row, Step


def expected_seconds(row: Row, profile: Profile, known: Sequence[Measured]) -> float | None:
    """Return about how long a row takes, all trainings one after the other on one core.

    What ran is scaled by the images that are trained on. Where it ran at the profile asked for,
    that is what it took.

    Parameters
    ----------
    row
        Of a study.
    profile
        How much of it.
    known
        What was measured of it; a `smoke` run is mostly start-up and tells nothing.

    Returns
    -------
    float or None
        None where too little is known: a step never ran, or has as many images as its source.
    """
    total = 0.0
    for step in row.steps:
        own = {one.profile: one for one in known if one.run == step.run}
        own = {name: one for name, one in own.items() if name in (profile, "paper", "quick")}
        if not own:
            return None
        if profile in own:
            total += own[profile].seconds
            continue
        found = next(iter(own.values()))
        wanted, then = images(step, profile), images(step, found.profile)
        if wanted is None or not then:
            return None
        total += found.seconds * wanted / then
    return total


def images(step: Step, profile: Profile) -> float | None:
    """Return how many images a step trains on, epoch by epoch, weighted by their pixels.

    None where that depends on how many images the source has.
    """
    if step.verb == "tune":
        search = load_search(step.run, profile=profile)
        one = _of_training(search.recipe, search.recipe.train.epochs, search.recipe.size)
        return None if one is None else one * search.tune.trials * search.tune.trainings
    recipe = load_recipe(step.run, profile=profile)
    if step.verb == "gan":
        return _of_generators(recipe)
    arms = recipe.resolved_arms().values()
    own = [_of_training(recipe, arm.train.epochs, arm.size) for arm in arms]
    known = [one for one in own if one is not None]
    return sum(known) if len(known) == len(own) else None


def _of_training(recipe: Recipe, epochs: int, size: int | None) -> float | None:
    given = _counts(recipe)
    side = size or recipe.data.size or 1
    return None if given is None else given[0] * given[1] * given[2] * epochs * side**2


def _of_generators(recipe: Recipe) -> float | None:
    given = _counts(recipe)
    if given is None:
        return None
    instances, classes, _ = given
    each = classes if recipe.gan.scope == "class" else 1
    return instances * each * recipe.gan.steps * recipe.gan.batch * recipe.gan.width


def _counts(recipe: Recipe) -> tuple[int, int, int] | None:
    """Return instances, classes and training images of each class of a recipe's draws."""
    data = recipe.data
    if data.protocol not in ("draws", "auto"):
        return None
    per_class = DRAWN if data.per_class is None else data.per_class
    chosen = data.classes or DRAWN_CLASSES
    if not isinstance(per_class, int) or chosen == ALL:
        return None
    classes = int(chosen) if chosen.isdigit() else len(chosen.split(","))
    return (data.instances or INSTANCES) * recipe.seeds, classes, per_class
