import re

import numpy as np

from pipelines.data.pool import in_memory
from pipelines.data.sources import Source
from pipelines.data.summary import describe
from pipelines.findings.check import Findings
from pipelines.findings.records import KINDS, Finding
from pipelines.report import findings
from pipelines.report.findings import EXPLAINED, render_findings
from pipelines.report.pictures import enlarged


def rows(count: int) -> list[Finding]:
    pairs = ("two labels", "across splits", "identical", "near duplicate")
    return [
        Finding(
            file="" if kind == "classes alike" else f"train/{at % 4}",
            class_name="<down>",
            split="train",
            finding=kind,
            how="mirrored" if kind in pairs else "",
            other_file="train/1" if kind in pairs else "",
            other_class="across",
            other_split="train",
            score=0.5,
        )
        for kind in KINDS
        for at in range(count)
    ]


def test_the_page_shows_every_kind(make_images, monkeypatch):
    monkeypatch.setattr(findings, "SHOWN", 3)
    source = Source("stripes", in_memory(make_images(2)), None)
    names = [f"train/{at}" for at in range(4)]
    page = render_findings(
        describe(source, 32, None, []),
        Findings(rows=rows(8), unchecked=["labels of x"]),
        names,
        source.train.read().pixels.__getitem__,
    )
    for heading in KINDS.values():
        assert heading in page
    assert "5 more stand in" in page
    assert "Not checked: labels of x" in page
    assert "&lt;down&gt;" in page
    assert "<down>" not in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert page.count("<img") == 3 * (4 * 2 + 5)
    assert set(EXPLAINED) == set(KINDS)


def test_nothing_found(make_images):
    source = Source("stripes", in_memory(make_images(2)), None)
    page = render_findings(
        describe(source, 32, None, []), Findings(rows=[], unchecked=[]), [], lambda at: np.zeros(0)
    )
    assert "Nothing was found" in page


def test_small_pictures_are_enlarged_by_whole_pixels(make_images):
    assert enlarged(make_images(1).pixels[0]).size == (128, 128)
    assert enlarged(np.zeros((200, 200, 3), np.uint8)).size == (128, 128)
