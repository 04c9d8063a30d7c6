import importlib.util
import json

import keras
import numpy as np
import pytest

import classifiers
import ganaug
from classifiers.errors import InputError
from classifiers.inference import export
from classifiers.inference.export import export_model, exported_probabilities
from pipelines.cli import main
from pipelines.tasks.results import TrainTaskResult
from pipelines.verbs.export import HALF_TOLERANCE, TOLERANCE, ExportResult

TTA = "flip+shift"
FORMATS = {"savedmodel": "saved_model", "litert": "model.tflite", "onnx": "model.onnx"}


def has(form):
    return form != "onnx" or all(
        importlib.util.find_spec(name) for name in ("onnx", "tf2onnx", "onnxruntime")
    )


EACH_FORMAT = pytest.mark.parametrize(
    "form",
    [
        pytest.param(form, marks=pytest.mark.skipif(not has(form), reason="needs ganaug[export]"))
        for form in FORMATS
    ],
)


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A training's folder with what transfer models are made of: resize, flip, BatchNorm."""
    folder = tmp_path_factory.mktemp("training")
    keras.utils.set_random_seed(0)
    inputs = keras.Input((32, 32, 3))
    x = keras.ops.image.resize(inputs, (48, 48))
    convolve = keras.layers.Conv2D(8, 3, strides=2)
    x = keras.layers.Average()([convolve(x), convolve(keras.ops.flip(x, axis=2))])
    x = keras.layers.ReLU(max_value=6.0)(keras.layers.BatchNormalization()(x))
    x = keras.layers.Dense(3, name="logits")(keras.layers.Flatten()(x))
    keras.Model(inputs, x).save(folder / "model.keras")
    probabilities = np.eye(3) * 0.7 + 0.1
    scores = classifiers.evaluate(probabilities, np.arange(3), ["ant", "bee", "cow"])
    result = TrainTaskResult(
        scores=scores, accuracy_at={}, history={}, train_images=3, steps=0, effort=1, seconds=0
    )
    (folder / "result.json").write_text(result.model_dump_json())
    config = {"instance": "", "arm": {"train": {"tta": TTA}}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "preparation.json").write_text("{}")
    return folder


@pytest.mark.slow
@EACH_FORMAT
def test_an_export_gives_what_keras_gives(training, tmp_path, capsys, form):
    out = tmp_path / "new" / FORMATS[form]
    words = ["export", str(training), "--format", form, "--out", str(out)]
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "gives:    logits of ant, bee, cow" in printed
    assert "by at most" in printed
    model = classifiers.load_model(training / "model.keras")
    for count in (1, 5):  # the batch size is free
        images = np.random.default_rng(count).random((count, 32, 32, 3), np.float32)
        expected = classifiers.probabilities(model, images, tta=TTA)  # as it was tested
        plain = classifiers.probabilities(model, images)
        assert np.abs(expected - plain).max() > 1e-3, "views would hardly change it"
        assert np.ptp(expected, axis=1).min() > 1e-3, "equal probabilities would hide a mistake"
        np.testing.assert_allclose(exported_probabilities(out, form, images), expected, atol=1e-4)
    assert main(words) == 0, "an export replaces an older one"
    assert [path.name for path in out.parent.iterdir()] == [out.name]


def failing(capsys, *words):
    assert main([str(word) for word in words]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


@pytest.mark.slow
@EACH_FORMAT
@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_half_precision_is_exported_as_float32(tmp_path, form, precision):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        model = classifiers.build_model("pereira_baseline", (16, 16, 3), 2, batch_norm=True)
    finally:
        keras.config.set_dtype_policy(before)
    joined = classifiers.as_one_model([model])  # with a model inside
    out = tmp_path / FORMATS[form]
    export_model(joined, out, form)
    images = np.random.default_rng(0).random((3, 16, 16, 3), np.float32)
    expected = classifiers.probabilities(joined, images)
    np.testing.assert_allclose(exported_probabilities(out, form, images), expected, atol=0.02)


@pytest.mark.slow
def test_a_classifier_in_half_precision_is_exported_though_rounding_shows(training, tmp_path):
    """Those who trained it so know; whoever runs the export computes in float32."""
    for file in training.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    keras.utils.set_random_seed(0)
    image = keras.Input((32, 32, 3))
    x = keras.layers.Conv2D(8, 3, dtype="mixed_bfloat16")(image)
    flat, start = keras.layers.Flatten()(x), keras.initializers.RandomNormal(stddev=0.2, seed=0)
    logits = keras.layers.Dense(3, name="logits", kernel_initializer=start)(flat)
    model = keras.Model(image, logits)
    model.save(tmp_path / "model.keras")
    assert TOLERANCE < ganaug.export(tmp_path).largest_difference < HALF_TOLERANCE


def test_what_is_done_to_small_pictures_is_said(tmp_path):
    """Of MNIST's digits, to whom 2 black pixels are added on every side."""
    shape, names = (32, 32, 3), ["0", "1"]
    assert "'crop', of less than 32 pixels" in str(
        ExportResult(tmp_path, shape, "crop", names, 0.0, centred=True)
    )
    assert "32 black" not in str(ExportResult(tmp_path, shape, "crop", names, 0.0))


def test_what_a_runtime_refuses_is_one_line(training, monkeypatch, capsys):
    def refuse(*_):
        raise RuntimeError("no such operation\nand much more")

    monkeypatch.setattr(export, "export_model", refuse)
    said = failing(capsys, "export", training, "--format", "litert")
    assert said.endswith("cannot be exported to litert: no such operation")


@pytest.mark.slow
def test_an_export_that_differs_is_not_kept(training, tmp_path, monkeypatch, capsys):
    def wrong(model, path, form):
        other = keras.models.clone_model(model)  # random weights of its own
        export_model(other, path, form)

    monkeypatch.setattr(export, "export_model", wrong)
    line = failing(capsys, "export", training, "--out", tmp_path / "wrong")
    assert "differs from the Keras model" in line
    assert not list(tmp_path.iterdir())


def test_missing_packages_name_the_extra(training, tmp_path, monkeypatch, capsys):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "tf2onnx" else found(name, *a)
    )
    line = failing(capsys, "export", training, "--format", "onnx", "--out", tmp_path / "x.onnx")
    assert "exporting to onnx needs tf2onnx: pip install 'ganaug[export]'" in line
    assert not list(tmp_path.iterdir())


def test_bad_folders(training, tmp_path, capsys):
    assert "no finished training" in failing(capsys, "export", tmp_path)
    (tmp_path / "result.json").write_text(json.dumps({"steps": 3}))
    assert "no model.keras" in failing(capsys, "export", tmp_path)
    (tmp_path / "model.keras").touch()
    assert "not that of a tested training" in failing(capsys, "export", tmp_path)
    assert "other things" in failing(capsys, "export", training, "--out", tmp_path)
    (tmp_path / "result.json").write_text((training / "result.json").read_text())
    (tmp_path / "model.keras").write_text("none")
    assert "no Keras model" in failing(capsys, "export", tmp_path)
    whole = bytearray((training / "model.keras").read_bytes())
    for place in range(len(whole) // 3, len(whole) // 3 + 400):
        whole[place] ^= 255
    (tmp_path / "model.keras").write_bytes(whole)
    assert "cannot load" in failing(capsys, "export", tmp_path)
    keras.saving.save_model(keras.layers.Dense(2), tmp_path / "model.keras")
    assert "holds a Dense, not a model" in failing(capsys, "export", tmp_path)
    assert 'Invalid value "coreml" for --format' in failing(
        capsys, "export", training, "--format", "coreml"
    )


def test_formats_are_known(training):
    with pytest.raises(InputError, match="did you mean onnx"):
        export_model(None, training, "onx")


def test_a_file_with_code_is_refused(training, tmp_path, capsys):
    inputs = keras.Input((8, 8, 3))
    logits = keras.layers.Lambda(lambda x: x[:, 0, 0, :2], name="logits")(inputs)
    keras.Model(inputs, logits).save(tmp_path / "model.keras")
    (tmp_path / "result.json").write_text((training / "result.json").read_text())
    line = failing(capsys, "export", tmp_path)
    assert "cannot load" in line
    assert "Lambda" in line
