"""Small pictures at the paths that a test names, each of a colour of its own."""

import io
import zipfile
from pathlib import Path

from tests.pipelines.data.sources.flat import flat


def encoded(number: int, form: str = "PNG") -> bytes:
    """Return a picture that differs from those of other numbers."""
    file = io.BytesIO()
    flat((number % 256, number // 256 % 256, 90)).save(file, form)
    return file.getvalue()


def grow(root: Path, *paths: str, start: int = 0) -> Path:
    """Write a picture to each path below a folder."""
    for number, path in enumerate(paths, start):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(encoded(number))
    return root


def packed(path: Path, *names: str, **others: bytes) -> Path:
    """Write an archive of pictures."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, name in enumerate(names):
            archive.writestr(name, encoded(number))
        for name, content in others.items():
            archive.writestr(name, content)
    return path
