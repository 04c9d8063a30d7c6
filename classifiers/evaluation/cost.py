"""Cost of a model: parameters, and FLOPs by one convention.

FLOPs are twice the multiply-accumulates of the convolutions and dense layers of one image's
forward pass. Biases, normalisation, activations and pooling do not count: TensorFlow's profiler,
which counts them too, gives 0.5 % more for ResNet50 and 4.1 % more for EfficientNetB0. It is the
convention of study K's chart: MobileNetV3-Large costs 0.43 G in both.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from classifiers.models.registry import build_model, model_info


@dataclass(frozen=True)
class ModelCost:
    """What a model costs at one image size.

    Attributes
    ----------
    parameters
        Number of weights, trained or not.
    flops
        FLOPs of one image's forward pass: twice the multiply-accumulates.
    """

    parameters: int
    flops: int


def count_flops(model: keras.Model) -> int:
    """Count the FLOPs of one image's forward pass; what is called twice counts twice."""
    return 2 * _model_macs(model)


def model_cost(
    name: str,
    input_shape: tuple[int, int, int] | None = None,
    classes: int = 1000,
    **params: Any,
) -> ModelCost:
    """Return the cost of a model of the registry, without making its weights.

    Parameters
    ----------
    name, input_shape, classes, **params
        As for `build_model`; the shape is by default the model's native size in colour.
    """
    side = model_info(name).input_size
    if params.get("weights"):
        params["weights"] = None  # they cost the same, and cannot be loaded where none are made
    with keras.StatelessScope():  # variables get a shape, but no memory
        model = build_model(name, input_shape or (side, side, 3), classes, **params)
        return ModelCost(model.count_params(), count_flops(model))


@dataclass(frozen=True)
class LayerCost:
    """One layer of a model.

    Attributes
    ----------
    name, kind
        Its name, below those of the networks it lies in (`pool`, `resnet18/conv1`), and its class.
    output
        What it makes of one image, without the batch: ``(H, W, C)`` or ``(D,)``.
    parameters
        Its weights, trained or not.
    flops
        As of a `ModelCost`, of one call.
    """

    name: str
    kind: str
    output: tuple[int | None, ...]
    parameters: int
    flops: int


def layer_costs(
    name: str, input_shape: tuple[int, int, int] | None = None, classes: int = 1000, **params: Any
) -> list[LayerCost]:
    """Return what every layer of a model costs, in order; parameters as in `model_cost`."""
    side = model_info(name).input_size
    with keras.StatelessScope():
        model = build_model(name, input_shape or (side, side, 3), classes, **params)
        return [*_layers(model, "")]


def _layers(model: keras.Model, below: str) -> Iterator[LayerCost]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer, f"{below}{layer.name}/")
            continue
        yield LayerCost(
            f"{below}{layer.name}",
            type(layer).__name__,
            tuple(layer.output.shape[1:]),
            layer.count_params(),
            2 * _macs(layer),
        )


def _model_macs(model: keras.Model) -> int:
    # A layer does not tell how often this model calls it; the model's graph does.
    graph = model._functional if isinstance(model, keras.Sequential) else model
    calls = Counter(node.operation for level in graph._nodes_by_depth.values() for node in level)
    return sum(calls[layer] * _macs(layer) for layer in model.layers)


def _macs(layer: keras.layers.Layer) -> int:
    """Multiply-accumulates of one call of a layer."""
    if isinstance(layer, keras.Model):
        return _model_macs(layer)
    if isinstance(layer, layers.SeparableConv2D):
        kernels = [layer.depthwise_kernel, layer.pointwise_kernel]
    else:
        kernels = [layer.kernel] if hasattr(layer, "kernel") else []
    # Each weight of a kernel is used once at each place of the output; a dense layer has one place.
    places = math.prod(layer.output.shape[1:-1]) if kernels else 0
    return int(places * sum(math.prod(kernel.shape) for kernel in kernels))
