import numpy as np
import pytest

import ganaug
from ganaug import Bank, GanConfig
from ganaug.latent.sampling import draw_latents
from ganaug.quality import RandomNetwork
from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.recipes.mix import MixConfig
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.rules import parse_rules
from pipelines.synthetic.origins import synthesise
from pipelines.synthetic.selection import choose
from pipelines.training.checks import check_models
from pipelines.verbs.sample import sample


@pytest.fixture(scope="module")
def real():
    """Dark and bright noise, 12 images each."""
    rng = np.random.default_rng(0)
    dark = rng.integers(0, 60, (12, 32, 32, 3), np.uint8)
    return {"dark": dark, "bright": (dark[::-1] + 190).astype(np.uint8)}


@pytest.fixture(scope="module")
def bank(real, tmp_path_factory):
    root = tmp_path_factory.mktemp("trained")
    config = GanConfig(steps=1, batch=8, width=4, latent=8)
    for name, images in real.items():
        ganaug.train(images, config, root / name, class_name=name)
    return Bank.assemble(root / "bank", [root / name for name in real])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("agreemint", "did you mean agreement"),
        ("score", r"as in score\(0.5\)"),
        ("novelty(0.5)", "a fraction belongs to score"),
        ("score(2)", "above 0 and at most 1"),
        ("score 0.5", "write rules as in"),
    ],
)
def test_a_wrong_rule_is_one_line(text, said):
    for check in (parse_rules, lambda text: load_recipe(None, {"mix": {"choose": text}})):
        with pytest.raises(InputError, match=said):
            check(text)


@pytest.mark.slow
def test_the_discriminator_keeps_its_best(bank, real):
    chosen = choose(bank, real, "score(0.25)", 10, seed=3, judge=RandomNetwork())
    assert list(chosen) == ["dark", "bright"]
    for name, (images, report) in chosen.items():
        assert images.shape == (10, 32, 32, 3)
        assert report.acceptance == pytest.approx(0.25)
        usual = bank.score(name, bank.sample(name, 200, seed=4))
        assert bank.score(name, images).min() > np.median(usual)


@pytest.mark.slow
def test_the_discriminator_chooses_without_real_images_or_a_judge(bank, tmp_path):
    out = sample(bank.folder, n=3, choose="score(0.5)", choose_by="none", out=tmp_path / "a.npz")
    assert Images.load(out).counts().tolist() == [3, 3]
    with pytest.raises(InputError, match="does not hold the images"):
        sample(bank.folder, n=3, choose="novelty", choose_by="none", out=out)


class Means:
    """Judges an image by the mean of its upper and of its lower half."""

    name = "means"

    def __call__(self, images):
        halves = images.reshape(len(images), 2, -1)
        return halves.mean(axis=2, dtype=np.float32)


@pytest.mark.slow
def test_classifiers_of_the_real_images_have_to_agree(real, bank, monkeypatch):
    def half_dark(label, n, seed, truncation=1.0):
        bright = draw_latents(n, 1, [seed, 7])[:, 0] > 0
        return np.where(bright[:, None, None, None], np.uint8(220), np.uint8(30)) * np.ones(
            (n, 32, 32, 3), np.uint8
        )

    monkeypatch.setattr(bank, "sample", half_dark)
    chosen = choose(bank, real, "agreement", 10, seed=0, judge=Means(), names=["bright"])
    ((images, report),) = chosen.values()
    assert (images == 220).all()
    assert 0.3 < report.acceptance < 0.7


@pytest.mark.slow
def test_copies_are_dropped(real, bank, monkeypatch):
    fresh = bank.sample

    def half_copied(label, n, seed, truncation=1.0):
        images = fresh(label, n, seed, truncation)
        images[::2] = real[label][np.arange(len(images[::2])) % 12]
        return images

    judge = RandomNetwork()
    monkeypatch.setattr(bank, "sample", lambda *args, **options: fresh(*args, **options))
    (_, before), *_ = choose(bank, real, "novelty", 8, seed=0, judge=judge).values()
    monkeypatch.setattr(bank, "sample", half_copied)
    (images, after), *_ = choose(bank, real, "novelty", 8, seed=0, judge=judge).values()
    assert after.acceptance <= 0.5
    assert before.acceptance > after.acceptance
    assert not {image.tobytes() for image in images} & {i.tobytes() for i in real["dark"]}


@pytest.mark.slow
def test_chosen_images_are_mixed_in_and_what_they_owe_is_told(real, bank, monkeypatch):
    images = Images(
        np.concatenate(list(real.values())), np.repeat([0, 1], 12), tuple(real), "noise"
    )
    config = MixConfig(
        strategy="fraction", per_class=6, choose="score(0.5)|novelty", choose_by="random"
    )
    made = synthesise(config, images, 0, bank=bank)
    assert made.images.counts().tolist() == [6, 6]
    assert [note.partition(":")[0] for note in made.notes] == ["dark", "bright"]
    assert all("images drawn" in note for note in made.notes)
    assert not synthesise(MixConfig(per_class=6), images, 0, bank=bank).notes
    projected = GanConfig(discriminator="projected", judge="efficientnet_lite0")
    monkeypatch.setattr(bank, "settings", lambda: [projected] * 2)
    assert synthesise(MixConfig(per_class=6), images, 0, bank=bank).notes == (
        "Generated images owe something to ImageNet: the discriminator looked through "
        "efficientnet_lite1, efficientnet_lite0 chose the step to keep.",
    )
    with pytest.raises(InputError, match=r"needs mix\.origin 'bank'"):
        load_recipe(None, {"mix": {"choose": "novelty", "origin": "noise"}})


@pytest.mark.slow
def test_agreement_needs_another_class(real, bank):
    with pytest.raises(InputError, match="two classes of at least 5"):
        choose(bank, {"dark": real["dark"]}, "agreement", 3, seed=0, judge=Means())


def test_samples_without_a_label_are_not_mixed_in():
    recipe = load_recipe(None, {"gan": {"scope": "pooled"}})
    with pytest.raises(InputError, match=r"gan.scope='pooled', which have no label"):
        check_models(recipe, dict.fromkeys(recipe.arms, 32), 2)
    probe = {"train": {"model": "efficientnet_lite0", "probe": "ridge"}}
    arms = {"arms": {"a": {"mix": {"strategy": "concatenate", "synthetic_weight": 0.5}}}}
    with pytest.raises(InputError, match=r"mix.synthetic_weight=0.5 with train.probe"):
        check_models(load_recipe(None, probe | arms), {"a": 32}, 2)
    copies = {"strategy": "concatenate", "origin": "copies", "copy_augment": "flip|mixup"}
    arms = {"arms": {"a": {"mix": copies}}}
    with pytest.raises(InputError, match=r"copy_augment='flip\|mixup' with train.probe"):
        check_models(load_recipe(None, probe | arms), {"a": 32}, 2)
