"""Generated images with their nearest training images beside them."""

from PIL import Image, ImageDraw, ImageFont

from ganaug.errors import InputError
from ganaug.quality.copying import Nearest
from ganaug.quality.extractors import Images
from ganaug.quality.report import ClassQuality

TILE = 96
"""Pixels that an image is enlarged to, at least; whole multiples only."""
GAP, CAPTION, MARGIN = 6, 18, 16
COLUMNS = 2
PAPER, INK, FAINT, ALARM = "white", "#1f2328", "#6a737d", "#c0262d"


def neighbours_picture(quality: ClassQuality, train: Images, generated: Images) -> Image.Image:
    """Draw the generated images that come nearest to training images, and those beside them.

    Copies are framed in red, where the copy test finds more of them than chance gives. The eye is
    the judge of last resort: a recoloured copy can lie far away in the features of one network.

    Parameters
    ----------
    quality
        The class's part of a report.
    train, generated
        The very images that it was made from, ``[N, H, W, 3]``.
    """
    copies, rows = quality.copies, quality.nearest
    if copies is None or not rows:
        raise InputError(f"{quality.name} has no nearest images; draw a single class")
    scale = max(1, -(-TILE // train.shape[2]))
    width, height = train.shape[2] * scale, train.shape[1] * scale
    entry_width = (1 + len(rows[0].train)) * (width + GAP) + 6 * GAP
    entry_height = height + CAPTION + GAP
    lines = -(-len(rows) // COLUMNS)
    size = (2 * MARGIN + COLUMNS * entry_width - 5 * GAP, 4 * MARGIN + lines * entry_height)
    limit = copies.threshold if copies.copies else 0.0
    canvas = Image.new("RGB", size, PAPER)
    pen = ImageDraw.Draw(canvas)
    title = f"{quality.name}: generated images closest to a training image"
    rank = f"({len(rows)} of {quality.generated_images})"
    pen.text((MARGIN, MARGIN // 2), f"{title} {rank}", INK, _font(14))
    verdict = f"red: copies, below {limit:.2f}" if limit else "no more than chance gives"
    legend = f"Distances by {quality.extractor}; left, nearest over any other real one: {verdict}"
    pen.text((MARGIN, MARGIN // 2 + 20), legend, FAINT, _font(12))
    for index, row in enumerate(rows):
        line, column = divmod(index, COLUMNS)
        corner = (MARGIN + column * entry_width, 3 * MARGIN + GAP + line * entry_height)
        _draw_entry(canvas, corner, row, train, generated, (width, height), limit)
    return canvas


def _draw_entry(
    canvas: Image.Image,
    corner: tuple[int, int],
    row: Nearest,
    train: Images,
    generated: Images,
    size: tuple[int, int],
    limit: float,
) -> None:
    """Paste one generated image, a wider gap, and its neighbours with their distances below."""
    pen = ImageDraw.Draw(canvas)
    left, top = corner
    copy = row.closeness < limit
    tiles = [(generated[row.generated], f"{row.closeness:.2f}", copy)]
    for number, distance in zip(row.train, row.distances, strict=True):
        tiles.append((train[number], f"{distance:#.3g}", copy and number == row.train[0]))
    for position, (image, caption, alarm) in enumerate(tiles):
        x = left + position * (size[0] + GAP) + (2 * GAP if position else 0)
        canvas.paste(Image.fromarray(image).resize(size, Image.Resampling.NEAREST), (x, top))
        if alarm:
            pen.rectangle((x - 2, top - 2, x + size[0] + 1, top + size[1] + 1), None, ALARM, 2)
        ink = ALARM if alarm else FAINT
        pen.text((x + size[0] / 2, top + size[1] + 2), caption, ink, _font(12), anchor="ma")


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)
