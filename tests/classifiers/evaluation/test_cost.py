import keras
import pytest
import tensorflow as tf

from classifiers.evaluation.cost import ModelCost, count_flops, model_cost
from classifiers.models.registry import build_model


@pytest.mark.parametrize(
    ("name", "side", "classes", "macs"),
    [
        # places x kernel height x width x inputs x filters, layer by layer
        (
            "pereira_baseline",
            32,
            2,
            30**2 * 27 * 16 + 14**2 * 144 * 16 + 12**2 * 144 * 32 + 5**2 * 288 * 32 + 800 * 2,
        ),
        (
            "ko_base",
            112,
            151,
            108**2 * 75 * 64
            + 52**2 * 576 * 128
            + 24**2 * 1152 * 128
            + 10**2 * 1152 * 128
            + 3200 * 151,
        ),
        ("resnet18", 224, 1000, 1_814_073_344),  # torchvision's, by fvcore's count
    ],
)
def test_hand_counts(name, side, classes, macs):
    assert model_cost(name, (side, side, 3), classes).flops == 2 * macs


def _profiled(model):
    """FLOPs by TensorFlow's profiler, which also counts biases, BatchNorm and activations."""
    traced = tf.function(lambda x: model(x, training=False))
    graph = traced.get_concrete_function(tf.TensorSpec((1, *model.input_shape[1:]))).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    return tf.compat.v1.profiler.profile(graph, options={**options, "output": "none"})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["MobileNetV3Small", "Xception"])
def test_agrees_with_tensorflows_profiler(name):
    model = build_model(name, (96, 96, 3), 10)
    theirs = _profiled(model).total_float_ops
    assert 0.9 * theirs < count_flops(model) < theirs


@pytest.mark.slow
def test_cost_needs_no_weights_and_equals_the_models():
    model = build_model("efficientnet_lite0", (64, 64, 3), 5)
    cost = ModelCost(model.count_params(), count_flops(model))
    assert cost == model_cost("efficientnet_lite0", (64, 64, 3), 5, weights="imagenet")
    assert model_cost("efficientnet_lite0", (20, 20, 3), 5, size=64) == cost


def test_default_is_the_native_size_in_colour():
    assert model_cost("pereira_small") == model_cost("pereira_small", (32, 32, 3), 1000)


def test_a_layer_without_kernel_costs_nothing():
    assert count_flops(keras.Sequential([keras.Input((8, 8, 3)), keras.layers.ReLU()])) == 0


@pytest.mark.slow
def test_a_network_that_looks_twice_costs_twice():
    once = model_cost("MobileNetV3Small", (64, 64, 3), 2).flops
    twice = model_cost("MobileNetV3Small", (64, 64, 3), 2, mirror=True).flops
    head = 2 * 576 * 2  # multiply-adds of the last layer, which sees the mean of both
    assert twice - head == 2 * (once - head)
