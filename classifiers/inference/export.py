"""Classifiers in the formats of other runtimes, and what those runtimes make of them."""

import importlib.util
import warnings
from pathlib import Path
from typing import Any, Literal, get_args

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from classifiers.errors import InputError, unknown_name
from groundwork.compute import float32_copy

ExportFormat = Literal["savedmodel", "litert", "onnx"]
_KERAS_NAMES = {"savedmodel": "tf_saved_model", "litert": "litert", "onnx": "onnx"}
_NEEDS = {"onnx": ("onnx", "tf2onnx", "onnxruntime")}


def check_exportable(form: str) -> None:
    """Raise InputError unless the format is known and its packages are installed."""
    if form not in get_args(ExportFormat):
        raise unknown_name("export format", form, get_args(ExportFormat))
    missing = [name for name in _NEEDS.get(form, ()) if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"exporting to {form} needs {', '.join(missing)}: pip install 'ganaug[export]'"
        )


def export_model(model: keras.Model, path: Path, form: ExportFormat) -> None:
    """Write a classifier for another runtime: float32 images of 0..1 in, logits out.

    Parameters
    ----------
    model
        A classifier that ends in logits.
    path
        A folder for ``savedmodel``, a file for ``litert`` (LiteRT, once TensorFlow Lite) and
        ``onnx``. The batch size stays free in all of them.
    form
        The format.

    Raises
    ------
    InputError
        If the format is unknown or its packages are missing.
    """
    check_exportable(form)
    if in_half_precision(model):
        model = float32_copy(model)  # other runtimes lack half-precision operations
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tf2onnx, about NumPy's names
        model(np.zeros((1, *model.input_shape[1:]), np.float32))  # Keras refuses ONNX before
        model.export(str(path), format=_KERAS_NAMES[form], verbose=False)


def in_half_precision(model: keras.Model) -> bool:
    """Whether a part of a model computes in fewer bits than float32."""
    return any(layer.compute_dtype != "float32" for layer in model._flatten_layers())


def exported_probabilities(
    path: Path, form: ExportFormat, images: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Load an exported classifier in its own runtime; return its class probabilities [N, K].

    Parameters
    ----------
    path, form
        As for `export_model`.
    images
        Float32 in 0..1, [N, H, W, C].
    """
    run = {"savedmodel": _run_saved_model, "litert": _run_litert, "onnx": _run_onnx}[form]
    return np.asarray(softmax(run(path, images), axis=1), np.float32)


def _run_saved_model(path: Path, images: NDArray[np.float32]) -> Any:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))  # owns the variables of `serve`
    return loaded.serve(images).numpy()


def _run_litert(path: Path, images: NDArray[np.float32]) -> Any:
    import tensorflow as tf

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # TensorFlow's announces its successor, ai_edge_litert
        interpreter = tf.lite.Interpreter(str(path))
    (taken,) = interpreter.get_input_details()
    interpreter.resize_tensor_input(taken["index"], images.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(taken["index"], images)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def _run_onnx(path: Path, images: NDArray[np.float32]) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: images})[0]
