"""What the model families share: normalisation, PyTorch's default initialisation, the head."""

from typing import Any, Literal

import keras
from keras import layers

Initialiser = Literal["torch", "he", "he_uniform", "xavier"]
ActivationName = Literal["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"]
NORMALISE = "normalise"
"""Name of the layer of `normalise`."""


def normalise(x: Any) -> Any:
    """Bring images of 0..1 to about zero mean and unit deviation: (x - 0.5) / 0.25.

    The constants suit natural images (0.25 is near the deviation of CIFAR-10's channels), and no
    statistic of a training set has to travel with the model.
    """
    return layers.Rescaling(scale=4.0, offset=-2.0, name=NORMALISE)(x)


def torch_defaults(fan_in: int) -> dict[str, keras.initializers.Initializer]:
    """Return the initialisers that PyTorch gives Conv2d and Linear layers by default.

    Weights are ``kaiming_uniform(a=sqrt(5))``, which comes to U(-b, b) with b = 1 / sqrt(fan_in);
    biases are drawn from the same interval.

    Parameters
    ----------
    fan_in
        Inputs of one unit: kernel height x kernel width x input channels, or the input width.
    """
    return {
        "kernel_initializer": keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform"),
        "bias_initializer": keras.initializers.RandomUniform(-(fan_in**-0.5), fan_in**-0.5),
    }


def initialisers(name: Initialiser, fan_in: int) -> dict[str, keras.initializers.Initializer]:
    """Return the initialisers of a layer's weights and biases.

    Parameters
    ----------
    name
        ``torch``: PyTorch's default, see `torch_defaults`. ``he``: normal, variance 2 / fan_in (He
        et al. 2015), for ReLU; ``he_uniform``: uniform, of the same variance. ``xavier``: uniform,
        variance 2 / (fan_in + fan_out) (Glorot & Bengio 2010), Keras' default. Biases are 0 but for
        ``torch``.
    fan_in
        As in `torch_defaults`.
    """
    if name == "torch":
        return torch_defaults(fan_in)
    known = {
        "he": keras.initializers.HeNormal,
        "he_uniform": keras.initializers.HeUniform,
        "xavier": keras.initializers.GlorotUniform,
    }
    return {
        "kernel_initializer": known[name](),
        "bias_initializer": keras.initializers.Zeros(),
    }


def torch_conv(
    x: Any, filters: int, kernel: int, initialiser: Initialiser = "torch", **kwargs: Any
) -> Any:
    """Apply a convolution, initialised as PyTorch does or as told."""
    start = initialisers(initialiser, kernel * kernel * x.shape[-1])
    return layers.Conv2D(filters, kernel, **start, **kwargs)(x)


def torch_dense(x: Any, units: int, initialiser: Initialiser = "torch", **kwargs: Any) -> Any:
    """Apply a dense layer, initialised as PyTorch does or as told."""
    return layers.Dense(units, **initialisers(initialiser, x.shape[-1]), **kwargs)(x)


def he_conv(x: Any, filters: int, kernel: int, **kwargs: Any) -> Any:
    """Apply a convolution without bias, as before BatchNorm, initialised as ResNets are.

    He et al. (2015), normal, by the fan-out: the gradients keep their variance.
    """
    init = keras.initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal")
    return layers.Conv2D(filters, kernel, use_bias=False, kernel_initializer=init, **kwargs)(x)


TORCH_NORM = {"momentum": 0.9, "epsilon": 1e-5}
"""PyTorch's constants of BatchNorm, in Keras's words."""


def torch_batch_norm(x: Any, **kwargs: Any) -> Any:
    """Apply BatchNorm with PyTorch's constants; ``kwargs`` as in Keras.

    Keras keeps 99 % of the moving statistics a step, PyTorch 90 %: a hundred steps, all that a
    training on a few dozen images may have, would leave Keras's far from converged.
    """
    return layers.BatchNormalization(**TORCH_NORM, **kwargs)(x)


def dropped(x: Any, fraction: float) -> Any:
    """Drop a fraction of the features while training; a fraction of 0 adds no layer."""
    return layers.Dropout(fraction)(x) if fraction else x


def logits(x: Any, classes: int, *, torch: bool = False) -> Any:
    """End a classifier: a dense layer named ``logits``, float32 under mixed precision too."""
    kwargs = torch_defaults(x.shape[-1]) if torch else {}
    return layers.Dense(classes, dtype="float32", name="logits", **kwargs)(x)
