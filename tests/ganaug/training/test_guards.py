import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganaug
from ganaug import GanConfig, InputError
from ganaug.latent.sampling import draw_latents, generate
from ganaug.model.gan import GAN
from ganaug.training.guards import MEASURED

TINY = GanConfig(
    steps=8,
    batch=8,
    width=4,
    latent=8,
    grid_every=8,
    checkpoint_every=2,
    quality_every=2,
    quality_samples=8,
)


@pytest.fixture(autouse=True)
def _eager():
    """Tracing a graph would take longer than these few steps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (10, 32, 32, 3), np.uint8)


def record_of(folder):
    return json.loads((folder / "record.json").read_text())


@pytest.mark.slow
def test_the_best_measured_generator_is_kept(images, tmp_path):
    scores = iter([3.0, 1.0, 2.0, 5.0])
    seen = []

    def quality(samples):
        seen.append(samples)
        return next(scores)

    ganaug.train(images, TINY, tmp_path, class_name="noise", quality=quality)
    record = record_of(tmp_path)
    assert record["scores"] == [[2, 3.0], [4, 1.0], [6, 2.0], [8, 5.0]]
    assert record["kept_step"] == 4
    kept = keras.saving.load_model(tmp_path / "generator.keras")
    latents = draw_latents(TINY.quality_samples, TINY.latent, [TINY.seed, *MEASURED])
    again = generate(kept, latents)
    assert (again == seen[1]).all()
    assert not (again == seen[3]).all()
    assert not list(tmp_path.glob("best*.npz"))


@pytest.mark.slow
def test_a_restart_brings_back_the_best_generator_of_its_record(images, tmp_path, monkeypatch):
    config = TINY.model_copy(update={"checkpoint_every": 4, "quality_every": 1})
    scores = iter([5.0, 1.0, 5.0, 5.0, 0.1, 5.0, 5.0, 5.0, 5.0])
    seen = []

    def quality(samples):
        seen.append(samples)
        return next(scores)

    break_at(monkeypatch, 1, nan_loss)  # after the best score of all, which is in no checkpoint
    ganaug.train(images, config, tmp_path, class_name="noise", quality=quality)
    assert record_of(tmp_path)["kept_step"] == 2
    kept = keras.saving.load_model(tmp_path / "generator.keras")
    latents = draw_latents(config.quality_samples, config.latent, [config.seed, *MEASURED])
    assert (generate(kept, latents) == seen[1]).all()


@pytest.mark.slow
def test_a_lost_best_generator_names_the_file_to_delete(images, tmp_path, monkeypatch):
    config = TINY.model_copy(update={"steps": 2})

    def lose(folder, generators, record):
        (tmp_path / "best-2.npz").unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr("ganaug.training.train.draw_all", lose)
    with pytest.raises(KeyboardInterrupt):
        ganaug.train(images, config, tmp_path, class_name="noise", quality=lambda _: 1.0)
    with pytest.raises(InputError, match=r"best-2.npz .*delete .*checkpoint.npz to train from"):
        ganaug.train(images, config, tmp_path, class_name="noise", quality=lambda _: 1.0)


@pytest.mark.slow
def test_seconds_include_those_of_a_process_that_was_stopped(images, tmp_path, monkeypatch):
    clock = SimpleNamespace(now=0.0)
    for module in ("session", "train"):
        timer = SimpleNamespace(perf_counter=lambda: clock.now)
        monkeypatch.setattr(f"ganaug.training.{module}.time", timer)

    def tick(step, total):
        clock.now += 100

    def stop(step, total):
        tick(step, total)
        if step == 4:  # 100 seconds are in the checkpoint, 100 are to be done again
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ganaug.train(images, TINY, tmp_path, class_name="noise", progress=stop)
    clock.now = 5000.0
    ganaug.train(images, TINY, tmp_path, class_name="noise", progress=tick)
    assert record_of(tmp_path)["seconds"] == 300


@pytest.mark.slow
def test_training_stops_when_quality_stalls(images, tmp_path):
    scores = iter([1.0, 2.0, 3.0, 4.0])
    config = TINY.model_copy(update={"patience": 4})
    record = ganaug.train(
        images, config, tmp_path, class_name="noise", quality=lambda _: next(scores)
    )
    assert record.history["step"][-1] == 6
    assert record_of(tmp_path)["kept_step"] == 2


def break_at(monkeypatch, times, what):
    """Let the training break down at step 6, as often as `times` says."""
    from ganaug.training.guards import WatchForCollapse

    whole = WatchForCollapse.act
    left = [times]

    def act(self, step, logs):
        if step == 6 and left[0]:
            left[0] -= 1
            what(self.model, logs)
        whole(self, step, logs)

    monkeypatch.setattr(WatchForCollapse, "act", act)


def nan_loss(gan, logs):
    logs["d_loss"] = float("nan")


def nan_weight(gan, logs):
    v = gan.discriminator.trainable_variables[0]
    v.assign(v * float("nan"))


def constant_samples(gan, logs):
    gan.sampler.set_weights([0 * w for w in gan.sampler.get_weights()])


def trained_spread(monkeypatch):
    """Give the untrained weights of the test networks the spread of trained ones."""
    initializer = keras.initializers.RandomNormal
    monkeypatch.setattr(
        keras.initializers, "RandomNormal", lambda stddev, seed: initializer(0.5, seed=seed)
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (nan_loss, "the loss is not a number"),
        (nan_weight, "a weight is not a number"),
        (constant_samples, "all samples are equal"),
    ],
)
def test_a_collapse_goes_back_to_the_checkpoint_with_new_numbers(
    what, reason, images, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr("ganaug.training.guards.EARLY_STEPS", 5)
    trained_spread(monkeypatch)
    break_at(monkeypatch, 1, what)
    record = ganaug.train(images, TINY, tmp_path / "a", class_name="noise")
    assert record_of(tmp_path / "a")["restarts"] == [{"step": 6, "reason": reason, "back_to": 4}]
    assert reason in caplog.text
    assert record.history["step"] == [2, 4, 6, 8]
    assert np.isfinite(record.history["d_loss"]).all()
    if what is nan_loss:
        monkeypatch.undo()
        trained_spread(monkeypatch)
        other = ganaug.train(images, TINY, tmp_path / "b", class_name="noise")
        assert other.history["d_loss"][:2] == record.history["d_loss"][:2]
        assert other.history["d_loss"][2] != record.history["d_loss"][2]


@pytest.mark.slow
def test_restarts_are_bounded_and_the_last_good_generator_stays(images, tmp_path, monkeypatch):
    break_at(monkeypatch, 99, nan_loss)
    record = ganaug.train(images, TINY, tmp_path, class_name="noise")
    kept = record_of(tmp_path)
    assert len(kept["restarts"]) == TINY.restarts + 1
    assert kept["kept_step"] == record.history["step"][-1] == 4
    samples = ganaug.Bank.assemble(tmp_path / "bank", [tmp_path]).sample(0, 4, seed=0)
    assert samples.std() > 0


@pytest.mark.slow
def test_a_training_that_cannot_start_is_one_clear_line(images, tmp_path):
    config = TINY.model_copy(update={"learning_rate": 1e30, "ema_half_life": 0})
    with pytest.raises(InputError, match=r"broke down at step .* lower learning_rate"):
        ganaug.train(images, config, tmp_path, class_name="noise")


@pytest.mark.slow
def test_a_restart_goes_back_to_before_the_discriminator_was_always_right(
    images, tmp_path, monkeypatch
):
    from ganaug.training.record import Record

    accuracies = iter([0.5, 1, 1, 1, 0.5, 0.5, 1])
    whole = Record.add_point
    monkeypatch.setattr(
        Record, "add_point", lambda self, p: whole(self, p | {"d_accuracy": next(accuracies)})
    )
    monkeypatch.setattr("ganaug.training.guards.CERTAIN_STEPS", 6)
    ganaug.train(images, TINY, tmp_path, class_name="noise")
    (restart,) = record_of(tmp_path)["restarts"]
    assert restart == {"step": 8, "reason": "the discriminator is always right", "back_to": 2}


def test_a_discriminator_that_is_always_right_is_a_collapse(images, caplog):
    from ganaug.training.guards import CERTAIN_STEPS, Collapsed, WatchForCollapse
    from ganaug.training.record import Record

    config = TINY.model_copy(update={"checkpoint_every": 10_000})
    watch = WatchForCollapse(config, record := Record(), "noise")
    watch.set_model(GAN(32, config))
    for step in range(50, CERTAIN_STEPS + 1, 50):
        record.add_point({"step": step, "d_accuracy": 1.0})
    watch.act(CERTAIN_STEPS - 50, {"d_loss": 0.1})
    with pytest.raises(Collapsed, match="always right"):
        watch.act(CERTAIN_STEPS, {"d_loss": 0.1})
    watch.config = config.model_copy(update={"restarts": 0})
    for _ in range(2):
        watch.act(CERTAIN_STEPS, {"d_loss": 0.1})
    said = "the discriminator is always right"
    assert record.warnings == [(CERTAIN_STEPS, said)]
    assert caplog.text.count(f"class noise, step {CERTAIN_STEPS}: {said}, no restart is left") == 1
    record.history["d_accuracy"][3] = 0.99
    watch.config = config
    watch.act(CERTAIN_STEPS, {"d_loss": 0.1})


def test_one_image_for_each_class_is_a_collapse(monkeypatch):
    from ganaug.training.guards import Collapsed, WatchForCollapse
    from ganaug.training.record import Record

    monkeypatch.setattr("ganaug.training.guards.EARLY_STEPS", 0)
    watch = WatchForCollapse(TINY, record := Record(), "noise")
    record.add_point({"step": 2, "d_accuracy": 0.5})
    watch.set_model(gan := GAN(32, TINY, classes=2))
    noise = np.random.default_rng(0).integers(0, 256, (64, 4, 4, 3), np.uint8)
    monkeypatch.setattr(gan, "sample", lambda n, _: noise[:n])
    watch.act(2, {})
    monkeypatch.setattr(gan, "sample", lambda n, _: noise[np.arange(n) % 2])
    with pytest.raises(Collapsed, match="all samples are equal"):
        watch.act(2, {})
