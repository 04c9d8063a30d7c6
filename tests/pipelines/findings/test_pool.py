import numpy as np
import pytest

from pipelines.comparison.instances import draw_instances, open_source
from pipelines.data.sources import Source, load_source
from pipelines.errors import InputError
from pipelines.findings.pool import names_of, pool_of, without
from pipelines.recipes.data import DataConfig


def table(path, *files):
    path.write_text("file,action\n" + "".join(f"{file},exclude\n" for file in files))
    return path


def test_pictures_are_called_by_their_files(image_folder):
    pool = pool_of(load_source(str(image_folder)))
    assert pool.names[:4] == ("cat/1.jpg", "cat/2.png", "cat/10.bmp", "cat/11.gif")
    assert set(pool.splits) == {"train"}
    assert pool.looked_at().shape == (8, 128, 128, 3)
    assert pool.picture(0).shape == (128, 128, 3)


def test_or_by_their_numbers(make_images):
    source = Source("stripes", make_images(2), make_images(1, seed=1))
    assert names_of(source, "test") == ("test/0", "test/1")
    pool = pool_of(source)
    assert pool.names[3:] == ("train/3", "test/0", "test/1")
    assert pool.looked_at() is pool.pixels


def test_what_cannot_be_read_has_no_name(image_folder):
    (image_folder / "cat" / "2.png").write_bytes(b"nothing")
    names = names_of(load_source(str(image_folder), skip_bad=True), "train")
    assert names[:2] == ("cat/1.jpg", "cat/10.bmp")


def test_excluded_files_are_left_out_and_count_in_identities(image_folder, tmp_path):
    whole = load_source(str(image_folder))
    left = without(whole, table(tmp_path / "t.csv", "cat/2.png", "dog/d.png"))
    assert len(left.train) == 6
    assert left.names["train"][:2] == ("cat/1.jpg", "cat/10.bmp")
    assert "2 images were left out" in left.notes[-1]
    assert (left.train.pixels[1] == whole.train.pixels[2]).all()
    data = DataConfig(source=str(image_folder), instances=1)
    (first,) = draw_instances(open_source(data), data, tmp_path)
    less = data.model_copy(update={"exclude": tmp_path / "t.csv"})
    (second,) = draw_instances(open_source(less), less, tmp_path)
    assert first.folder != second.folder
    assert first.class_digests != second.class_digests


def test_a_number_keeps_meaning_the_same_picture(make_images, tmp_path):
    source = Source("stripes", make_images(4), None)
    left = without(source, table(tmp_path / "t.csv", "train/1"))
    assert names_of(left, "train")[:3] == ("train/0", "train/2", "train/3")
    again = without(left, table(tmp_path / "u.csv", "train/2"))
    assert (again.train.pixels[1] == source.train.pixels[3]).all()


def test_a_file_that_is_not_there_is_one_line(image_folder, tmp_path):
    source = load_source(str(image_folder))
    with pytest.raises(InputError, match=r"t.csv, line 3: cat/gone.png is not in pets"):
        without(source, table(tmp_path / "t.csv", "cat/1.jpg", "cat/gone.png"))
    every = [name for name in names_of(source, "train") if name.startswith("cat")]
    with pytest.raises(InputError, match="every training image of class 'cat'"):
        without(source, table(tmp_path / "t.csv", *every))


def test_validation_images_to_test_on_keep_their_names(image_folder, tmp_path):
    root = tmp_path / "split"
    for split in ("train", "valid"):
        (root / split).mkdir(parents=True)
        for name in ("cat", "dog"):
            (root / split / name).symlink_to(image_folder / name)
    names = load_source(str(root)).names
    assert set(names) == {"train", "test"}
    assert np.all([name.startswith("valid/") for name in names["test"]])
