"""Every backbone as a classifier, by its name: see `classifiers.models.backbones.catalogue`."""

from functools import partial

from classifiers.models.backbones.catalogue import Backbone, backbones
from classifiers.models.registry import Builder, register_model
from classifiers.models.transfer import transfer_model


def _builder(backbone: Backbone) -> Builder:
    build = partial(transfer_model, backbone.name)
    build.__name__ = backbone.name  # type: ignore[attr-defined]
    build.__doc__ = (
        f"Build {backbone.name} with a new head: see `classifiers.models.transfer.transfer_model`."
    )
    return build


_SOURCES = {
    "efficientnet_lite": "EfficientNet-Lite",
    "keras_hub": "keras-hub; K3, P13-P15",
    "torchvision": "torchvision; P13-P15, A1, K3",
}

for _backbone in backbones().values():
    register_model(
        family=_backbone.family,
        source=_SOURCES.get(_backbone.family, "keras.applications"),
        input_size=_backbone.input_size,
        min_size=_backbone.min_size,
        outside=_backbone.outside,
    )(_builder(_backbone))
