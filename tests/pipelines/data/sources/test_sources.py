import os
import shutil
import socket
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from groundwork.names import natural
from pipelines.data.sources import download, list_sources, load_source
from pipelines.data.sources.pixels import decode, from_arrays
from pipelines.errors import InputError

RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def flat(colour: tuple[int, ...], size: tuple[int, int] = (16, 16), mode: str = "RGB"):
    return Image.new(mode, size, colour)


# Pictures to pixels


@pytest.mark.parametrize(
    ("picture", "colour"),
    [
        (flat((255, 0, 0, 0), mode="RGBA"), WHITE),
        (flat((255, 0, 0, 255), mode="RGBA"), RED),
        (flat((0, 0, 0, 128), mode="RGBA"), (127, 127, 127)),
        (flat((90, 0), mode="LA"), WHITE),
        (flat((77,), mode="L"), (77, 77, 77)),
        (flat(RED).convert("P"), RED),
        (Image.fromarray(np.full((16, 16), 200 * 256 + 9, np.uint16)), (200, 200, 200)),
        (flat((1,), mode="1"), WHITE),
    ],
    ids=["clear", "opaque", "half", "grey clear", "grey", "palette", "16 bit", "1 bit"],
)
def test_any_mode_becomes_rgb_on_white(tmp_path, picture, colour):
    path = tmp_path / "picture.png"
    picture.save(path)
    pixels = decode(path, 8)
    assert pixels.shape == (8, 8, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == colour).all()


def test_a_palette_with_a_transparent_colour_becomes_white(tmp_path):
    path = tmp_path / "picture.gif"
    flat(RED).convert("P").save(path, transparency=flat(RED).convert("P").getpixel((0, 0)))
    assert (decode(path, 8) == WHITE).all()


def test_photographs_stand_upright(tmp_path):
    upright = Image.new("RGB", (16, 16), BLACK)
    upright.paste(WHITE, (0, 0, 16, 8))  # white on top
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right to see it upright
    path = tmp_path / "phone.jpg"
    upright.transpose(Image.Transpose.ROTATE_90).save(path, exif=exif, quality=95)
    pixels = decode(path, 16).astype(int)
    assert pixels[:6].mean() > 240
    assert pixels[10:].mean() < 15


def test_the_centre_is_kept_and_the_shorter_side_fitted(tmp_path):
    wide = Image.new("RGB", (90, 30), BLACK)
    wide.paste(RED, (30, 0, 60, 30))
    wide.save(tmp_path / "wide.png")
    assert (decode(tmp_path / "wide.png", 10)[:, 1:-1] == RED).all()


def test_an_animation_gives_its_first_frame(tmp_path):
    path = tmp_path / "moving.gif"
    flat(RED).save(path, save_all=True, append_images=[flat(BLACK)])
    assert (decode(path, 8) == RED).all()


def test_large_jpegs_are_read_smaller_and_look_the_same(tmp_path):
    ramp = np.linspace(0, 255, 640).astype(np.uint8)
    picture = Image.fromarray(np.dstack([np.tile(ramp, (640, 1))] * 3))
    picture.save(tmp_path / "ramp.jpg", quality=95)
    picture.save(tmp_path / "ramp.png")
    fast, exact = (decode(tmp_path / name, 32).astype(int) for name in ("ramp.jpg", "ramp.png"))
    assert abs(fast - exact).max() <= 4


def test_small_images_are_set_in_black_unless_asked_smaller():
    digits = np.full((2, 28, 28), 255, np.uint8)
    padded = from_arrays(digits, None)
    assert padded.shape == (2, 32, 32, 3)
    assert (padded[:, 2:30, 2:30] == 255).all()
    assert padded.sum() == digits.sum() * 3
    assert from_arrays(digits, 28).shape == (2, 28, 28, 3)
    assert (from_arrays(digits, 28) == 255).all()
    assert from_arrays(digits, 64)[0, 0, 0].tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("shape", "size", "side"),
    [((1, 48, 64, 3), None, 48), ((1, 30, 100, 1), None, 32), ((1, 40, 40, 4), 24, 24)],
)
def test_arrays_become_squares(shape, size, side):
    assert from_arrays(np.full(shape, 255, np.uint8), size).shape == (1, side, side, 3)


def test_arrays_that_are_no_images_are_refused():
    with pytest.raises(InputError, match=r"\[2, 3, 32, 32\]"):
        from_arrays(np.zeros((2, 3, 32, 32), np.uint8), None)


# Folders


def test_a_folder_in_every_format(image_folder):
    source = load_source(str(image_folder))
    assert source.name == "pets"
    assert source.test is None
    assert source.notes == []
    assert source.train.class_names == ("cat", "dog")
    assert source.train.counts().tolist() == [4, 4]
    assert source.train.size == (32, 32)
    with Image.open(image_folder / "dog" / "a.webp") as image:
        middle = image.resize((32, 32), Image.Resampling.BICUBIC, box=(8, 0, 56, 48))
    assert (source.train.pixels[4] == np.asarray(middle)).all()


def test_the_size_is_the_one_asked_for(image_folder):
    assert load_source(str(image_folder), size=48).train.size == (48, 48)
    for size in (7, 513):
        with pytest.raises(InputError, match="8 to 512"):
            load_source(str(image_folder), size=size)


def test_files_come_in_natural_order_whatever_the_disk_says(tmp_path, monkeypatch):
    for name in ("b", "a"):
        (tmp_path / name / "more").mkdir(parents=True)
        for number in (10, 9, 1):
            flat((number,) * 3).save(tmp_path / name / f"{number}.png")
        flat((2,) * 3).save(tmp_path / name / "more" / "0.png")
    first = load_source(str(tmp_path)).train
    assert first.pixels[:4, 0, 0, 0].tolist() == [1, 9, 10, 2]
    listed = Path.iterdir
    monkeypatch.setattr(Path, "iterdir", lambda path: reversed(list(listed(path))))
    assert load_source(str(tmp_path)).train.digest() == first.digest()


def test_natural_order():
    names = ["b", "A10", "a9", "a10", "a²", "a"]
    assert sorted(names, key=natural) == ["a", "a9", "A10", "a10", "a²", "b"]


def test_what_systems_leave_behind_is_not_read_and_the_rest_is_named(image_folder):
    for name in (".DS_Store", "Thumbs.db", "._1.jpg"):
        (image_folder / "cat" / name).write_bytes(b"x")
    (image_folder / ".git").mkdir()
    (image_folder / "__MACOSX").mkdir()
    (image_folder / "cat" / "notes.txt").touch()
    (image_folder / "cat" / "photo.HEIC").touch()
    (image_folder / "dog" / "photo.heic").touch()
    (image_folder / "empty").mkdir()
    source = load_source(str(image_folder))
    assert len(source.train) == 8
    assert source.notes == [
        "files that are no images were left aside: 2 .heic, 1 .txt",
        "folders without images were left aside: empty",
    ]


@pytest.fixture
def split_folder(image_folder):
    root = image_folder.parent / "splits"
    for split in ("Train", "val", "test"):
        shutil.copytree(image_folder, root / split)
    (root / "test" / "cat" / "1.jpg").unlink()
    return root


def test_splits(split_folder):
    (split_folder / "docs").mkdir()
    source = load_source(str(split_folder))
    assert {name: len(part) for name, part in source.splits.items()} == {
        "train": 8,
        "valid": 8,
        "test": 7,
    }
    assert source.notes == ["folders beside the splits were left aside: docs"]
    shutil.rmtree(split_folder / "test")
    source = load_source(str(split_folder))
    assert len(source.test) == 8
    assert source.valid is None
    assert "no test split: the validation images are those to test on" in source.notes


def test_a_class_missing_from_a_split(split_folder):
    shutil.rmtree(split_folder / "test" / "cat")
    assert load_source(str(split_folder)).test.counts().tolist() == [0, 4]
    (split_folder / "test" / "dog").rename(split_folder / "test" / "fox")
    with pytest.raises(InputError, match="test split has class 'fox'"):
        load_source(str(split_folder))


def test_classes_may_be_called_as_splits(image_folder):
    (image_folder / "cat").rename(image_folder / "train")
    (image_folder / "dog").rename(image_folder / "test")
    assert load_source(str(image_folder)).train.class_names == ("test", "train")


def test_broken_images_are_counted_and_named(image_folder):
    whole = (image_folder / "cat" / "2.png").read_bytes()
    (image_folder / "cat" / "2.png").write_bytes(whole[: len(whole) // 2])
    (image_folder / "dog" / "b.PNG").write_bytes(b"no picture")
    (image_folder / "dog" / "c.jpeg").write_bytes(b"")
    message = "3 of 8 images cannot be read: cat/2.png .*dog/b.PNG .*--skip-bad"
    with pytest.raises(InputError, match=message):
        load_source(str(image_folder))
    source = load_source(str(image_folder), skip_bad=True)
    assert source.train.counts().tolist() == [3, 2]
    (note,) = source.notes
    assert note.startswith("3 images that cannot be read were left out: cat/2.png (")


@pytest.mark.parametrize("name", ["1.jpg", "2.png", "10.bmp", "11.gif"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_an_image_cut_short_anywhere_is_found(image_folder, name, kept):
    path = image_folder / "cat" / name
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(InputError, match=f"1 of 8 images cannot be read: cat/{name}"):
        load_source(str(image_folder))


def test_folders_that_hold_no_data_set(tmp_path):
    empty, loose, single, wrong = (tmp_path / name for name in ("empty", "loose", "one", "wrong"))
    for folder in (empty, loose, single / "cat", wrong / "cat", wrong / "dog"):
        folder.mkdir(parents=True)
    flat(RED).save(loose / "1.png")
    flat(RED).save(single / "cat" / "1.png")
    (wrong / "cat" / "1.tif").touch()
    for folder, message in {
        tmp_path / "none": "does not exist",
        empty: "holds no images; give a folder with a sub-folder",
        loose: "holds 1 images but no class folders",
        single: "of one class only, 'cat'",
        wrong: "holds no images, only 1 .tif",
        loose / "1.png": "is a file",
    }.items():
        with pytest.raises(InputError, match=message):
            load_source(str(folder))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_read(image_folder):
    (image_folder / "cat").chmod(0)
    try:
        with pytest.raises(InputError, match="permission"):
            load_source(str(image_folder))
    finally:
        (image_folder / "cat").chmod(0o700)


# Files


def test_our_own_npz(tmp_path, tiny_images):
    tiny_images.save(tmp_path / "mine.npz")
    source = load_source(str(tmp_path / "mine.npz"))
    assert source.train.digest() == tiny_images.digest()
    assert source.name == "mine"
    assert source.test is None


def test_npz_as_keras_writes_it(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "keras.npz"
    train, test = (rng.integers(0, 256, (n, 28, 28), dtype=np.uint8) for n in (6, 4))
    labels = np.array([[3], [7], [7], [3], [9], [9]], np.uint8)
    np.savez(path, x_train=train, y_train=labels, x_test=test, y_test=labels[:4])
    source = load_source(str(path))
    assert source.train.class_names == ("3", "7", "9")
    assert source.train.labels.tolist() == [0, 1, 1, 0, 2, 2]
    assert source.test.labels.tolist() == [0, 1, 1, 0]
    assert (source.test.pixels[:, 2:30, 2:30, 1] == test).all()


@pytest.mark.parametrize(
    ("images", "grey"),
    [
        (np.full((4, 32, 32), 0.5, np.float32), 128),
        (np.full((4, 32, 32, 1), 200, np.int64), 200),
        (np.zeros((4, 32, 32, 4), np.uint8), 255),
    ],
)
def test_npz_of_other_types(tmp_path, images, grey):
    np.savez(tmp_path / "a.npz", images=images, labels=np.array(["b", "a", "b", "a"]))
    train = load_source(str(tmp_path / "a.npz")).train
    assert (train.pixels == grey).all()
    assert train.class_names == ("a", "b")
    assert train.labels.tolist() == [1, 0, 1, 0]


GOOD = {"images": np.zeros((4, 32, 32, 3), np.uint8), "labels": np.array([0, 1, 0, 1])}


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x": GOOD["images"]}, "it holds x; give arrays images and labels"),
        (GOOD | {"labels": np.array([0, 1])}, "give 4 integers"),
        (GOOD | {"labels": np.eye(4)}, r"shape \[4, 4\]"),
        (GOOD | {"labels": np.zeros(4, int)}, "one class, '0'"),
        (GOOD | {"images": np.full((4, 32, 32), 255.0)}, "floats in 0..1"),
        (GOOD | {"images": np.full((4, 32, 32), np.nan)}, "floats in 0..1"),
        (GOOD | {"images": GOOD["images"][:0], "labels": np.zeros(0, int)}, r"\[0, 32, 32, 3\]"),
        (GOOD | {"class_names": np.array(["a"])}, "1 class names"),
        (
            {"x_train": GOOD["images"], "y_train": GOOD["labels"]}
            | {"x_test": GOOD["images"], "y_test": np.array([0, 1, 2, 0])},
            "unknown label '2'",
        ),
    ],
)
def test_npz_that_is_no_data_set(tmp_path, arrays, message):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load_source(str(tmp_path / "a.npz"))


def test_a_missing_npz(tmp_path):
    with pytest.raises(InputError, match=r"a\.npz does not exist"):
        load_source(str(tmp_path / "a.npz"))


# By name


def test_mnist5k_is_always_there():
    source = load_source("mnist5k")
    assert source.train.pixels.shape == (5000, 32, 32, 3)
    assert source.train.counts().tolist() == [500] * 10
    assert source.test is None
    frame = source.train.pixels.copy()
    frame[:, 2:30, 2:30] = 0
    assert not frame.any()


def test_unknown_names_give_the_closest():
    with pytest.raises(InputError, match="'cifar-10'; did you mean cifar10 or"):
        load_source("cifar-10")
    with pytest.raises(InputError, match="BuilderConfig nope not found"):
        load_source("emnist/nope")
    with pytest.raises(InputError, match="image classification"):
        load_source("glue")
    with pytest.raises(InputError, match="by hand"):
        load_source("imagenet2012")


def test_a_name_is_a_data_set_before_it_is_a_folder(image_folder, tmp_path, monkeypatch, offline):
    monkeypatch.chdir(tmp_path)
    image_folder.rename(tmp_path / "cifar10")
    with pytest.raises(InputError, match="cannot be reached"):
        load_source("cifar10", data_dir=tmp_path / "none")
    assert load_source("./cifar10").train.class_names == ("cat", "dog")
    (tmp_path / "cifar10").rename(tmp_path / "pets")
    assert load_source("pets").train.class_names == ("cat", "dog")


def test_list_sources():
    known = list_sources()
    assert list(known)[:2] == ["auto", "mnist5k"]
    assert {"cifar10", "cifar100", "fashion_mnist", "oxford_flowers102"} <= known.keys()
    assert "glue" not in known


@pytest.fixture
def offline(monkeypatch):
    """No host answers, and nobody tries to download."""
    monkeypatch.delenv("GANAUG_DATA_DIR", raising=False)
    monkeypatch.setattr(download, "reachable", lambda urls: False)


def test_a_download_without_a_network_names_what_works(offline, tmp_path):
    with pytest.raises(InputError) as caught:
        load_source("fashion_mnist", data_dir=tmp_path)
    message = str(caught.value)
    assert "\n" not in message
    for word in ("fashion_mnist", str(tmp_path), "amazonaws.com", "mnist5k", ".npz", "--data-dir"):
        assert word in message
    assert list(tmp_path.iterdir()) == []


def test_auto_without_a_network_says_what_it_took(offline, tmp_path):
    source = load_source("auto", data_dir=tmp_path)
    assert source.name == "mnist5k"
    assert source.notes[0].startswith("auto chose mnist5k: cifar10 is not in")


@pytest.fixture
def server():
    """A web server on this machine that gives one file and does not know any other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/grey" else 404)
            self.end_headers()
            self.wfile.write(b"100")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_reachable_is_what_answers_in_time(server):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nothing = f"http://127.0.0.1:{silent.getsockname()[1]}/file"
        assert not download.reachable([nothing], patience=0.2)
        assert download.reachable([nothing, f"{server}/gone"], patience=5)
    assert not download.reachable([nothing], patience=5)  # closed by now: refused at once


class Recorder:
    """Stands for a builder of tensorflow-datasets."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = None
    data_dir_root = "here"
    info = type("Info", (), {"name": "pets"})

    def __init__(self, url, fails=False):
        self.url_infos = {url: None}
        self.fails = fails
        self.calls = Counter()

    def download_and_prepare(self):
        self.calls["download"] += 1
        if self.fails:
            raise OSError("disk full\nand a long story")


def test_a_host_that_answers_is_downloaded_from(server):
    builder = Recorder(server)
    download.download(builder)
    assert builder.calls["download"] == 1
    with pytest.raises(InputError, match=r"cannot be downloaded \(disk full\)"):
        download.download(Recorder(server, fails=True))


# Data sets that tensorflow-datasets has prepared; TensorFlow starts here


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A folder of data sets as tensorflow-datasets keeps them, and the images that went in."""
    import tensorflow_datasets as library

    folder = tmp_path_factory.mktemp("tfds")
    rng = np.random.default_rng(0)

    def store(name, shape, sizes, **splits):
        def record(number, split):
            height, width = sizes[number % len(sizes)]
            pixels = rng.integers(0, 256, (height, width, shape[2]), dtype=np.uint8)
            return {"image": pixels, "label": -1 if split == "test" else number % 3}

        records = {
            split: [(number, record(number, split)) for number in range(count)]
            for split, count in splits.items()
        }
        features = {
            "image": library.features.Image(shape=shape),
            "label": library.features.ClassLabel(names=["cat", "dog", "fox"]),
        }
        library.dataset_builders.store_as_tfds_dataset(
            name=name,
            version="1.0.0",
            features=library.features.FeaturesDict(features),
            split_datasets=records,
            data_dir=folder,
            disable_shuffling=True,
        )
        return [record["image"] for _, record in next(iter(records.values()))]

    alike = store("alike", (28, 28, 1), [(28, 28)], train=9, validation=6, test=3)
    mixed = store("mixed", (None, None, 3), [(40, 30), (33, 50)], everything=6)
    return folder, alike, mixed


def test_images_of_one_size_keep_it(prepared):
    folder, alike, _ = prepared
    source = load_source("alike", data_dir=folder)
    assert (source.train.pixels[:, 2:30, 2:30] == np.stack(alike)).all()
    assert source.train.labels.tolist() == [0, 1, 2] * 3
    assert source.train.class_names == ("cat", "dog", "fox")
    assert len(source.test) == 6
    assert source.valid is None
    assert source.notes == [
        "the test split has no labels and was left aside",
        "no test split: the validation images are those to test on",
    ]


def test_images_of_many_sizes_are_fitted(prepared):
    folder, _, mixed = prepared
    source = load_source("mixed", data_dir=folder, size=24)
    assert source.test is None
    assert source.train.pixels.shape == (6, 24, 24, 3)
    assert source.train.labels.tolist() == [0, 1, 2] * 2
    whole = from_arrays(mixed[0][None], 24)
    assert (source.train.pixels[0] == whole[0]).all()


@pytest.mark.parametrize("name", ["alike", "mixed"])
def test_a_damaged_record_file_is_named(prepared, tmp_path, name):
    shutil.copytree(prepared[0] / name, tmp_path / name)
    for record in tmp_path.rglob("*.tfrecord-*"):
        whole = record.read_bytes()
        record.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=f"split of {name} cannot be read .*delete .*{name}"):
        load_source(name, data_dir=tmp_path)


@pytest.mark.skipif("GANAUG_DATA_DIR" not in os.environ, reason="GANAUG_DATA_DIR is not set")
def test_cifar10_from_the_environment():
    source = load_source("auto")
    assert source.notes == ["auto chose cifar10"]
    assert source.train.class_names[0] == "airplane"
    assert source.train.size == (32, 32)
    assert source.test is not None


def test_importing_the_sources_does_not_start_tensorflow():
    imports = "import sys, pipelines.data.sources, pipelines.data.instances"
    code = f"{imports}; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
