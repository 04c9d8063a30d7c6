"""Tiny runs of the command, and those that must fail."""

import pytest

from pipelines.cli import main

TINY_GAN = ["--gan.steps", "2", "--gan.width", "4", "--gan.latent", "8", "--gan.grid-every", "1"]
TINY = [
    *("--classes", "2"),
    *("--per-class", "10", "--test-per-class", "6", "--instances", "1", "--workers", "1"),
    *("--train.epochs", "2", "--mix.per-class", "12", *TINY_GAN),
]


def failing(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """Run a command that must fail with one line, and return the line."""
    assert main([str(word) for word in words]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    said = [line for line in lines if line.startswith("ganaug: ")]
    assert len(said) == 1
    assert "Traceback" not in "".join(lines)
    return said[0]
