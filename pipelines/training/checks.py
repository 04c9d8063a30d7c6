"""Checks of a recipe that need its images or Keras, made before anything long begins."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from classifiers.frozen.probe import probe_features
from classifiers.models.registry import build_model
from classifiers.optim.losses import make_loss
from classifiers.optim.optimizers import check_optimizer
from classifiers.optim.schedules import learning_rates
from classifiers.training.phases import model_params
from pipelines import runtime
from pipelines.augment import parse
from pipelines.augment.device import check_in_step
from pipelines.augment.offline import Expansion
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import Arm, Recipe
from pipelines.synthetic.teacher import teacher_features
from pipelines.training.dada import check_turnable


def check_models(recipe: Recipe, sizes: Mapping[str, int], classes: int) -> None:
    """Build the classifier of every arm once: a wrong name must not wait for the generators.

    Raises
    ------
    InputError
        If a model, a teacher, a schedule or a loss is unknown or has wrong parameters, a model
        cannot be built for these images, or an expansion or augmentation applied to them, or not in
        the training step, a probe cannot train that way, or samples are to be mixed in that have no
        label or no discriminator that could become a classifier.
    """
    runtime.quiet()
    checked = []
    for name, arm in recipe.resolved_arms().items():
        one_each = _blank(sizes[name], classes)
        Expansion(one_each, arm.expand)
        _check_augmentation(arm, one_each)
        if arm.mix.strategy == "dada":
            check_turnable(recipe.gan)
        if arm.generated and recipe.gan.scope == "pooled":
            raise InputError(
                f"arm {name!r} mixes in images of generators with gan.scope='pooled', which have "
                "no label; use gan.scope='class' or 'conditional'"
            )
        if arm.mix.teacher:
            teacher_features(arm.mix.teacher)
        if arm.train.probe:
            _check_probe(name, arm)
            probe_features(arm.train, None)
            continue
        check_training(arm)
        if arm.input.on_device:
            check_in_step()
        model = (arm.train.model, model_params(arm.train), sizes[name])
        if model not in checked:
            build_model(model[0], (*one_each.size, 3), classes, **model[1])
            checked.append(model)


def _blank(size: int, classes: int) -> Images:
    """Return one black image of each class."""
    names = tuple(map(str, range(classes)))
    return Images(np.zeros((classes, size, size, 3), np.uint8), np.arange(classes), names, "blank")


def _check_augmentation(arm: Arm, images: Images) -> None:
    """Augment one batch in every way that the arm will."""
    for text in {arm.augment, arm.mix.copy_augment}:
        floats = images.pixels.astype(np.float32) / 255
        parse(text)(floats, images.one_hot(), seed=0, step=0)


def check_training(arm: Arm) -> None:
    """Make the schedule and the loss of an arm once, and take a step with its optimiser.

    Raises
    ------
    InputError
        If one of their parameters is unknown or wrong.
    """
    learning_rates(arm.train, 1)
    check_optimizer(arm.train)
    make_loss(arm.train.loss, **arm.train.loss_params)


def _check_probe(name: str, arm: Arm) -> None:
    """Refuse what a probe, fitted once to every image as it is, cannot do."""
    wrong: dict[str, Any] = {
        "augment": arm.augment,
        "expand": arm.expand,
        "train.validation": arm.train.validation,
        "train.folds": arm.train.folds,
        "mix.teacher": arm.mix.teacher,
    }
    if arm.mix.strategy not in ("none", "concatenate"):
        wrong["mix.strategy"] = arm.mix.strategy
    for key in ("synthetic_weight", "synthetic_smoothing"):
        if getattr(arm.mix, key) != MixConfig.model_fields[key].default:
            wrong[f"mix.{key}"] = getattr(arm.mix, key)
    copies = arm.mix.strategy != "none" and arm.mix.origin == "copies"
    if copies and parse(arm.mix.copy_augment).mixes_labels:  # its labels are classes
        wrong["mix.copy_augment"] = arm.mix.copy_augment
    for key, value in wrong.items():
        if value:
            raise InputError(
                f"arm {name!r}: {key}={value!r} with train.probe={arm.train.probe!r}: a probe sees "
                "each image once, as it is and of one class (model_params.mirror adds its mirror "
                "image); synthetic images join it by mix.strategy='concatenate'"
            )
