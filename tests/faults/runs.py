"""Tiny runs of the command in a process of their own, and what they leave behind."""

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import psutil
from PIL import Image

from tests.conftest import ROOT, striped_images

START = "import sys; from pipelines.cli import main; sys.exit(main())"
GAN = ["--steps", "6", "--width", "4", "--latent", "8", "--batch", "4"]
GAN += ["--grid-every", "2", "--checkpoint-every", "2"]
QUICK = ["--preset", "quick", "--only", "from scratch", "--minutes", "20"]
QUICK += ["--instances", "2", "--size", "32"]
FEW = ["--per-class", "10", "--instances", "1", "--size", "32"]
TWO = ["--classes", "2"]
RECIPE = """
title = "tiny"
[train]
epochs = 2
[gan]
steps = 6
width = 4
latent = 8
batch = 4
grid_every = 2
checkpoint_every = 2
[mix]
per_class = 12
[arms.real]
[arms.both]
mix.strategy = "fraction"
"""
SEARCH = """
[tune]
tuner = "random"
trials = 2
folds = 2
seeds = 1
last = 1
[train]
epochs = 1
[space]
"train.learning_rate" = [0.01, 0.03, 0.1]
"""
UNCOUNTED = {
    *("seconds", "epoch_seconds", "startup_seconds"),
    *("files", "machine", "command", "title", "more"),
}
"""Of a result, what may differ between two runs: times, and digests of files that hold a date."""


def make_folder(home: Path, per_class: int = 20) -> Path:
    """Make a folder of striped pictures, and a recipe and a search beside it."""
    images = striped_images(per_class=per_class)
    for number, (pixels, label) in enumerate(zip(images.pixels, images.labels, strict=True)):
        path = home / "pictures" / images.class_names[label] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    (home / "tiny.toml").write_text(RECIPE)
    (home / "search.toml").write_text(SEARCH)
    return home / "pictures"


def command(verb: str, home: Path) -> list[str]:
    """Return the words of a tiny run of a verb on what `make_folder` made."""
    data, few = str(home / "pictures"), [*FEW, "--test-per-class", "5"]
    return {
        "gan": ["gan", data, *FEW, *GAN],
        "classify": ["classify", data, "--recipe", str(home / "tiny.toml"), *few],
        "tune": ["tune", data, "--search", str(home / "search.toml"), *few],
        "compare": ["compare", data, *QUICK],
        "study": ["study", "run", "a1", "--profile", "smoke", "--cinic10", data, *TWO, *few],
    }[verb]


def start(
    words: Sequence[str], outputs: Path, workers: int = 2, *, first: str = "", **env: str
) -> subprocess.Popen[bytes]:
    """Start a run in a group of its own; ``first``: what Python does before."""
    outputs.mkdir(parents=True, exist_ok=True)
    log = (outputs.parent / f"{outputs.name}.log").open("ab")
    own = [*words, "--outputs", str(outputs), "--workers", str(workers)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TF_NUM")} | env
    paths = [*filter(None, [env.get("PYTHONPATH")]), str(ROOT)]
    return subprocess.Popen(
        [sys.executable, "-c", first + START, *own],
        cwd=outputs.parent,
        stdout=log,
        stderr=subprocess.STDOUT,
        env=environment | {"PYTHONPATH": os.pathsep.join(paths)},
        start_new_session=True,
    )


def run(words: Sequence[str], outputs: Path, workers: int = 2, **more: Any) -> float:
    """Run to the end, which must be a good one; return the seconds that it took."""
    begun = time.monotonic()
    process = start(words, outputs, workers, **more)
    code = process.wait(1200)
    assert code == 0, f"exit status {code}: {said(outputs)}"
    return time.monotonic() - begun


def said(outputs: Path) -> str:
    """Return the last lines that runs into a folder have printed."""
    log = outputs.parent / f"{outputs.name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def kill(process: subprocess.Popen[bytes], what: str) -> None:
    """Send SIGKILL to a run: to all of its processes, its first one, or one that works for it."""
    if what == "group":
        os.killpg(process.pid, signal.SIGKILL)
    elif what == "parent":
        process.kill()
    else:
        children = psutil.Process(process.pid).children() if process.poll() is None else []
        for child in [one for one in children if "spawn_main" in " ".join(one.cmdline())][:1]:
            child.kill()
        return
    process.wait(60)


def what_counts(outputs: Path) -> dict[str, str]:
    """Return a digest of every result, weight, answer and image, by path."""
    found = {}
    for path in sorted(outputs.rglob("*")):
        name = path.relative_to(outputs).as_posix()
        if path.name == "result.json" or name.endswith("history.json"):
            found[name] = _digest(json.dumps(_counted(json.loads(path.read_text()))).encode())
        elif path.suffix == ".keras":
            found[name] = _weights(path)
        elif path.suffix == ".npz" and not name.startswith("pace"):
            with np.load(path) as arrays:
                found[name] = _digest(*(arrays[key].tobytes() for key in sorted(arrays.files)))
        elif path.suffix == ".npy":
            found[name] = _digest(path.read_bytes())
    assert found, "nothing was made"
    return found


def finished(outputs: Path) -> dict[Path, int]:
    """Return when each task's result was written, which must not happen twice."""
    kinds = [outputs / kind for kind in ("gan", "train")]
    results = [path for kind in kinds for path in kind.glob("*/result.json")]
    return {path: path.stat().st_mtime_ns for path in results}


def left_behind(outputs: Path) -> list[str]:
    """Return what only a run that goes on may have."""
    names = (path.relative_to(outputs).as_posix() for path in outputs.rglob(".*"))
    half = (path.name for path in outputs.rglob("checkpoint.npz"))
    return [*names, *half]


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Return the paths whose content is not the same in both."""
    return [name for name in sorted(one | other) if one.get(name) != other.get(name)]


def _counted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _counted(one) for key, one in value.items() if key not in UNCOUNTED}
    return [_counted(one) for one in value] if isinstance(value, list) else value


def _weights(path: Path) -> str:
    """Return a digest of the weights: the file itself holds a date, and counted names."""
    with zipfile.ZipFile(path) as file:
        content = io.BytesIO(file.read("model.weights.h5"))
    arrays: list[bytes] = []
    with h5py.File(content) as weights:
        weights.visititems(
            lambda _, one: (
                arrays.append(one[()].tobytes()) if isinstance(one, h5py.Dataset) else None
            )
        )
    return _digest(*arrays)


def _digest(*parts: bytes) -> str:
    hashed = hashlib.sha256()
    for part in parts:
        hashed.update(part)
    return hashed.hexdigest()
