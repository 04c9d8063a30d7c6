"""How a trained generator lies on disk: the names of its files and of its class's folder."""

import shutil
from pathlib import Path

from groundwork.names import shortened

GENERATOR, DISCRIMINATOR = "generator.keras", "discriminator.keras"
CONFIG, GRID = "config.json", "grid.png"
BANK_FILES = (GENERATOR, DISCRIMINATOR, CONFIG, GRID)
"""What a bank keeps of each class's training."""


def class_folder_name(label: int, name: str) -> str:
    """Return ``<label>-<name>``, in letters that every file system takes.

    Examples
    --------
    >>> class_folder_name(3, "dog/wolf")
    '3-dog_wolf'
    """
    return f"{label}-" + shortened("".join(c if c.isalnum() or c in " _-" else "_" for c in name))


def link_or_copy(source: Path, target: Path) -> None:
    """Make `target` the same file as `source` where the disk allows, else a copy of it."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
