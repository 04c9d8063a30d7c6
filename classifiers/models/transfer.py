"""Transfer learning: a backbone with a new head, frozen and unfrozen block by block."""

from typing import Annotated, Any, Literal

import keras
from keras import layers
from pydantic import Field

from classifiers.errors import InputError
from classifiers.models.backbones.catalogue import Backbone, backbones
from classifiers.models.backbones.catalogue import backbone as find_backbone
from classifiers.models.backbones.first_layer import FirstKernel, with_first_kernel
from classifiers.models.parts import logits, torch_batch_norm, torch_dense


@keras.saving.register_keras_serializable(package="classifiers")
class InferenceOnly(keras.Model):  # type: ignore[misc]
    """A network that runs as in inference while the model around it trains.

    Its weights are trained, its BatchNorm statistics are not, and it drops no units. Calling a
    network with ``training=False`` is not enough: in Keras 3.15 the phase of the functional model
    around it wins.
    """

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Compute the outputs, whatever the phase."""
        return super().call(inputs, training=False, mask=mask)


def transfer_model(
    backbone: str,
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    weights: str | None = None,
    size: Annotated[int, Field(ge=1, le=1024)] | None = None,
    frozen: bool = False,
    batch_statistics: bool | None = None,
    deep: bool = False,
    mirror: bool = False,
    folded: bool = False,
    first_kernel: FirstKernel | None = None,
    hidden: Annotated[int, Field(ge=1, le=16_384)] | None = None,
    activation: Literal["relu", "sigmoid"] = "relu",
    batch_norm: bool = False,
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0,
) -> keras.Model:
    """Put a new head on a backbone: resize, preprocess, backbone, average pool, head.

    Parameters
    ----------
    backbone
        A name of `classifiers.models.backbones.catalogue.backbones`.
    input_shape
        Height, width and channels (1 or 3) of the images, float in 0..1.
    classes
        Number of classes.
    weights
        ``"imagenet"``, the path of a weights file, or None for random weights.
    size
        Side to which the model resizes its images; None leaves them as they are. Networks trained
        on 224 pixels see little in 32: 96 to 224 is where they transfer.
    frozen
        Train the head only. `set_trainable` thaws the backbone later.
    batch_statistics
        True lets training update the backbone's BatchNorm statistics and drop its units; False
        runs it as in inference, which a few dozen images need. Default: True for random weights,
        False for given ones.
    deep
        Take the maps of the last two stages beside the last layer's: more for a linear head to
        choose from. Only networks of EfficientNet-Lite have them.
    mirror
        Average the features of each image and its mirror image, for twice the work.
    folded
        Compute BatchNorm in the convolutions before it: a third faster, for networks of
        EfficientNet-Lite that stay frozen.
    first_kernel
        Side of the first convolution's kernels where they are drawn anew, whatever the weights of
        the rest (P13); None keeps them.
    hidden
        Units of a hidden layer in the head; None for a linear head.
    activation
        Activation of the hidden layer.
    batch_norm
        BatchNorm before that activation (P13).
    dropout
        Fraction of the features dropped before the head while training.

    Returns
    -------
    keras.Model
        Layers ``preprocess``, the backbone under its own name, ``pool``, ``hidden`` (if asked for)
        and ``logits``; the head is initialised as PyTorch does.

    Notes
    -----
    A network whose BatchNorm holds still wants small learning rates. Tuning all of
    ``efficientnet_lite0`` on 100 CIFAR-10 images at 96 pixels with SGD, momentum 0.9 and batches of
    10 went well at 1e-4 and fell back to chance at 1e-3 (one run each).
    """
    chosen = find_backbone(backbone)
    inputs = keras.Input(input_shape, name="image")
    x = chosen.preprocess(_resized(_three_channels(inputs), size))
    network = chosen.network(tuple(x.shape[1:]), weights, **_options(chosen, deep, folded))
    if first_kernel:
        network = with_first_kernel(network, first_kernel)
    if not (weights is None if batch_statistics is None else batch_statistics):
        network = InferenceOnly(network.input, network.output, name=network.name)
    maps = network(x)
    if mirror:
        seen_mirrored = network(keras.ops.flip(x, axis=2))
        # Flipped back, so that each place of the map is still that place of the image.
        maps = layers.Average(name="mirrored")([maps, keras.ops.flip(seen_mirrored, axis=2)])
    x = layers.GlobalAveragePooling2D(name="pool")(maps)
    outputs = with_head(
        x, classes, hidden=hidden, activation=activation, batch_norm=batch_norm, dropout=dropout
    )
    model = keras.Model(inputs, outputs, name=network.name)
    if frozen:
        set_trainable(model, len(blocks(model)))
    return model


def with_head(
    features: Any,
    classes: int,
    *,
    hidden: int | None = None,
    activation: str = "relu",
    batch_norm: bool = False,
    dropout: float = 0.0,
) -> Any:
    """Return the logits of pooled features [B, D]; parameters as in `transfer_model`."""
    x = features
    if dropout:
        x = layers.Dropout(dropout, name="dropout")(x)
    if hidden:
        x = torch_dense(x, hidden, name="hidden")
        x = torch_batch_norm(x) if batch_norm else x
        x = layers.Activation(activation, name="hidden_activation")(x)
    return logits(x, classes, torch=True)


def _options(chosen: Backbone, deep: bool, folded: bool) -> dict[str, bool]:
    options = {"deep": deep, "folded": folded}
    for option in (name for name, wanted in options.items() if wanted):
        if option not in chosen.options:
            able = [b.name for b in backbones().values() if option in b.options]
            raise InputError(f"{option}=True with {chosen.name}: only {', '.join(able)} can do it")
    return {name: options[name] for name in chosen.options}


def _three_channels(x: Any) -> Any:
    if x.shape[-1] == 3:
        return x
    if x.shape[-1] != 1:
        raise InputError(f"a backbone takes images of 1 or 3 channels, got {x.shape[-1]}")
    return layers.Concatenate(name="three_channels")([x, x, x])


def _resized(x: Any, size: int | None) -> Any:
    # Not keras.layers.Resizing: in Keras 3.15 it turns a plain call of the model, outside fit() and
    # predict(), into a training call, which then moves the BatchNorm statistics.
    return x if size is None else keras.ops.image.resize(x, (size, size))


def split(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Split a transfer model into images to features and features to logits.

    Both halves share the model's layers: the head trained on cached features is the model's head.
    """
    pooled = model.get_layer("pool").output
    return keras.Model(model.input, pooled), keras.Model(pooled, model.output)


def blocks(model: keras.Model) -> list[list[keras.layers.Layer]]:
    """Group the layers before the head into blocks, from the images on.

    A block is what works at one resolution: it begins where a feature map has at most 0.6 of the
    side of the block before, so that every network, whatever its layers are called, has about
    five. The head (what follows the last feature map) belongs to none.

    Parameters
    ----------
    model
        A transfer model, or any functional model of the registry.
    """
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    if len(nested) == 1 and any(isinstance(layer, keras.Model) for layer in nested[0].layers):
        return blocks(nested[0])
    if len(nested) > 1:
        return _abreast([blocks(network) for network in nested])
    grouped: list[list[keras.layers.Layer]] = [[]]
    side = None
    trunk = nested[0].layers if nested else _before_head(model)
    for layer in trunk:
        shape = layer.output.shape
        # Squeeze-and-excitation works on maps of 1x1 beside the trunk: no step of resolution.
        if len(shape) == 4 and shape[1] > 1:
            side = side or shape[1]
            if shape[1] <= 0.6 * side:
                side = shape[1]
                if any(earlier.weights for earlier in grouped[-1]):
                    grouped.append([])
        grouped[-1].append(layer)
    return grouped


def _abreast(several: list[list[list[keras.layers.Layer]]]) -> list[list[keras.layers.Layer]]:
    """Join the blocks of networks that look at the same image, counted from the last one."""
    most = max(map(len, several))
    padded = [[[] for _ in range(most - len(one))] + one for one in several]
    return [[layer for block in level for layer in block] for level in zip(*padded, strict=True)]


def _before_head(model: keras.Model) -> list[keras.layers.Layer]:
    all_layers: list[keras.layers.Layer] = model.layers
    maps = [i for i, layer in enumerate(all_layers) if len(layer.output.shape) == 4]
    return all_layers[: maps[-1] + 1] if maps else []  # of features, a network is all head


def set_trainable(model: keras.Model, from_block: int) -> None:
    """Train the head and the blocks from ``from_block`` on; freeze those before.

    A frozen BatchNorm layer keeps its statistics as well as its weights. Compile the model again
    afterwards: Keras fixes what it trains at that moment.

    Parameters
    ----------
    model
        As for `blocks`.
    from_block
        0 trains everything, ``len(blocks(model))`` the head only.
    """
    grouped = blocks(model)
    if not 0 <= from_block <= len(grouped):
        raise InputError(
            f"from_block={from_block!r}: {model.name} has {len(grouped)} blocks; "
            f"give 0 (train all of them) to {len(grouped)} (train the head only)"
        )
    for layer in model.layers:
        layer.trainable = True
    for number, block in enumerate(grouped):
        for layer in block:
            layer.trainable = number >= from_block
