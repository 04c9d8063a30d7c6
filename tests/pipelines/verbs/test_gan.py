import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganaug import Bank
from pipelines.cli import main
from pipelines.data.images import EVERY_CLASS
from tests.pipelines.verbs.command import failing


def test_too_few_images(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = failing(
        capsys, "gan", photographs, "--per-class", "40", "--outputs", tmp_path / "new"
    )
    assert "has 20 training images" in message
    assert "40 are asked for; ask for at most 20 (--per-class)" in message
    assert not (tmp_path / "new").exists()


def test_a_class_too_small_is_named_before_the_others_are_trained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    for name, count in (("cat", 12), ("yak", 9)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for at in range(count):
            pixels = rng.integers(0, 256, (16, 16, 3), np.uint8)
            file = tmp_path / "photos" / name / f"{at}.png"
            Image.fromarray(pixels).save(file)
    again = tmp_path / "photos" / "yak"
    for at in range(3):  # nine pictures, seven of them different
        (again / f"{at}.png").write_bytes((again / "0.png").read_bytes())
    message = failing(capsys, "gan", tmp_path / "photos", "--outputs", tmp_path / "new")
    assert "class 'yak' has 9 images, 7 of them different; a GAN needs at least 8" in message
    assert "--classes" in message
    assert not (tmp_path / "new").exists()


def test_outputs_that_cannot_be_written(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    message = failing(
        capsys, "gan", photographs, "--per-class", "10", "--outputs", tmp_path / "file"
    )
    assert "cannot be written" in message


@pytest.mark.slow
def test_a_projected_generator_keeps_its_best_step(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["gan", str(photographs), "--per-class", "10", "--classes", "apple", "--workers", "1"]
    words += ["--steps", "4", "--batch", "4", "--width", "4", "--latent", "8"]
    words += ["--discriminator", "projected", "--backbone-size", "32"]
    words += [
        "--grid-every",
        "2",
        "--judge",
        "random",
        "--quality-every",
        "2",
        "--outputs",
        str(tmp_path),
    ]
    assert main(words) == 0
    (folder,) = (tmp_path / "gan").iterdir()
    record = json.loads((folder / "record.json").read_text())
    assert [step for step, _ in record["scores"]] == [2, 4]
    said = capsys.readouterr().out
    assert "looked through efficientnet_lite1" in said
    assert f"{folder}: interpolation.png, quality.png, timelapse.gif" in said
    for picture in ("timelapse.gif", "interpolation.png", "quality.png"):
        assert Image.open(folder / picture).width > 50
    assert record["kept_step"] == min(record["scores"], key=lambda score: score[1])[0]
    assert "known: efficientnet_lite0, efficientnet_lite1" in failing(
        capsys, *words, "--backbone", "efficientnet_lite"
    )


@pytest.mark.slow
@pytest.mark.parametrize(("scope", "made"), [("conditional", ["apple", "leaf"]), ("pooled", [])])
def test_one_network_for_all_classes(
    scope: str,
    made: list[str],
    photographs: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["gan", str(photographs), "--per-class", "10", "--classes", "apple,leaf"]
    words += ["--scope", scope, "--steps", "2", "--batch", "4", "--width", "4", "--workers", "1"]
    assert main([*words, "--outputs", str(tmp_path)]) == 0
    assert len(list((tmp_path / "gan").iterdir())) == 1
    (bank,) = (tmp_path / "bank").iterdir()
    assert Bank(bank).class_names == (made or [EVERY_CLASS])
    assert main(["sample", str(bank), "--out", str(tmp_path / "grid.png")]) == 0
    assert main(["quality", str(bank), "--judges", "random", "--n", "12"]) == 0
    assert (made or [EVERY_CLASS])[0] in capsys.readouterr().out
