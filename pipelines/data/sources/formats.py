"""Which files are pictures: told by their ending, and where that says nothing by their content."""

import os
from collections.abc import Callable, Iterable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from PIL import Image

from groundwork.names import natural
from groundwork.terminal import printable

Encoded = Path | bytes | Callable[[], bytes]
"""A picture file, its content, or what gives its content; the last may raise OSError."""
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
"""What Pillow is allowed to read: formats it decodes by itself. EPS would start a program."""
HEIF = "HEIF"
HEIF_ENDINGS = (".heic", ".heif", ".hif")
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")
SIGNATURES = (
    b"\x89PNG\r\n\x1a\n",
    b"\xff\xd8\xff",  # JPEG
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",  # TIFF, either byte order
    b"MM\x00*",
    b"\x00\x00\x00\x0cjP  ",  # JPEG 2000
    b"\xff\x4f\xff\x51",  # and its bare stream of code
)
HEAD = 16
"""Bytes that tell any of these apart."""
SYSTEM = frozenset(
    (
        "__macosx",
        "thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "icon\r",
        "@eadir",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "__pycache__",
    )
)
"""What operating systems leave behind, in lower case, beside names that begin with a dot."""


@cache
def picture_endings() -> frozenset[str]:
    """Return the endings of the allowed formats, in lower case."""
    known = (*readable_formats(), "MPO")  # a JPEG with further pictures behind it
    return frozenset(end for end, name in Image.registered_extensions().items() if name in known)


@cache
def readable_formats() -> tuple[str, ...]:
    """Return the allowed formats that this build of Pillow reads."""
    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@cache
def reads_heif() -> bool:
    """Whether the extra that reads the HEIC pictures of telephones is there; then it is set up."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def open_picture(picture: Encoded) -> Image.Image:
    """Open a picture with Pillow, in none but the allowed formats.

    Pillow's own limit of pixels looks at a JPEG before it can be asked to read it smaller; ours
    stands where pictures are decoded.
    """
    Image.MAX_IMAGE_PIXELS = None
    formats = (*readable_formats(), HEIF) if reads_heif() else readable_formats()
    if isinstance(picture, Path):
        return Image.open(picture, formats=formats)
    content = picture if isinstance(picture, bytes) else picture()
    return Image.open(BytesIO(content), formats=formats)


def kind(path: str, head: Callable[[str], bytes]) -> Literal["picture", "heic", "other"]:
    """Say what a file is; an unusual ending makes it look at the content, once.

    `heic` is a picture of a telephone that the extra would read, where the extra is not there.

    Parameters
    ----------
    path
        Its path, with slashes.
    head
        Gives the first bytes of a path.
    """
    ending = os.path.splitext(path)[1].lower()  # noqa: PTH122  a Path would take ten times as long
    if ending in picture_endings():
        return "picture"
    start = head(path)
    if _known(start):
        return "picture"
    if ending in HEIF_ENDINGS or (start[4:8] == b"ftyp" and start[8:12] in HEIF_BRANDS):
        return "picture" if reads_heif() else "heic"
    return "other"


def of_system(name: str) -> bool:
    """Whether a system put it there: `.DS_Store`, `._cat.jpg`, `__MACOSX`, `Thumbs.db`."""
    return name.startswith(".") or name.lower() in SYSTEM


def legible(name: str) -> str:
    r"""Return the name of a file or class as text that can be printed in one line and written.

    Bytes that are no UTF-8 are read as Latin-1, and line ends and the like are spelled out.

    Examples
    --------
    >>> print(legible("two\nlines"), legible(os.fsdecode(b"caf\xe9")))
    two\nlines café
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        content = os.fsencode(name)
        try:
            name = content.decode()  # where the system calls itself ASCII, bytes come in halves
        except UnicodeDecodeError:
            name = content.decode("latin-1")
    return printable(name)


def in_order(names: Iterable[str]) -> list[str]:
    """Sort names in the natural order: `2.png` before `10.png`."""
    return sorted(names, key=natural)


def _known(head: bytes) -> bool:
    if head.startswith(SIGNATURES):
        return True
    webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
    bitmap = head[:2] == b"BM" and head[6:10] == bytes(4)  # its reserved bytes
    return webp or bitmap or (head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"))
