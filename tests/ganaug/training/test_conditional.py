import keras
import numpy as np
import pytest

import ganaug
from ganaug import Bank, GanConfig, InputError
from ganaug.bank.scoring import scores
from ganaug.latent.sampling import draw_latents, generate
from ganaug.model.gan import GAN
from ganaug.training.batches import batches
from ganaug.training.export import export_discriminator
from ganaug.training.session import Session
from groundwork.files import read_json
from pipelines.synthetic.judges import KidToTraining

TINY = GanConfig(steps=4, batch=8, width=4, latent=8, grid_every=4, label_ramp=(0.25, 0.5))


@pytest.fixture(scope="module")
def data():
    """Dark and bright noise, 10 images each."""
    images = np.random.default_rng(0).integers(0, 128, (20, 32, 32, 3), np.uint8)
    images[10:] += 128
    return images, np.repeat([0, 1], 10)


@pytest.mark.slow
def test_one_training_makes_a_whole_bank(data, tmp_path):
    images, labels = data
    record = ganaug.train_classes(images, labels, ["dark", "bright"], TINY, tmp_path)
    assert record.history["step"][-1] == 4
    bank = Bank(tmp_path)
    assert bank.class_names == ["dark", "bright"]
    assert bank.sample("bright", 3, seed=0).shape == (3, 32, 32, 3)
    assert (tmp_path / "1-bright" / "grid.png").exists()
    assert ganaug.train_classes(images, labels, ["dark", "bright"], TINY, tmp_path) == record
    with pytest.raises(InputError, match="class_name"):
        ganaug.train_classes(images, labels, ["dark", "light"], TINY, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("network", ["dcgan", "residual", "tutorial"])
def test_a_class_on_its_own_draws_what_the_conditional_generator_draws(network):
    gan = GAN(32, TINY.model_copy(update={"network": network}), classes=3)
    gan.step.assign(2)
    rng = np.random.default_rng(0)
    gan.sampler.set_weights(
        [0.3 * rng.standard_normal(w.shape) if w.ndim > 1 else w for w in gan.sampler.get_weights()]
    )
    latents = draw_latents(5, TINY.latent, [7])
    alone = [generate(gan.class_generator(label), latents) for label in range(3)]
    for label in range(3):
        together = gan.sample(5, [7], label).astype(int)
        assert abs(together - alone[label]).max() <= 1
    assert abs(alone[0].astype(int) - alone[1]).max() > 10


def test_the_discriminator_of_a_class_judges_as_that_class(data):
    images, _ = data
    gan = GAN(32, TINY, classes=2)
    gan.step.assign(4)
    for label in range(2):
        one_hot = np.eye(2, dtype=np.float32)[np.full(20, label)]
        (logits,) = keras.tree.flatten(gan.discriminator([images / np.float32(127.5) - 1, one_hot]))
        discriminator = export_discriminator(gan, label)
        np.testing.assert_allclose(
            scores(discriminator, images), np.mean(logits, axis=1), rtol=1e-4, atol=1e-5
        )


def test_labels_come_in_gradually(data):
    images, _ = data
    gan = GAN(32, TINY.model_copy(update={"steps": 100}), classes=2)
    weights = []
    for step in (0, 25, 40, 50, 100):
        gan.step.assign(step)
        weights.append(float(keras.ops.convert_to_numpy(gan.label_weight())))
    assert weights == pytest.approx([0, 0, 0.6, 1, 1])
    judge = gan.discriminator
    views = [images[:4] / 127.5 - 1, np.zeros((4, 2))]
    without, first, second = (
        keras.ops.convert_to_numpy(judge([views[0], views[1] + np.array(label)]))
        for label in ([0, 0], [1, 0], [0, 1])
    )
    assert not np.allclose(first, without)
    assert not np.allclose(first, second)


@pytest.mark.slow
def test_a_generator_from_before_the_labels_came_in_is_not_kept(data, tmp_path):
    images, labels = data
    config = TINY.model_copy(
        update={"quality_every": 1, "checkpoint_every": 1, "label_ramp": (0.25, 0.75)}
    )
    scores = iter([2.0, 1.0])
    ganaug.train_classes(
        images, labels, ["dark", "bright"], config, tmp_path, quality=lambda _: next(scores)
    )
    record = read_json(tmp_path / "record.json")
    assert record["scores"] == [[3, 2.0], [4, 1.0]]
    assert record["kept_step"] == 4


def test_the_judge_of_a_conditional_generator_looks_class_by_class(data, monkeypatch):
    class Mean:
        def __call__(self, images):
            return images.reshape(len(images), -1).mean(axis=1, keepdims=True) / 255

    monkeypatch.setattr("pipelines.synthetic.judges.open_judges", lambda *_: [Mean()])
    images, labels = data
    in_turn = images[np.argsort(np.arange(20) % 10, kind="stable")]
    swapped = in_turn.reshape(10, 2, 32, 32, 3)[:, ::-1].reshape(in_turn.shape)
    pooled, by_class = KidToTraining.of(images, "mean"), KidToTraining.of(images, "mean", labels)
    assert pooled(in_turn) == pytest.approx(pooled(swapped))
    assert by_class(in_turn) < 0 < by_class(swapped)


def test_batches_pair_images_with_their_labels(data):
    images, labels = data
    for ((batch, found),) in batches(images, labels, 8, 0, 6, flip=True, seed=[0]):
        assert ((batch.numpy().mean(axis=(1, 2, 3)) > 128) == found.numpy()).all()


def test_grids_show_real_images_of_every_class(data, tmp_path):
    images, labels = data
    images, labels = np.repeat(images, 2, axis=0), np.repeat(labels, 2)  # 40, sorted

    def bright(labels, classes, images):
        gan = GAN(32, TINY, classes=classes)
        shown = Session(gan, images, labels, tmp_path, {}, None, None).shown()
        return (shown.mean(axis=(1, 2, 3)) > 128).tolist()

    assert bright(None, 0, images) == [False] * 5 + [True] * 5
    assert bright(labels, 2, images) == [False, True] * 5
    assert bright(labels[:8], 1, images[:8]) == [False] * 8


def test_bad_labels_are_refused(data, tmp_path):
    images, labels = data
    with pytest.raises(InputError, match="19 labels"):
        ganaug.train_classes(images, labels[1:], ["a", "b"], TINY, tmp_path)
    with pytest.raises(InputError, match="of 1 classes"):
        ganaug.train_classes(images, labels, ["a"], TINY, tmp_path)
    with pytest.raises(InputError, match="class 'c' has 0 images"):
        ganaug.train_classes(images, labels, ["a", "b", "c"], TINY, tmp_path)
