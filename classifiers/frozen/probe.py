"""A classifier from a linear probe: the frozen backbone's features and one layer fitted to them."""

import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from classifiers.config import TrainConfig
from classifiers.errors import InputError, unknown_name
from classifiers.frozen.features import FeatureExtractor
from classifiers.frozen.linear import Probe, RidgeProbes, logistic_probe
from classifiers.inference.views import views
from classifiers.models.backbones.catalogue import backbone
from classifiers.models.backbones.first_layer import FirstKernel
from classifiers.training.callbacks import Labelled
from classifiers.training.trainer import FitResult, check_labels


class Options(BaseModel):
    """What a probe reads of `TrainConfig.model_params`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    size: int | None = Field(None, ge=1)
    """Side in pixels to which images are resized; None: that of the backbone's training."""
    weights: str = "imagenet"
    """`imagenet`, or the path of a weights file."""
    deep: bool = False
    mirror: bool = False
    first_kernel: FirstKernel | None = None


def fit_probe(
    images: NDArray[np.uint8],
    labels: NDArray[np.integer[Any]],
    config: TrainConfig,
    *,
    classes: int,
    test: Labelled | None = None,
    cache: Path | None = None,
    groups: NDArray[np.integer[Any]] | None = None,
) -> FitResult:
    """Fit the probe that ``config.probe`` names, and put it behind its backbone.

    Parameters
    ----------
    images, labels
        Training images, uint8 [N, H, W, C], C 1 or 3, and their classes, int [N].
    config
        Settings: `model`, `model_params`, `probe`, `probe_l2` and `tta` are read.
    classes
        Number of classes.
    test
        Images, uint8, and labels; they influence nothing.
    cache
        Folder that keeps features between runs.
    groups
        Integers [N]: images of one number, such as copies, are left out at once where some choose
        the penalty and the temperature. None: each stands for itself.

    Returns
    -------
    FitResult
        No curves and no steps: there is no training. The model is a whole classifier.

    Raises
    ------
    InputError
        For settings that a probe cannot have, and for data that do not fit.
    """
    start = time.perf_counter()
    extract = probe_features(config, cache)
    features = extract(images)
    if config.probe == "ridge":
        probe = RidgeProbes(features, labels, classes, groups).fit(config.probe_l2)
    else:
        probe = logistic_probe(features, labels, classes, l2=config.probe_l2, groups=groups)
    model = probe.to_model(extract, images.shape[1:])
    check_labels(model, test, "test")
    return FitResult(
        model=model,
        history={},
        accuracy_at={},
        test_probabilities=None if test is None else _tested(probe, extract, test[0], config),
        steps=0,
        seconds=time.perf_counter() - start,
    )


def _tested(
    probe: Probe, extract: FeatureExtractor, images: NDArray[np.uint8], config: TrainConfig
) -> NDArray[np.float32]:
    shown = views(images, config.tta)
    total = sum(weight * probe.predict_proba(extract(view)) for weight, view in shown)
    return np.asarray(total, np.float32)


def probe_features(config: TrainConfig, cache: Path | None) -> FeatureExtractor:
    """Return what computes the features of a probe's images.

    Raises
    ------
    InputError
        If the model is no backbone, or has parameters that a probe cannot have.
    """
    for given in config.model_params:
        if given not in Options.model_fields:
            raise unknown_name("parameter of a probe", given, Options.model_fields)
    try:
        options = Options.model_validate(config.model_params)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise InputError(
            f"model_params.{first['loc'][0]}={first['input']!r}: {first['msg']}"
        ) from error
    return _kept(config.model, cache, options)


@lru_cache(maxsize=2)
def _kept(name: str, cache: Path | None, options: Options) -> FeatureExtractor:
    """Keep the network and the features for the next probe in this process."""
    chosen = backbone(name)
    size = options.size or chosen.input_size
    if size < chosen.min_size:
        raise InputError(f"size={size}: {chosen.name} takes {chosen.min_size} pixels or more")
    return FeatureExtractor(
        name,
        size,
        weights=options.weights,
        cache=cache,
        deep=options.deep,
        mirror=options.mirror,
        first_kernel=options.first_kernel,
    )
