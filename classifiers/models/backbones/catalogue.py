"""Networks that turn an image into a feature map: `keras.applications` and EfficientNet-Lite.

Also torchvision's ResNet-18, ResNet-34 and AlexNet, which the studies transfer from, with weights
given by the path of a file; and, with keras-hub installed (`ganaug[hub]`), its ResNet-18.

A backbone knows its own preprocessing, so that all of them take the same float images of 0..1.
"""

import importlib.util
import socket
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import keras
from keras import layers

from classifiers.errors import InputError, first_line, unknown_name
from classifiers.models.backbones import efficientnet_lite, torchvision
from classifiers.models.backbones.outside import OutsideWeights
from groundwork.saved import check_weights

_OFFLINE_AFTER = 15.0
"""Seconds without an answer after which a download of weights counts as impossible."""

_NATIVE_SIZES = {  # of keras.applications; all others take 224 x 224
    "EfficientNetB1": 240,
    "EfficientNetB2": 260,
    "EfficientNetB3": 300,
    "EfficientNetB4": 380,
    "EfficientNetB5": 456,
    "EfficientNetB6": 528,
    "EfficientNetB7": 600,
    "EfficientNetV2B1": 240,
    "EfficientNetV2B2": 260,
    "EfficientNetV2B3": 300,
    "EfficientNetV2S": 384,
    "EfficientNetV2M": 480,
    "EfficientNetV2L": 480,
    "InceptionResNetV2": 299,
    "InceptionV3": 299,
    "NASNetLarge": 331,
    "Xception": 299,
}
_LITE_SIZES = {"efficientnet_lite0": 224, "efficientnet_lite1": 240, "efficientnet_lite01": 224}
"""Of EfficientNet-Lite; lite01 is both networks side by side."""
_MIN_SIZES = {"inception_resnet_v2": 75, "inception_v3": 75, "xception": 71}
_ALEXNET_MIN_SIZE = 223
"""Below it AlexNet's map has less than the 6x6 places that its dense layers see."""
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_CAFFE_MEAN = (123.68, 116.779, 103.939)


def _from_255(x: Any) -> Any:
    """Bring 0..1 to 0..255: the network holds the rest of its preprocessing."""
    return layers.Rescaling(255.0, name="preprocess")(x)


def _symmetric(x: Any) -> Any:
    """Bring 0..1 to -1..1."""
    return layers.Rescaling(2.0, -1.0, name="preprocess")(x)


def _standardised(x: Any) -> Any:
    """Subtract ImageNet's mean colour, divide by its deviation."""
    offset = [-mean / std for mean, std in zip(_MEAN, _STD, strict=True)]
    return layers.Rescaling([1 / std for std in _STD], offset, name="preprocess")(x)


def _caffe(x: Any) -> Any:
    """Bring 0..1 to 0..255, subtract ImageNet's mean colour, put blue first."""
    x = layers.Rescaling(255.0, [-mean for mean in _CAFFE_MEAN], name="preprocess")(x)
    return keras.ops.flip(x, axis=-1)


_PREPROCESS = {  # by module of keras.applications
    "convnext": _from_255,
    "densenet": _standardised,
    "efficientnet": _from_255,
    "efficientnet_v2": _from_255,
    "mobilenet_v3": _from_255,
    "resnet": _caffe,
    "vgg16": _caffe,
    "vgg19": _caffe,
}


@dataclass(frozen=True)
class Backbone:
    """A network without its classification layer.

    Attributes
    ----------
    name
        The name it is found by.
    family
        Networks of one paper.
    input_size
        Side of the images that its ImageNet weights were trained on.
    min_size
        Smallest side it takes.
    preprocess
        Brings images of 0..1 to what the network takes; symbolic tensors in and out.
    network
        ``network(input_shape, weights) -> keras.Model``: preprocessed images to feature map.
    options
        Names of further arguments of ``network``: ``deep``, ``folded``; each a bool.
    outside
        Where its ImageNet weights come from.
    """

    name: str
    family: str
    input_size: int
    min_size: int
    preprocess: Callable[[Any], Any]
    network: Callable[..., keras.Model]
    options: tuple[str, ...] = ()
    outside: tuple[OutsideWeights, ...] = ()


@cache
def backbones() -> dict[str, Backbone]:
    """Return every backbone by name."""
    names = (name for name in dir(keras.applications) if name[0].isupper())
    hub = [_HUB_RESNET18] if importlib.util.find_spec("keras_hub") else []
    own = (*map(_lite, _LITE_SIZES), *map(_torchvision, torchvision.FILES), *hub)
    return {b.name: b for b in (*map(_application, names), *own)}


def backbone(name: str) -> Backbone:
    """Return a backbone; its name may be given in any case."""
    by_lower = {known.lower(): b for known, b in backbones().items()}
    if name.lower() not in by_lower:
        raise unknown_name("backbone", name, backbones())
    return by_lower[name.lower()]


def _application(name: str) -> Backbone:
    function = getattr(keras.applications, name)
    family = function.__module__.rpartition(".")[2]
    return Backbone(
        name,
        family,
        _NATIVE_SIZES.get(name, 224),
        _MIN_SIZES.get(family, 32),
        _PREPROCESS.get(family, _symmetric),
        partial(_application_network, name),
        outside=(
            OutsideWeights(
                name,
                "keras",
                "storage.googleapis.com/tensorflow/keras-applications",
                "that of the network's authors, see keras.io/api/applications",
            ),
        ),
    )


def _lite(name: str) -> Backbone:
    one = name in efficientnet_lite.DEPTHS
    build = efficientnet_lite.efficientnet_lite if one else efficientnet_lite.side_by_side
    return Backbone(
        name,
        "efficientnet_lite",
        _LITE_SIZES[name],
        32,
        efficientnet_lite.preprocess,
        partial(build, name),
        ("deep", "folded"),
        tuple(map(efficientnet_lite.outside, [name] if one else efficientnet_lite.DEPTHS)),
    )


def _torchvision(name: str) -> Backbone:
    return Backbone(
        name,
        "torchvision",
        224,
        _ALEXNET_MIN_SIZE if name == torchvision.ALEXNET else 32,
        _standardised,
        partial(torchvision.torchvision_network, name),
    )


def _application_network(
    name: str, input_shape: tuple[int, int, int], weights: str | Path | None
) -> keras.Model:
    function = getattr(keras.applications, name)
    build = partial(function, include_top=False, input_shape=input_shape)
    if weights is None:
        return build(weights=None)
    if weights != "imagenet":
        return _loaded(build(weights=None), Path(weights))
    return _downloaded(name, partial(build, weights="imagenet"))


def _hub_resnet18(input_shape: tuple[int, int, int], weights: str | Path | None) -> keras.Model:
    family = import_module("keras_hub").models.ResNetBackbone
    if weights == "imagenet":
        preset = partial(family.from_preset, "resnet_18_imagenet", image_shape=input_shape)
        whole = _downloaded("hub_resnet18", preset)
    else:
        whole = family(
            input_conv_filters=[64],
            input_conv_kernel_sizes=[7],
            stackwise_num_filters=[64, 128, 256, 512],
            stackwise_num_blocks=[2, 2, 2, 2],
            stackwise_num_strides=[1, 2, 2, 2],
            block_type="basic_block",
            image_shape=input_shape,
        )
    # Layers of Keras' own, so that a saved classifier needs no keras-hub.
    network = keras.Model(whole.input, whole.output, name="hub_resnet18")
    if weights is None or weights == "imagenet":
        return network
    return _loaded(network, Path(weights))


_HUB_RESNET18 = Backbone(
    "hub_resnet18",
    "keras_hub",
    224,
    32,
    _standardised,
    _hub_resnet18,
    outside=(
        OutsideWeights(
            "resnet_18_imagenet",
            "keras-hub",
            "Kaggle",
            "see the preset's page, kaggle.com/models/keras/resnetv1",
        ),
    ),
)


def _downloaded(name: str, build: Callable[[], keras.Model]) -> keras.Model:
    with _short_timeout():
        try:
            return build()
        except ValueError:
            raise
        except Exception as error:  # Keras raises a bare Exception when a download fails
            raise InputError(
                f"the ImageNet weights of {name} could not be downloaded: fetch them elsewhere and "
                "give their path as weights, or use efficientnet_lite0, whose weights are installed"
            ) from error


def _loaded(model: keras.Model, path: Path) -> keras.Model:
    if not path.is_file():
        raise InputError(
            f"weights {str(path)!r} of {model.name}: give 'imagenet' or an existing file"
        )
    check_weights(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # Keras only warns of layers left random
            model.load_weights(path)
    except Exception as error:  # of HDF5, of zip files and of Keras
        raise InputError(
            f"the weights in {path} do not fit {model.name}: {first_line(error)}"
        ) from error
    return model


@contextmanager
def _short_timeout() -> Iterator[None]:
    """Let a connection that does not answer fail soon instead of hanging."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_OFFLINE_AFTER)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
