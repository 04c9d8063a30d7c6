"""Damaged and hostile files: an answer, or one line; never a traceback, a hang, or the memory."""

import json
import pickle
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.data.sources.csv_file import read_csv
from pipelines.data.sources.loading import load_source
from pipelines.data.sources.pixels import decode_all
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import load_search
from tests.faults.mutations import Cases, changed_numbers, damaged, saved

pytestmark = pytest.mark.filterwarnings("ignore")


def pictures() -> list[bytes]:
    """One of each format and mode, some with EXIF."""
    rng = np.random.default_rng(0)
    rgb = Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).resize((24, 20))
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "cat"
    ways = [
        ("PNG", "RGB", {}), ("PNG", "RGBA", {"exif": exif}), ("PNG", "P", {}), ("PNG", "I;16", {}),
        ("JPEG", "RGB", {"exif": exif}), ("JPEG", "CMYK", {}), ("JPEG", "L", {"progressive": True}),
        ("GIF", "P", {}), ("BMP", "RGB", {}), ("BMP", "1", {}), ("TIFF", "RGB", {}),
        ("TIFF", "F", {}), ("TIFF", "L", {"compression": "tiff_lzw"}), ("TIFF", "I;16", {}),
        ("TIFF", "RGBA", {"compression": "tiff_adobe_deflate"}), ("WEBP", "RGB", {"exif": exif}),
        ("WEBP", "RGBA", {"lossless": True}), ("AVIF", "RGB", {"exif": exif}),
        ("JPEG2000", "RGB", {}), ("PPM", "RGB", {}), ("PPM", "L", {}),
    ]  # fmt: skip
    found = []
    for form, mode, how in ways:
        picture = rgb.convert("I").convert("I;16") if mode == "I;16" else rgb.convert(mode)
        found.append(saved(lambda file, p=picture, f=form, h=how: p.save(file, f, **h)))
    frames = [rgb, rgb.rotate(90)]
    for form in ("GIF", "WEBP", "TIFF"):
        found.append(
            saved(lambda f, one=form: rgb.save(f, one, save_all=True, append_images=frames))
        )
    return found


def test_pictures(tally, tries):
    seed, whole, cases = 11, pictures(), Cases()
    rng = np.random.default_rng(seed)
    for at in range(tries(1500, 12_000)):
        content = damaged(whole[at % len(whole)], rng)
        cases.one(f"picture {at}", lambda: decode_all([[content]], 1, 32, "fuzz"))
    cases.memory()
    tally.note("damaged pictures", cases.times, cases.failed, seed)


def test_a_broken_exif_leaves_the_picture(tally):
    """The pixels are whole: that is no reason to do without it."""
    cases, picture = Cases(), Image.new("RGB", (40, 40), "red")
    for form in ("JPEG", "PNG", "WEBP", "AVIF"):
        for exif in (b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"Exif\0\0II*\0\xff\xff\xff\xff", b"x"):
            try:
                content = saved(lambda file, f=form, e=exif: picture.save(file, f, exif=e))
            except SyntaxError:  # AVIF wants to understand what it writes
                continue

            def read(content: bytes = content) -> None:
                found = decode_all([[content]], 1, 32, "exif")
                assert not found.bad, found.bad
                assert found.pixels[0, 16, 16, 0] > 240

            cases.one(f"{form} {exif!r}", read)
    tally.note("pictures with a broken EXIF", cases.times, cases.failed)


def test_pictures_that_are_too_large(tally, tmp_path):
    """Small files of 10**8 pixels and more: each is refused, and the memory is not filled."""
    cases = Cases()
    for form, mode, sides in (
        ("PNG", "RGBA", (9000, 9000)), ("PNG", "1", (20_000, 20_000)), ("PNG", "L", (200_000, 2)),
        ("TIFF", "1", (20_000, 20_000)), ("GIF", "P", (9000, 9000)),
        ("JPEG", "L", (9000, 9000)), ("WEBP", "RGB", (9000, 9000)),
    ):  # fmt: skip
        how = {"JPEG": {"progressive": True}, "TIFF": {"compression": "group4"}}.get(form, {})
        if form == "WEBP":
            how = {"quality": 0, "method": 0}
        Image.new(mode, sides).save(tmp_path / "large", form, **how)

        def refused() -> None:
            found = decode_all([[tmp_path / "large"]], 1, 32, "large")
            assert "megapixels" in found.bad[0]

        cases.one(f"{form} {mode} {sides}", refused)
    cases.memory()
    tally.note("pictures that are too large", cases.times, cases.failed)


def npz_files(folder: Path) -> list[bytes]:
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (6, 12, 12, 3), dtype=np.uint8)
    labels = np.array([0, 1, 0, 1, 0, 1])
    ways = [
        {"images": images, "labels": labels, "class_names": np.array(["a", "b"])},
        {"images": images / 255.0, "labels": np.array(list("ababab"))},
        {"x_train": images[..., 0], "y_train": labels, "x_test": images[..., 0], "y_test": labels},
    ]
    found = []
    for way in ways:
        for save in (np.savez, np.savez_compressed):
            save(folder / "a.npz", **way)
            found.append((folder / "a.npz").read_bytes())
    return found


def test_npz(tally, tries, tmp_path):
    seed, whole, cases = 12, npz_files(tmp_path), Cases()
    rng = np.random.default_rng(seed)
    path = tmp_path / "fuzz.npz"
    for at in range(tries(400, 3000)):
        path.write_bytes(damaged(whole[at % len(whole)], rng))
        cases.one(f"npz {at}", lambda: load_source(str(path)).train.read())
    cases.memory()
    tally.note("damaged npz", cases.times, cases.failed, seed)


def write_npz(path: Path, arrays: dict[str, tuple[str, int | bytes]]) -> None:
    """Write arrays, each a description and its bytes, or how many zeros, as a file that may lie."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (head, content) in arrays.items():
            text = f"{head:<118}\n".encode("latin-1")
            with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
                file.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
                zeros = content if isinstance(content, int) else 0
                for start in range(0, zeros, 2**20):
                    file.write(bytes(min(2**20, zeros - start)))
                if isinstance(content, bytes):
                    file.write(content)


def test_hostile_npz(tally, tmp_path):
    cases, path = Cases(), tmp_path / "hostile.npz"
    labels = (
        "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }",
        bytes(8) + b"\1" + bytes(7),
    )
    good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 32, 32, 3), }"
    heads = [
        good.replace("(2, 32, 32, 3)", shape)
        for shape in (
            "(3000000000000, 3, 3, 1)", "(2, -1)", "()", "(2, 0, 0, 3)", "(2, 1000000000, 1, 3)",
            "(2,)" , "(2, 32, 32, 7)", "'x'", "(2.5, 32, 32, 3)", "(True, 32, 32, 3)",
        )
    ]  # fmt: skip
    heads += [
        good.replace("|u1", kind) for kind in ("|O", "<c16", "<M8[s]", "|V7", "<U99999999", "")
    ]
    heads += ["(" * 60, "{}", "__import__('os').system('x')", "{'descr': [('a', '<f4')], }"]
    for head in heads:
        write_npz(path, {"images": (head, 6144), "labels": labels})
        cases.one(head, lambda: load_source(str(path)).train.read())
    huge = good.replace("(2, 32, 32, 3)", "(300000, 32, 32, 3)")
    write_npz(path, {"images": (huge, 300_000 * 3072), "labels": labels})
    cases.one("packed images", lambda: load_source(str(path)))
    write_npz(path, {"images": (good, 6144), "labels": labels, "more": (huge, 300_000 * 3072)})

    def one_unused() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load_source(str(path))

    cases.one("an array that nobody wants", one_unused)
    cases.memory()
    tally.note("hostile npz", cases.times, cases.failed)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory) -> Path:
    """A saved classifier of two classes, and its weights."""
    from classifiers.models.registry import build_model

    folder = tmp_path_factory.mktemp("classifier")
    network = build_model("pereira_small", (32, 32, 3), 2)
    network.save(folder / "model.keras")
    network.save_weights(folder / "model.weights.h5")
    return folder


def repacked(content: bytes, folder: Path, **changed: bytes) -> bytes:
    """Return a `.keras` file with other members, their sums right."""
    path = folder / "repacked.keras"
    (folder / "whole.keras").write_bytes(content)
    with zipfile.ZipFile(folder / "whole.keras") as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, changed.get(name.replace(".", "_"), old.read(name)))
    return path.read_bytes()


def test_keras_files(tally, tries, classifier, tmp_path):
    from classifiers.models.registry import load_model

    seed, cases = 13, Cases()
    whole = (classifier / "model.keras").read_bytes()
    with zipfile.ZipFile(classifier / "model.keras") as archive:
        config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    rng = np.random.default_rng(seed)
    path = tmp_path / "fuzz.keras"
    for at in range(tries(60, 600)):
        content = damaged(whole, rng)
        if at % 3 == 1:
            content = repacked(whole, tmp_path, model_weights_h5=damaged(weights, rng))
        elif at % 3 == 2:
            other = json.dumps(changed_numbers(json.loads(config), rng, 0.01)).encode()
            content = repacked(whole, tmp_path, config_json=other)
        path.write_bytes(content)
        cases.one(f"keras {at}", lambda: load_model(path))
    cases.memory()
    tally.note("damaged .keras", cases.times, cases.failed, seed)


def test_a_flipped_bit_of_the_weights_is_seen(tally, tries, classifier, tmp_path):
    """It would be another classifier, that answers as if nothing had been."""
    from classifiers.models.registry import load_model
    from groundwork.errors import InputError

    seed, failed = 14, []
    whole = (classifier / "model.keras").read_bytes()
    with zipfile.ZipFile(classifier / "model.keras") as archive:
        info = archive.getinfo("model.weights.h5")
    begin = info.header_offset + 30 + len(info.filename)
    rng, path = np.random.default_rng(seed), tmp_path / "flipped.keras"
    times = tries(10, 100)
    for _ in range(times):
        content = bytearray(whole)
        content[int(rng.integers(begin + 64, begin + info.file_size))] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(content))
        try:
            load_model(path)
        except InputError:
            continue
        failed.append("loaded")
    tally.note("weights with a flipped bit", times, failed, seed)


def test_hostile_keras_files(tally, classifier, tmp_path):
    import h5py
    import keras

    from classifiers.models.registry import load_model
    from groundwork.errors import InputError

    whole = (classifier / "model.keras").read_bytes()
    with zipfile.ZipFile(classifier / "model.keras") as archive:
        config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    secret = tmp_path / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["vars"] = np.zeros(10)

    def with_h5(change) -> bytes:
        path = tmp_path / "changed.h5"
        path.write_bytes(weights)
        with h5py.File(path, "a") as file:
            change(file)
        return repacked(whole, tmp_path, model_weights_h5=path.read_bytes())

    def link(file) -> None:
        del file["layers"]
        file["layers"] = h5py.ExternalLink(str(secret), "/")

    def unwritten(file) -> None:
        file.create_dataset("more", (10**13,), "f4", chunks=(2**16,))

    def outside(file) -> None:
        file.create_dataset("more", (100,), "f4", external=[(str(tmp_path / "raw"), 0, 400)])

    def virtual(file) -> None:
        layout = h5py.VirtualLayout((10,), "f8")
        layout[:] = h5py.VirtualSource(str(secret), "vars", (10,))
        file.create_virtual_dataset("more", layout)

    lookup = keras.Sequential(
        [keras.Input((1,), dtype="string"), keras.layers.StringLookup(vocabulary=["a"])]
    )
    lookup.save(tmp_path / "lookup.keras")
    deep = b"[" * 100_000 + b"]" * 100_000
    wide = config.replace(b'"units": 2', b'"units": 2000000000')
    assert wide != config
    path = tmp_path / "hostile.keras"
    bomb = tmp_path / "bomb.keras"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")
        with archive.open("model.weights.h5", "w") as file:
            for _ in range(600):
                file.write(bytes(2**20))
    locked = bytearray(whole)
    at = 0
    while (at := locked.find(b"PK\x03\x04", at) + 1) > 0:
        locked[at + 5] |= 1
    while (at := locked.find(b"PK\x01\x02", at) + 1) > 0:
        locked[at + 7] |= 1
    files = {
        "an external link": with_h5(link),
        "an array that is not there": with_h5(unwritten),
        "an array in another file": with_h5(outside),
        "a virtual array": with_h5(virtual),
        "a layer of 2 billion units": repacked(whole, tmp_path, config_json=wide),
        "deep JSON": repacked(whole, tmp_path, config_json=deep),
        "a list": repacked(whole, tmp_path, config_json=b"[]"),
        "a lookup of words": (tmp_path / "lookup.keras").read_bytes(),
        "packed zeros": bomb.read_bytes(),
        "encrypted": bytes(locked),
        "no weights": repacked(whole, tmp_path, model_weights_h5=b""),
    }
    cases = Cases()
    for name, content in files.items():
        path.write_bytes(content)

        def refused() -> None:
            with pytest.raises(InputError):
                load_model(path)

        cases.one(name, refused)
    cases.memory()
    tally.note("hostile .keras", cases.times, cases.failed)


def test_weights(tally, tries, classifier, tmp_path):
    from classifiers.models.backbones.catalogue import _loaded
    from classifiers.models.backbones.torch_checkpoint import read_checkpoint
    from classifiers.models.registry import build_model

    seed, cases = 15, Cases()
    rng = np.random.default_rng(seed)
    network = build_model("pereira_small", (32, 32, 3), 2)
    whole = (classifier / "model.weights.h5").read_bytes()
    head = [pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {})]
    torch = b"".join([*head, pickle.dumps({}, 2), pickle.dumps([], 2), bytes(64)])
    path, other = tmp_path / "fuzz.weights.h5", tmp_path / "fuzz.pth"
    for at in range(tries(60, 500)):
        if at % 2:
            path.write_bytes(damaged(whole, rng))
            cases.one(f"weights {at}", lambda: _loaded(network, path))
        else:
            other.write_bytes(damaged(torch, rng))
            cases.one(f"pth {at}", lambda: read_checkpoint(other))
    memo = b"\x80\x02]r\xff\xff\xff\x7f."  # put at 2**31 of a table
    text = b"\x80\x04\x8d" + (2**40).to_bytes(8, "little") + b"x."
    for name, content in (("a large table", memo), ("a long text", text)):
        other.write_bytes(content)
        cases.one(name, lambda: read_checkpoint(other))
    cases.memory()
    tally.note("damaged weights", cases.times, cases.failed, seed)


RECIPE = b"""title = "fuzz"
augment = "flip|shift(4)"
[data]
source = "mnist5k"
classes = "3,8"
per_class = 12
seed = 3
[train]
epochs = 2
learning_rate = 0.01
model_params = {dropout = 0.5}
[gan]
label_ramp = [0.25, 0.5]
[arms.real]
[arms."real + flips"]
mix.strategy = "fraction"
"""
SPACE = b"""[tune]
tuner = "random"
trials = 4
[space]
"train.learning_rate" = {low = 0.001, high = 0.1, scale = "log"}
"train.batch" = [16, 32]
"""


def test_toml(tally, tries, tmp_path):
    seed, cases = 16, Cases()
    rng = np.random.default_rng(seed)
    path = tmp_path / "fuzz.toml"
    for at in range(tries(500, 2500)):
        load, content = ((load_recipe, RECIPE), (load_search, SPACE))[at % 2]
        path.write_bytes(damaged(content, rng))
        cases.one(f"toml {at}", lambda load=load: load(path))
    numbers = ("9" * 5000, "inf", "nan", "-inf", "1e400", "0x" + "f" * 5000, "2979-01-01", "-1")
    hostile = [b"x = " + b"[" * 20_000, b"a" + b".a" * 20_000 + b" = 1", b"\xff\xfe", b"a = 1\0"]
    hostile += [f"[data]\nseed = {one}\n[arms.a]".encode() for one in numbers]
    hostile += [f"[train]\nmodel_params = {{x = {one}}}\n[arms.a]".encode() for one in numbers]
    hostile += [f"[space]\n'train.epochs' = [{one}, 2]".encode() for one in numbers]
    hostile += [f"[space]\n'train.batch' = {{low = 1, high = {one}}}".encode() for one in numbers]
    hostile += [b"[arms.'" + b"x" * 400 + b"']", b"title = '" + b"x" * 10**6 + b"'"]
    for at, content in enumerate(hostile):
        path.write_bytes(content)
        cases.one(f"hostile recipe {at}", lambda: load_recipe(path))
        cases.one(f"hostile search {at}", lambda: load_search(path))
    cases.memory()
    tally.note("damaged TOML", cases.times, cases.failed, seed)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder of two classes, a table of its pictures, and an archive of them."""
    root = tmp_path_factory.mktemp("images")
    rng = np.random.default_rng(0)
    rows = ["path,label,split"]
    with zipfile.ZipFile(root / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("cat", "dog"):
            (root / "set" / name).mkdir(parents=True)
            for at in range(3):
                path = root / "set" / name / f"{at}.png"
                Image.fromarray(rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)).save(path)
                rows.append(f"set/{name}/{at}.png,{name},{'train' if at else 'test'}")
                archive.write(path, f"set/{name}/{at}.png")
    (root / "a.csv").write_text("\n".join(rows))
    return root


def test_zip(tally, tries, folder, tmp_path):
    seed, cases = 17, Cases()
    rng = np.random.default_rng(seed)
    whole, path = (folder / "a.zip").read_bytes(), tmp_path / "fuzz.zip"
    for at in range(tries(200, 1200)):
        path.write_bytes(damaged(whole, rng))
        cases.one(f"zip {at}", lambda: load_source(str(path)).train.read())
    cases.memory()
    tally.note("damaged zip", cases.times, cases.failed, seed)


def test_csv(tally, tries, folder):
    seed, cases = 18, Cases()
    rng = np.random.default_rng(seed)
    whole, path = (folder / "a.csv").read_bytes(), folder / "fuzz.csv"
    for at in range(tries(300, 1500)):
        path.write_bytes(damaged(whole, rng))
        cases.one(f"csv {at}", lambda: load_source(str(path), skip_bad=bool(at % 2)).train.read())
    hostile = (
        b"," * 10**6, b'"' + b"x" * 10**6, b"path,label\n" + b"x" * 5000 + b",a\n", b"\0" * 1000,
        b"path,label\na\0b,c\n", b"path,label\n" * 10**5, b"a,b\n" * 10**5, b"\xff\xfe" + b"a" * 999,
        b"path,label\n/dev/zero,a\n/dev/zero,b\n", b"\r" * 10**6,
    )  # fmt: skip
    for at, content in enumerate(hostile):
        path.write_bytes(content)
        cases.one(f"hostile csv {at}", lambda: read_csv(path))
        cases.one(f"hostile table {at}", lambda: load_source(str(path)).train.read())
    cases.memory()
    tally.note("damaged CSV", cases.times, cases.failed, seed)
