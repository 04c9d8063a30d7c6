"""Pictures that are drawn: a shape of some colour and texture, before a cluttered ground.

They stand in for photographs of many unequal classes where there are none. Each is a pure function
of its number and of the size that is asked for.
"""

import colorsys
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.data.reader import USUAL, Indices, Reader
from pipelines.runtime import cores

CLASSES, PICTURES = 151, 6_270
FEWEST, MOST = 26, 60
"""Pictures of a class. These four numbers are those of study K's animals."""
SIDE = 256
"""Pixels that the pictures are worth."""
SEED = 151
"""Of what is drawn."""
HUES = {"red": 0.0, "yellow": 0.15, "green": 0.36, "blue": 0.6, "purple": 0.8}
BLOBS = 5
"""Patches of the ground."""
NOISE = 0.09
"""Standard deviation of the noise of a pixel, where 1 is white."""

Floats = NDArray[np.floating]


def _polygon(corners: int) -> Callable[[Floats], Floats]:
    """Return how far the edge of a regular polygon is from its middle, by angle."""
    wedge = 2 * np.pi / corners
    return lambda angle: np.cos(wedge / 2) / np.cos(angle % wedge - wedge / 2)


SHAPES: dict[str, Callable[[Floats], Floats]] = {
    "disc": np.ones_like,
    "egg": lambda angle: 0.55 / np.sqrt(1 - 0.7 * np.cos(angle) ** 2),
    "triangle": _polygon(3),
    "square": _polygon(4),
    "hexagon": _polygon(6),
    "star": lambda angle: 0.45 + 0.55 * np.abs((angle * 5 / (2 * np.pi)) % 1 - 0.5) * 2,
    "clover": lambda angle: 0.7 + 0.3 * np.cos(3 * angle),
    "gear": lambda angle: 0.85 + 0.15 * np.sign(np.sin(8 * angle)),
}
"""By name, the distance of the edge from the middle by angle."""
TEXTURES: dict[str, Callable[[Floats, Floats], NDArray[np.bool_]]] = {
    "plain": lambda x, y: np.zeros(x.shape, bool),
    "striped": lambda x, y: (4 * y) % 1 < 0.5,
    "dotted": lambda x, y: ((3 * x) % 1 - 0.5) ** 2 + ((3 * y) % 1 - 0.5) ** 2 < 0.07,
    "chequered": lambda x, y: ((2.5 * x) % 1 < 0.5) ^ ((2.5 * y) % 1 < 0.5),
}
"""By name, where they are dark."""


@dataclass(frozen=True)
class Kind:
    """What the pictures of a class have in common."""

    colour: str
    texture: str
    shape: str

    def __str__(self) -> str:
        return f"{self.colour} {self.texture} {self.shape}"


def kinds() -> list[Kind]:
    """Return the classes, sorted by name: most of what can be combined."""
    every = [Kind(hue, texture, shape) for shape in SHAPES for hue in HUES for texture in TEXTURES]
    chosen = np.random.default_rng(SEED).permutation(len(every))[:CLASSES]
    return sorted((every[at] for at in chosen), key=str)


def counts() -> NDArray[np.int64]:
    """Return how many pictures each class has, ``[CLASSES]``: from `FEWEST` to `MOST`."""
    rng = np.random.default_rng([SEED, 1])
    found = rng.integers(FEWEST, MOST + 1, CLASSES)
    found[rng.permutation(CLASSES)[:2]] = FEWEST, MOST
    while (missing := PICTURES - found.sum()) != 0:
        step = int(np.sign(missing))
        room = np.flatnonzero((found > FEWEST) & (found < MOST))
        found[rng.choice(room, min(abs(missing), len(room)), replace=False)] += step
    return found


class Drawn(Reader):
    """The pictures, drawn when they are asked for.

    Parameters
    ----------
    labels
        The class of each, a position in ``kinds``, ``[N]``.
    kinds
        The classes.
    """

    def __init__(self, labels: Indices, kinds: Sequence[Kind]) -> None:
        self.preparation = USUAL
        self._labels, self._kinds = labels, kinds
        self.names = [f"{kinds[label]} {at}" for at, label in enumerate(labels)]

    @property
    def side(self) -> int:
        """Pixels that the pictures are worth."""
        return SIDE

    def read(self, positions: Indices, size: int) -> NDArray[np.uint8]:
        """Return pictures as uint8 ``[n, size, size, 3]``."""
        made = np.empty((len(positions), size, size, 3), np.uint8)

        def put(row: int, at: int) -> None:
            made[row] = draw(self._kinds[self._labels[at]], at, size)

        with ThreadPoolExecutor(cores()) as pool:
            list(pool.map(put, range(len(positions)), positions.tolist()))
        return made

    def hashes(self, positions: Indices) -> list[str | None]:
        """Return a hash of what each picture is drawn from."""
        return [
            hashlib.blake2b(self.names[at].encode(), digest_size=16).hexdigest()
            for at in positions.tolist()
        ]


def draw(kind: Kind, number: int, size: int) -> NDArray[np.uint8]:
    """Return a picture of a class, uint8 ``[size, size, 3]``; each ``number`` is another one.

    The shape lies anywhere, turned and of any size, lit in some way; a bar may hide a part of it.
    """
    rng = np.random.default_rng([SEED, 2, number])
    line = np.linspace(-1, 1, size, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    picture = _ground(rng, x, y)
    (left, top), turn = rng.uniform(-0.35, 0.35, 2), rng.uniform(0, 2 * np.pi)
    reach = rng.uniform(0.35, 0.75)
    own_x = ((x - left) * np.cos(turn) + (y - top) * np.sin(turn)) / reach
    own_y = ((y - top) * np.cos(turn) - (x - left) * np.sin(turn)) / reach
    inside = np.hypot(own_x, own_y) < SHAPES[kind.shape](np.arctan2(own_y, own_x) % (2 * np.pi))
    if rng.random() < 0.4:
        inside &= np.abs(own_x - rng.uniform(-0.6, 0.6)) > rng.uniform(0.05, 0.15)
    colour = _colour(HUES[kind.colour] + rng.normal(0, 0.02), rng.uniform(0.55, 0.9), rng)
    dark = TEXTURES[kind.texture](own_x + 9, own_y + 9)  # 9: its middle lies in no middle of a dot
    shade = np.where(dark, np.float32(rng.uniform(0.35, 0.6)), np.float32(1))[..., None]
    picture = np.where(inside[..., None], colour * shade, picture)
    picture *= 1 + rng.uniform(-0.25, 0.25) * x[..., None] + rng.uniform(-0.25, 0.25) * y[..., None]
    # Grain that does not get finer where a picture is larger, as that of a photograph.
    grain = rng.normal(0, NOISE, (64, 64, 3)).astype(np.float32)
    cells = np.arange(size) * 64 // size
    picture += grain[cells][:, cells]
    return (255 * np.clip(picture, 0, 1)).astype(np.uint8)


def _ground(rng: np.random.Generator, x: Floats, y: Floats) -> Floats:
    """Return patches of any colour on one, float ``[size, size, 3]``."""
    ground = np.broadcast_to(_colour(rng.random(), rng.uniform(0.1, 0.6), rng), (*x.shape, 3))
    for _ in range(BLOBS):
        middle, wide = rng.uniform(-1, 1, 2), rng.uniform(0.15, 0.5, 2)
        patch = ((x - middle[0]) / wide[0]) ** 2 + ((y - middle[1]) / wide[1]) ** 2 < 1
        colour = _colour(rng.random(), rng.uniform(0.1, 0.8), rng)
        ground = np.where(patch[..., None], colour, ground)
    return np.array(ground)


def _colour(hue: float, saturation: float, rng: np.random.Generator) -> Floats:
    """Return a colour of some brightness, 0..1 ``[3]``."""
    return np.array(colorsys.hsv_to_rgb(hue % 1, saturation, rng.uniform(0.5, 1)), np.float32)
