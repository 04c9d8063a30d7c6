"""Colours that can be read, by day and by night."""

import re

import numpy as np
import pytest

from pipelines.report.page import render
from tests.made_comparison import make_comparison


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def mixed(fraction: float, one: str, other: str) -> str:
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(fraction * a + (1 - fraction) * b):02x}" for a, b in pairs)


@pytest.fixture(scope="module")
def html(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    return render(make_comparison(folder, instances=1, pictures=False), folder)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colors_have_contrast(html, theme):
    block = re.findall(r":root \{(.*?)\}", html, re.S)[theme]
    colors = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
    for paper in (colors["paper"], colors["raised"]):
        assert contrast(colors["ink"], paper) >= 7
        assert contrast(colors["muted"], paper) >= 4.5
    for index in range(8):
        assert contrast(colors[f"s{index}"], colors["paper"]) >= 4.5
    darkest = mixed(0.5, colors["heat"], colors["raised"])
    assert contrast(colors["ink"], darkest) >= 4.5
