"""Damaged and hostile networks: loaded as they were, or refused in one line."""

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from groundwork.errors import InputError
from tests.faults.mutations import Cases, changed_numbers, damaged

pytestmark = pytest.mark.filterwarnings("ignore")


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


def weights_changed(weights: bytes, folder: Path) -> dict[str, bytes]:
    """Return files of weights that reach out of themselves, or are not what they say."""
    secret = folder / "secret.h5"
    with h5py.File(secret, "w") as file:
        file["vars"] = np.zeros(10)

    def link(file: h5py.File) -> None:
        del file["layers"]
        file["layers"] = h5py.ExternalLink(str(secret), "/")

    def soft(file: h5py.File) -> None:
        file["more"] = h5py.SoftLink("/layers")

    def unwritten(file: h5py.File) -> None:
        file.create_dataset("more", (10**13,), "f4", chunks=(2**16,))

    def outside(file: h5py.File) -> None:
        file.create_dataset("more", (100,), "f4", external=[(str(folder / "raw"), 0, 400)])

    def virtual(file: h5py.File) -> None:
        layout = h5py.VirtualLayout((10,), "f8")
        layout[:] = h5py.VirtualSource(str(secret), "vars", (10,))
        file.create_virtual_dataset("more", layout)

    def changed(change: Callable[[Any], None]) -> bytes:
        path = folder / "changed.h5"
        path.write_bytes(weights)
        with h5py.File(path, "a") as file:
            change(file)
        return path.read_bytes()

    return {one.__name__: changed(one) for one in (link, soft, unwritten, outside, virtual)}


def encrypted(whole: bytes) -> bytes:
    """Return an archive that says that all in it is encrypted."""
    locked = bytearray(whole)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + flags] |= 1
            at = locked.find(mark, at + 1)
    return bytes(locked)


def test_hostile_keras_files(tally, classifier, tmp_path):
    import keras

    from classifiers.models.registry import load_model

    whole = (classifier / "model.keras").read_bytes()
    with zipfile.ZipFile(classifier / "model.keras") as archive:
        config, weights = archive.read("config.json"), archive.read("model.weights.h5")
    lookup = keras.layers.StringLookup(vocabulary=["a"])
    keras.Sequential([keras.Input((1,), dtype="string"), lookup]).save(tmp_path / "lookup.keras")
    wide = config.replace(b'"units": 2', b'"units": 2000000000')
    assert wide != config
    bomb = tmp_path / "bomb.keras"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", "{}")
        with archive.open("model.weights.h5", "w") as file:
            for _ in range(600):
                file.write(bytes(2**20))
    deep = b"[" * 100_000 + b"]" * 100_000
    files = {
        name: repacked(whole, tmp_path, model_weights_h5=content)
        for name, content in weights_changed(weights, tmp_path).items()
    }
    files |= {
        "a layer of 2 billion units": repacked(whole, tmp_path, config_json=wide),
        "deep JSON": repacked(whole, tmp_path, config_json=deep),
        "a list": repacked(whole, tmp_path, config_json=b"[]"),
        "a lookup of words": (tmp_path / "lookup.keras").read_bytes(),
        "packed zeros": bomb.read_bytes(),
        "encrypted": encrypted(whole),
        "no weights": repacked(whole, tmp_path, model_weights_h5=b""),
    }
    cases, path = Cases(), tmp_path / "hostile.keras"
    for name, content in files.items():
        path.write_bytes(content)

        # Of a layer of that size the description alone must be enough to say no.
        said = "it describes" if "units" in name else ""

        def refused(said: str = said) -> None:
            with pytest.raises(InputError, match=said):
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
