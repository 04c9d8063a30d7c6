"""Damaged and hostile files: an answer, or one line; never a traceback, a hang, or the memory."""

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
from tests.faults.mutations import Cases, damaged, saved

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
        cases.one(f"picture {at}", lambda c=content: decode_all([[c]], 1, 32, "fuzz"))
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
        skip = bool(at % 2)
        cases.one(f"csv {at}", lambda s=skip: load_source(str(path), skip_bad=s).train.read())
    hostile = (
        b"," * 10**6, b'"' + b"x" * 10**6, b"path,label\n" + b"x" * 5000 + b",a\n", b"\0" * 1000,
        b"path,label\na\0b,c\n", b"path,label\n" * 10**5, b"a,b\n" * 10**5,
        b"\xff\xfe" + b"a" * 999,
        b"path,label\n/dev/zero,a\n/dev/zero,b\n", b"\r" * 10**6,
    )  # fmt: skip
    for at, content in enumerate(hostile):
        path.write_bytes(content)
        cases.one(f"hostile csv {at}", lambda: read_csv(path))
        cases.one(f"hostile table {at}", lambda: load_source(str(path)).train.read())
    cases.memory()
    tally.note("damaged CSV", cases.times, cases.failed, seed)
