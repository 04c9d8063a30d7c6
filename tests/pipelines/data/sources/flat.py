"""Pictures of one colour."""

from PIL import Image

RED, WHITE, BLACK = (255, 0, 0), (255, 255, 255), (0, 0, 0)


def flat(colour: tuple[int, ...], size: tuple[int, int] = (16, 16), mode: str = "RGB"):
    return Image.new(mode, size, colour)
