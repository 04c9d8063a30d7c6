"""What a classifier got wrong, and what it looked at."""

from collections.abc import Sequence
from typing import Any

import keras
import matplotlib
import numpy as np
from keras import ops
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from classifiers.errors import InputError
from classifiers.evaluation.charts import COLORS, MUTED, STYLE, WIDTH
from classifiers.evaluation.failures import Failure
from classifiers.inference.ensembles import members_of
from classifiers.inference.probabilities import as_floats, probabilities
from groundwork.compute import gradient

BATCH = 64  # images whose gradients are in memory at a time


def grad_cam(
    model: keras.Model, images: NDArray[Any], classes: NDArray[Any] | None = None
) -> NDArray[np.float32]:
    """Return how much each place of each image speaks for a class (Selvaraju et al. 2017).

    The last feature map's channels are weighed by the mean gradient of the class's logit and added
    up; what speaks against the class is cut off. Of an ensemble it is the mean over its members.

    Parameters
    ----------
    model
        A classifier with a feature map; a backbone within it counts with its output.
    images
        uint8, or float in 0..1, [N, H, W, C].
    classes
        The class of each image that is asked about, int [N]; None for the predicted one.

    Returns
    -------
    float32 [N, H, W]
        0..1, each image's largest value 1; all 0 where no place speaks for the class.

    Raises
    ------
    InputError
        If the model has no feature map.
    """
    floats = as_floats(images)
    if members := members_of(model):
        chosen = probabilities(model, floats).argmax(axis=1) if classes is None else classes
        heat = np.mean([grad_cam(member, floats, chosen) for member in members], axis=0)
        return np.asarray(heat / np.maximum(heat.max(axis=(1, 2), keepdims=True), 1e-12))
    last = _last_map(model)
    trunk, head = keras.Model(model.inputs[0], last), keras.Model(last, model.outputs[0])
    parts = []
    for start in range(0, len(floats), BATCH):
        batch = slice(start, start + BATCH)
        parts.append(_heat(trunk, head, floats[batch], None if classes is None else classes[batch]))
    return np.concatenate(parts)


def _heat(
    trunk: keras.Model,
    head: keras.Model,
    images: NDArray[np.float32],
    classes: NDArray[Any] | None,
) -> NDArray[np.float32]:
    maps = trunk(ops.convert_to_tensor(images), training=False)
    chosen = ops.argmax(head(maps, training=False), axis=1) if classes is None else classes

    def score(maps: Any) -> Any:
        logits = head(maps, training=False)
        return ops.sum(logits * ops.one_hot(chosen, logits.shape[-1]))

    weights = ops.mean(ops.cast(gradient(score, maps)[0], "float32"), axis=(1, 2), keepdims=True)
    heat = ops.relu(ops.sum(weights * ops.cast(maps, "float32"), axis=-1, keepdims=True))
    heat = ops.image.resize(heat, images.shape[1:3], interpolation="bilinear")[..., 0]
    highest = ops.max(heat, axis=(1, 2), keepdims=True)
    return np.asarray(heat / ops.maximum(highest, 1e-12), np.float32)


def _last_map(model: keras.Model) -> keras.KerasTensor:
    """Return the feature map that is pooled or flattened for the head.

    Found as an input: the output that Keras gives for a backbone within is not that of this model.
    """
    for layer in reversed(model.layers):
        if isinstance(layer, keras.Model | keras.layers.InputLayer):
            continue
        tensor = layer.input
        if isinstance(tensor, keras.KerasTensor) and len(tensor.shape) == 4 and tensor.shape[1] > 1:
            if tensor is model.inputs[0]:
                break
            return tensor
    raise InputError(
        f"model {model.name!r} has no feature map to explain: give a convolutional network"
    )


def overlay(images: NDArray[Any], heat: NDArray[Any], strength: float = 0.55) -> NDArray[np.uint8]:
    """Lay heat [N, H, W] of 0..1 over images [N, H, W, C]; uint8 [N, H, W, 3].

    Cold places turn grey, so that what stays in colour is what the model looked at.
    """
    floats = _in_color(images)
    grey = floats.mean(axis=-1, keepdims=True)
    color = matplotlib.colormaps["inferno"](heat)[..., :3]
    mixed = (1 - strength) * (grey + heat[..., None] * (floats - grey)) + strength * color
    return np.asarray(np.round(255 * np.clip(mixed, 0, 1)), np.uint8)


def failure_sheet(
    images: NDArray[Any],
    mistakes: Sequence[Failure],
    class_names: Sequence[str],
    heat: NDArray[Any] | None = None,
) -> Figure:
    """Draw mistakes with label, prediction and confidence, and the heat of each beside it.

    Parameters
    ----------
    images
        All images, [N, H, W, C].
    mistakes
        Which of them to show, from `failures`.
    class_names
        Names of the classes.
    heat
        Of the mistakes, in their order: `grad_cam(model, images[indices])`; None for none.
    """
    if not mistakes:
        raise InputError("no image is misclassified: there is nothing to draw")
    columns, side = (3, WIDTH / 3) if heat is None else (2, WIDTH / 4)
    rows = -(-len(mistakes) // columns)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH, rows * (side + 0.42)), layout="constrained")
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes in grid.flat:
            axes.set_axis_off()
        for number, (axes, mistake) in enumerate(zip(grid.flat, mistakes, strict=False)):
            picture = _in_color(images[mistake.index : mistake.index + 1])[0]
            if heat is not None:
                seen = overlay(picture[None], heat[number : number + 1])[0] / 255
                picture = np.concatenate([picture, seen], axis=1)
            _draw_failure(axes, picture, mistake, class_names)
    return figure


def _in_color(images: NDArray[Any]) -> NDArray[np.float32]:
    """Return images of 1 or 3 channels as floats in 0..1 of 3 channels."""
    floats = as_floats(images)
    return np.broadcast_to(floats, (*floats.shape[:3], 3))


def _draw_failure(
    axes: Axes, picture: NDArray[Any], mistake: Failure, class_names: Sequence[str]
) -> None:
    axes.imshow(picture, interpolation="nearest")
    axes.set_title(
        f"{_short(class_names[mistake.predicted])} {100 * mistake.confidence:.0f} %",
        color=COLORS[4], fontsize=8.5, fontweight="normal", pad=14,
    )  # fmt: skip
    axes.annotate(
        f"is {_short(class_names[mistake.label])}", (0, 1), xycoords="axes fraction", xytext=(0, 3),
        textcoords="offset points", color=MUTED, fontsize=8.5,
    )  # fmt: skip


def _short(name: str) -> str:
    return name if len(name) <= 16 else f"{name[:15]}…"
