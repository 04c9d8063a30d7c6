from pathlib import Path

import pytest
from PIL import Image

from pipelines.augment import SETS, list_augmentations
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.verbs.augment import augment_preview
from tests.pipelines.verbs.command import failing


@pytest.mark.slow
def test_the_augmentation_sheet_has_a_row_for_each(
    photographs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["augment", "preview", "--image-folder", str(photographs), "--columns", "3"]
    heights = {}
    for name, more in (("all", []), ("one", ["--augment", "flip|shift(4)"])):
        out = tmp_path / f"{name}.png"
        assert main([*words, *more, "--out", str(out)]) == 0
        heights[name] = Image.open(out).height
    height = heights["one"] // 9  # the originals and eight draws
    names = 1 + len(list_augmentations()) + len(SETS) + 5  # terms of offline expansions
    assert heights["all"] == names * height
    assert "did you mean flip?" in failing(capsys, *words, "--augment", "flup|shift(4)")


def test_damaged_images_are_passed_over(photographs: Path, tmp_path: Path) -> None:
    """There is no `--skip-bad` to be pointed at."""
    damaged = sorted(photographs.rglob("*.*"))[::2]
    for picture in damaged:
        picture.write_bytes(b"no picture")
    out = augment_preview(str(photographs), augment="flip", columns=3, out=tmp_path / "sheet.png")
    assert out.is_file()
    for picture in photographs.rglob("*.*"):
        picture.write_bytes(b"no picture")
    with pytest.raises(InputError, match="of its images cannot be read; check them"):
        augment_preview(str(photographs), out=out)
