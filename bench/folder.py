"""How long a folder of many small pictures takes to open, and how much memory a draw from it.

Command: ``make bench-folder``, or ``python -m bench.folder [--pictures 100000] [--rounds 5]``.

The pictures are JPEG files of 40 pixels, all different, in ten classes, written to a temporary
folder. Each opening is a process of its own and counts from the call of `load_source` until the
labels are there; starting Python is not in it. The first opening finds no list of the folder; the
second finds the one that the first has kept. The operating system knows the folder by then in both,
for it has just been written: from a cold disk, both take longer. Then 50 pictures of each class to
train on and 50 to test on are drawn and read at 224 pixels. The last line is JSON.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines.data.protocols import make_instances
from pipelines.data.sources import load_source
from pipelines.data.sources.index import CACHE_DIR, SETTLED
from pipelines.recipes.data import DataConfig

CLASSES = 10
BITS = 25
"""Squares of a picture, light or dark: the digits of its number in base 2."""
DRAWN, SIDE = 50, 224


def write(root: Path, pictures: int) -> None:
    """Write the pictures."""
    for label in range(CLASSES):
        (root / f"class {label}").mkdir()
    for number in range(pictures):
        bits = number >> np.arange(BITS) & 1
        squares = Image.fromarray((bits * 200 + 20).astype(np.uint8).reshape(5, 5))
        content = BytesIO()
        squares.resize((40, 40), Image.Resampling.NEAREST).convert("RGB").save(content, "JPEG")
        path = root / f"class {number % CLASSES}" / f"IMG_{number}.jpg"
        path.write_bytes(content.getvalue())


def opening(root: Path) -> float:
    """Return the seconds until the labels of a folder are there."""
    start = time.perf_counter()
    labels = load_source(str(root)).train.labels
    assert len(np.unique(labels)) == CLASSES
    return time.perf_counter() - start


def drawing(root: Path) -> tuple[float, float]:
    """Return the seconds that an instance of the folder takes, and the peak of memory in MiB."""
    start = time.perf_counter()
    source = load_source(str(root))
    config = DataConfig(protocol="draws", per_class=DRAWN, test_per_class=DRAWN, instances=1)
    one = next(make_instances(source, config.design(source)))
    train, test = one.train.read(SIDE), one.test.read(SIDE)
    assert len(train) == len(test) == DRAWN * CLASSES
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.perf_counter() - start, peak


def run(part: str, root: Path, kept: Path) -> list[float]:
    """Measure a part in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.folder", "--part", part, "--root", str(root)],
        env=os.environ | {CACHE_DIR: str(kept)},
        capture_output=True,
        text=True,
        check=True,
    )
    return list(json.loads(done.stdout.strip().splitlines()[-1]))


def measure(pictures: int, rounds: int) -> dict[str, object]:
    """Return the medians over the rounds, with the least and the most."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "pictures")
        root.mkdir()
        write(root, pictures)
        time.sleep(SETTLED / 1e9 + 1)  # no list is kept of what has just changed
        first, second, drawn, peak = [], [], [], []
        for number in range(rounds):
            kept = Path(folder, f"kept {number}")
            first += run("open", root, kept)
            second += run("open", root, kept)
            seconds, most = run("draw", root, kept)
            drawn.append(seconds)
            peak.append(most)
    found = {"first_s": first, "second_s": second, "draw_s": drawn, "peak_mib": peak}
    figures = {
        name: [round(of(values), 2) for of in (statistics.median, min, max)]
        for name, values in found.items()
    }
    for name, (median, least, most) in figures.items():
        print(f"{name:10} {median:8} ({least} to {most}, {rounds} times)")
    return {"pictures": pictures, "rounds": rounds} | figures


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--part", choices=("open", "draw"), help="for the program itself")
    parser.add_argument("--root", type=Path, help="for the program itself")
    options = parser.parse_args()
    if options.part == "open":
        print(json.dumps([opening(options.root)]))
    elif options.part == "draw":
        print(json.dumps(drawing(options.root)))
    else:
        print(json.dumps(measure(options.pictures, options.rounds)))


if __name__ == "__main__":
    main()
