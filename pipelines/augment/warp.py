"""Geometric moves: where each pixel of the result is read, for a whole batch at once.

Coordinates count pixels from the image's centre, x to the right and y downwards. A move maps the
result's coordinates to the source's; a chain of moves is mapped last to first and the pixels are
read once, so that flip, shift and rotation together blur no more than one of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.augment import lazy as tf
from pipelines.augment.types import Sampling, Tensor

_MARGIN = 1e-3  # pixels of the rim that count as outside, lest rounding reads the next row

Number = Tensor | float
Edge = Literal["none", "black", "reflect"]


@dataclass(frozen=True)
class Warp:
    """One affine move per image: source x = xx·x + xy·y + x0, source y = yx·x + yy·y + y0.

    Attributes
    ----------
    xx, yy, x0, y0
        Coefficients, ``[B]`` or one for all.
    xy, yx
        The same; None keeps rows rows and columns columns, which is cheaper.
    edge
        What lies outside the frame: black, its reflection (without repeating the edge pixel), or
        nothing, for moves that never look outside.
    sampling
        ``exact`` for moves of whole pixels; they join a chain of any sampling.
    """

    xx: Number = 1.0
    yy: Number = 1.0
    x0: Number = 0.0
    y0: Number = 0.0
    xy: Number | None = None
    yx: Number | None = None
    edge: Edge = "none"
    sampling: Sampling | Literal["exact"] = "exact"

    def source(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Map coordinates of the result, broadcastable to ``[B, H, W]``, to the source's."""
        source_x = _each(self.xx) * x + _each(self.x0)
        source_y = _each(self.yy) * y + _each(self.y0)
        if self.xy is not None:
            source_x += _each(self.xy) * y
        if self.yx is not None:
            source_y += _each(self.yx) * x
        return source_x, source_y


@dataclass(frozen=True)
class _Places:
    """Where to read: coordinates broadcastable to ``[B, H, W]``; ``inside`` is None for all."""

    x: Tensor
    y: Tensor
    inside: Tensor | None


def resample(images: Tensor, warps: Sequence[Warp]) -> Tensor:
    """Carry out ``warps``, first to last, on images ``[B, H, W, C]``."""
    for run in _runs(warps):
        places = _places(run, images.shape[1], images.shape[2])
        if all(warp.sampling != "bilinear" for warp in run):
            images = _read_nearest(images, places)
        elif _is_crop(run):
            images = _read_crop(images, places)
        else:
            images = _read_bilinear(images, places)
    return images


def _runs(warps: Sequence[Warp]) -> list[list[Warp]]:
    """Split ``warps`` where one reading would not do what two do."""
    runs: list[list[Warp]] = []
    for warp in warps:
        if runs and _share_a_reading([*runs[-1], warp]):
            runs[-1].append(warp)
        else:
            runs.append([warp])
    return runs


def _share_a_reading(warps: Sequence[Warp]) -> bool:
    samplings = {warp.sampling for warp in warps} - {"exact"}
    # Bilinear weights would reach across a fold or a black margin, which lies between pixels.
    folded = any(warp.sampling == "exact" and warp.edge != "none" for warp in warps)
    return len(samplings) <= 1 and not (folded and "bilinear" in samplings)


def _is_crop(run: Sequence[Warp]) -> bool:
    return all(warp.xy is None and warp.yx is None and warp.edge == "none" for warp in run)


def _places(run: Sequence[Warp], height: int, width: int) -> _Places:
    x = (tf.range(width, dtype=tf.float32) - (width - 1) / 2)[None, None, :]
    y = (tf.range(height, dtype=tf.float32) - (height - 1) / 2)[None, :, None]
    inside = None
    for warp in reversed(run):
        x, y = warp.source(x, y)
        if warp.edge == "reflect":
            x, y = _reflected(x, width), _reflected(y, height)
        elif warp.edge == "black":
            within = (tf.abs(x) < width / 2 - _MARGIN) & (tf.abs(y) < height / 2 - _MARGIN)
            inside = within if inside is None else inside & within
    return _Places(x, y, inside)


def _reflected(x: Tensor, size: int) -> Tensor:
    """Fold coordinates that are up to one frame outside back into the frame."""
    last = (size - 1) / 2
    return x - 2 * tf.nn.relu(x - last) + 2 * tf.nn.relu(-last - x)


def _read_nearest(images: Tensor, places: _Places) -> Tensor:
    height, width = images.shape[1:3]
    # Truncating rounds down: no place inside is negative.
    column = tf.cast(places.x + width / 2, tf.int32)
    row = tf.cast(places.y + height / 2, tf.int32)
    pixels, index = _pixels(images), row * width + column + _starts(images)
    if places.inside is not None:
        # One black pixel is read for all that is outside: half the time of a mask on the result.
        index = tf.where(places.inside, index, tf.shape(pixels)[0])
        pixels = tf.concat([pixels, tf.zeros_like(pixels[:1])], 0)
    return _at(pixels, index)


def _read_bilinear(images: Tensor, places: _Places) -> Tensor:
    height, width = images.shape[1:3]
    x = tf.clip_by_value(places.x + (width - 1) / 2, 0.0, width - 1.0)
    y = tf.clip_by_value(places.y + (height - 1) / 2, 0.0, height - 1.0)
    left, top = tf.minimum(tf.floor(x), width - 2.0), tf.minimum(tf.floor(y), height - 2.0)
    to_right, down = (x - left)[..., None], (y - top)[..., None]
    index = tf.cast(top, tf.int32) * width + tf.cast(left, tf.int32) + _starts(images)
    pixels = _pixels(images)
    upper, lower = (
        _between(_at(pixels, index + row), _at(pixels, index + row + 1), to_right)
        for row in (0, width)
    )
    result = _between(upper, lower, down)
    if places.inside is not None:
        result *= tf.cast(places.inside, result.dtype)[..., None]
    return result


def _read_crop(images: Tensor, places: _Places) -> Tensor:
    """Read bilinearly along straight rows and columns: one kernel, four times as fast."""
    height, width = images.shape[1:3]
    count = tf.shape(images)[0]
    edges = (places.y[:, 0, 0], places.x[:, 0, 0], places.y[:, -1, 0], places.x[:, 0, -1])
    spans = (height - 1.0, width - 1.0, height - 1.0, width - 1.0)
    corners = [edge / span + 0.5 for edge, span in zip(edges, spans, strict=True)]
    # A corner that rounding puts outside the image would read a black line.
    boxes = tf.clip_by_value(tf.stack(corners, 1), 1e-6, 1 - 1e-6)
    boxes = tf.broadcast_to(boxes, [count, 4])
    return tf.image.crop_and_resize(images, boxes, tf.range(count), (height, width))


def _pixels(images: Tensor) -> Tensor:
    height, width, channels = images.shape[1:]
    return tf.reshape(images, [tf.shape(images)[0] * height * width, channels])


def _at(pixels: Tensor, index: Tensor) -> Tensor:
    """Return ``pixels`` at ``index``; `tf.gather` would take half as long again."""
    return tf.gather_nd(pixels, index[..., None])


def _starts(images: Tensor) -> Tensor:
    height, width = images.shape[1:3]
    return (tf.range(tf.shape(images)[0]) * (height * width))[:, None, None]


def _between(first: Tensor, second: Tensor, fraction: Tensor) -> Tensor:
    return first + (second - first) * fraction


def _each(value: Number) -> Number:
    """Shape one number an image ``[B]`` to be combined with ``[B, H, W]``."""
    return value if isinstance(value, float) else value[:, None, None]
