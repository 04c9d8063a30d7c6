from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import ganaug
from classifiers import probabilities
from classifiers.models.registry import load_model
from ganaug import Bank, GanConfig
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import Arm
from pipelines.synthetic.origins import synthesise
from pipelines.training import ways
from pipelines.training.arm import fit_arm
from pipelines.training.dada import folded, turned_discriminator
from tests.pipelines.mixing.greys import SYNTHETIC, seen


class TestDada:
    """The discriminator that goes on as a classifier."""

    CONFIG = GanConfig(steps=2, batch=8, width=4, latent=4, scope="conditional", grid_every=0)

    def bank(self, images: Images, folder: Path, **changes: object) -> Bank:
        config = self.CONFIG.model_copy(update=changes)
        ganaug.train_classes(images.pixels, images.labels, images.class_names, config, folder)
        return Bank(folder)

    def test_generated_images_are_classes_of_their_own(self):
        for weight in (1, 0.5):
            config = MixConfig(strategy="dada", fraction=0.25, synthetic_weight=weight)
            ((batch, *_),) = seen(config)
            assert batch.synthetic == 1
            for grey, label in zip(batch.greys, batch.labels, strict=True):
                assert label.tolist() == np.eye(4)[grey % 2 + 2 * (grey in SYNTHETIC)].tolist()

    def test_it_is_loaded_as_any_classifier_is(self, tmp_path):
        image = keras.Input((8, 8, 3))
        both = keras.layers.Dense(4, name="both_logits")(keras.layers.Flatten()(image))
        model = folded(keras.Model(image, both))
        model.save(tmp_path / "model.keras")
        pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
        loaded = load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(probabilities(loaded, pixels), probabilities(model, pixels))

    @pytest.mark.slow
    def test_it_begins_with_the_discriminator_and_ends_as_a_classifier(self, tiny_images, tmp_path):
        bank = self.bank(tiny_images, tmp_path / "bank")
        network = turned_discriminator(bank, seed=0)
        assert network.output_shape == (None, 4)
        (discriminator,) = [
            one for one in bank.discriminator(0).layers if one.name == "discriminator"
        ]
        kernels = [one.get_weights()[0] for one in discriminator.layers if one.get_weights()]
        first = network.get_layer("trunk").get_weights()[0]
        np.testing.assert_array_equal(first, kernels[0])
        images = tiny_images.pixels[:5] / np.float32(255)
        chances = np.asarray(keras.ops.softmax(network(images)))
        np.testing.assert_allclose(
            keras.ops.softmax(folded(network)(images)), chances[:, :2] + chances[:, 2:], atol=1e-5
        )
        arm = Arm.model_validate(
            {
                "mix": {"strategy": "dada", "per_class": 8},
                "train": {"epochs": 2, "batch": 8, "members": 2},
                "augment": "invert",
                "input": {"on_device": True, "cache": "disk", "workers": 2},
            }
        )
        synthetic = synthesise(arm.mix, tiny_images, 0, bank=bank)
        epochs = []
        fitted = fit_arm(
            arm,
            tiny_images,
            synthetic,
            tiny_images,
            cache=tmp_path,
            bank=bank,
            progress=lambda done, total: epochs.append((done, total)),
        ).fit
        assert epochs == [(1, 4), (2, 4), (3, 4), (4, 4)]
        one_member = {"members": 1, "evaluate_at": (1,)}
        once = arm.model_copy(update={"train": arm.train.model_copy(update=one_member)})
        single, plain = (
            fit_arm(one, tiny_images, synthetic, tiny_images, cache=tmp_path, bank=bank).fit
            for one in (once, once.model_copy(update={"augment": ""}))
        )
        assert list(single.accuracy_at) == [1, 2]
        assert single.history["loss"] != plain.history["loss"], "augmentation in the step happens"
        assert fitted.model.output_shape == (None, 2)
        assert fitted.test_probabilities.shape == (24, 2)
        assert len(fitted.history["loss"]) == 2
        fitted.model.save(tmp_path / "model.keras")
        loaded = load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(
            probabilities(loaded, tiny_images.pixels), fitted.test_probabilities, atol=1e-5
        )

    def test_validation_images_of_the_source_watch_it(self, tiny_images, tmp_path, monkeypatch):
        inputs = keras.Input((*tiny_images.size, 3))
        logits = keras.layers.Dense(4)(keras.layers.Flatten()(inputs))
        network = keras.Model(inputs, logits)
        monkeypatch.setattr(ways, "turned_discriminator", lambda *_: network)
        settings = {"epochs": 3, "batch": 8, "patience": 2, "learning_rate": 1e-3, "retries": 0}
        mix = {"strategy": "dada", "origin": "noise", "per_class": 4}
        arm = Arm.model_validate({"mix": mix, "train": settings | {"evaluate_at": (1, 2, 3)}})
        fitted = fit_arm(
            arm,
            tiny_images,
            synthesise(arm.mix, tiny_images, 0),
            tiny_images,
            valid=tiny_images,
            cache=tmp_path,
            bank=SimpleNamespace(),
        ).fit
        assert len(fitted.history["val_loss"]) == len(fitted.history["loss"])
        best = int(np.argmin(fitted.history["val_loss"]))
        right = fitted.test_probabilities[np.arange(len(tiny_images)), tiny_images.labels]
        assert -np.log(right).mean() == pytest.approx(fitted.history["val_loss"][best], rel=1e-4)
        assert fitted.accuracy_at[1] == pytest.approx(fitted.history["val_accuracy"][0])

    @pytest.mark.slow
    def test_a_discriminator_for_each_class_is_refused(self, tiny_images, tmp_path):
        for name, label in (("a", 0), ("b", 1)):
            config = self.CONFIG.model_copy(update={"scope": "class"})
            ganaug.train(tiny_images.of_class(label), config, tmp_path / name, class_name=name)
        bank = Bank.assemble(tmp_path / "bank", [tmp_path / "a", tmp_path / "b"])
        with pytest.raises(InputError, match=r"needs gan\.scope='conditional'"):
            turned_discriminator(bank, seed=0)

    def test_a_discriminator_that_compares_images_is_refused(self):
        config = self.CONFIG.model_copy(update={"minibatch_stddev": True})
        with pytest.raises(InputError, match=r"needs gan\.minibatch_stddev=False"):
            turned_discriminator(SimpleNamespace(settings=lambda: [config] * 2), seed=0)
