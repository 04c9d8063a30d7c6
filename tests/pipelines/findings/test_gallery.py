import numpy as np
import pytest
from PIL import Image

from pipelines.comparison.instances import draw_instances, open_source
from pipelines.data.pool import in_memory, of_reader
from pipelines.data.reader import Numbered
from pipelines.data.sources import Source, load_source
from pipelines.data.sources.pictures import Pictures
from pipelines.errors import InputError
from pipelines.findings.gallery import gallery_of, names_of, without
from pipelines.recipes.data import DataConfig


def table(path, *files):
    path.write_text("file,action\n" + "".join(f"{file},exclude\n" for file in files))
    return path


def test_pictures_are_called_by_their_files(image_folder):
    pool = gallery_of(load_source(str(image_folder)))
    assert pool.names[:4] == ("cat/1.jpg", "cat/2.png", "cat/10.bmp", "cat/11.gif")
    assert set(pool.splits) == {"train"}
    assert pool.pixels.shape == (8, 32, 32, 3)
    assert pool.looked_at().shape == (8, 32, 32, 3)  # no more than the pictures have
    assert pool.picture(0).shape == (32, 32, 3)
    assert pool.content(0) == (image_folder / "cat" / "1.jpg").read_bytes()


def test_large_pictures_are_looked_at_larger_than_they_are_compared(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (300, 200), "red").save(tmp_path / name / "1.png")
    pool = gallery_of(load_source(str(tmp_path)))
    assert pool.pixels.shape == (2, 64, 64, 3)
    assert pool.looked_at().shape == (2, 128, 128, 3)
    assert pool.picture(1).shape == (128, 128, 3)


def test_or_by_their_numbers(make_images):
    source = Source("stripes", in_memory(make_images(2)), in_memory(make_images(1, seed=1)))
    assert names_of(source, "test") == ("test/0", "test/1")
    pool = gallery_of(source)
    assert pool.names[3:] == ("train/3", "test/0", "test/1")
    assert (pool.looked_at() == pool.pixels).all()
    assert pool.content(0) is None


def test_numbers_of_encoded_pictures_are_told_apart_by_their_splits(tmp_path, image_folder):
    # As those of data sets of Hugging Face and tensorflow-datasets lie.
    files = sorted((image_folder / "cat").iterdir())

    def some(positions):
        return (files[at] for at in positions.tolist())

    pools = [
        of_reader(Pictures("set", Numbered(4), some), [0, 0, 1, 1], ("cat", "dog"), "set")
        for _ in range(2)
    ]
    source = Source("set", *pools)
    assert names_of(source, "test")[0] == "test/0"
    left = without(source, table(tmp_path / "t.csv", "test/0"))
    assert (len(left.train), len(left.splits["test"])) == (4, 3)


def test_what_cannot_be_read_has_no_name(image_folder):
    (image_folder / "cat" / "2.png").write_bytes(b"nothing")
    names = gallery_of(load_source(str(image_folder), skip_bad=True)).names
    assert names[:2] == ("cat/1.jpg", "cat/10.bmp")


def test_excluded_files_are_left_out_and_count_in_identities(image_folder, tmp_path):
    whole = load_source(str(image_folder))
    left = without(whole, table(tmp_path / "t.csv", "cat/2.png", "dog/d.png"))
    assert len(left.train) == 6
    assert names_of(left, "train")[:2] == ("cat/1.jpg", "cat/10.bmp")
    assert "2 images were left out" in left.notes[-1]
    assert left.train.hashes()[1] == whole.train.hashes()[2]
    data = DataConfig(source=str(image_folder), instances=1)
    (first,) = draw_instances(open_source(data), data, tmp_path, [32])
    less = data.model_copy(update={"exclude": tmp_path / "t.csv"})
    (second,) = draw_instances(open_source(less), less, tmp_path, [32])
    assert first.at[32].folder != second.at[32].folder
    assert first.at[32].class_digests != second.at[32].class_digests


def test_a_number_keeps_meaning_the_same_picture(make_images, tmp_path):
    source = Source("stripes", in_memory(make_images(4)), None)
    left = without(source, table(tmp_path / "t.csv", "train/1"))
    assert names_of(left, "train")[:3] == ("train/0", "train/2", "train/3")
    again = without(left, table(tmp_path / "u.csv", "train/2"))
    assert again.train.hashes()[1] == source.train.hashes()[3]


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
    source = load_source(str(root))
    assert set(source.splits) == {"train", "test"}
    assert all(name.startswith("valid/") for name in names_of(source, "test"))


def test_numbered_pictures_of_two_splits_have_names_of_their_own(tmp_path):
    """Those of a data set that keeps its pictures encoded: 0 of train is not 0 of test."""
    Image.new("RGB", (32, 32)).save(tmp_path / "a.png")
    content = (tmp_path / "a.png").read_bytes()

    def pool(count):
        reader = Pictures("set", Numbered(count), lambda positions: [content] * len(positions))
        return of_reader(reader, np.arange(count) % 2, ("a", "b"), "set")

    source = Source("set", pool(4), pool(2))
    assert names_of(source, "test") == ("test/0", "test/1")
    left = without(source, table(tmp_path / "t.csv", "train/0"))
    assert (len(left.train), len(left.test)) == (3, 2)
