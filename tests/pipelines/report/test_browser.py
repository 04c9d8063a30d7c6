"""The page in headless Chromium: nothing is missing, nothing is cut."""

import pytest

from pipelines.report.page import render
from tests.chromium import EXECUTABLE, Chromium
from tests.made_comparison import keep_answers, make_comparison

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium is installed"),
]

CUT = """[...document.querySelectorAll('main *, header *')].filter(one => {
  const box = one.getBoundingClientRect();
  return box.right > innerWidth + 1 && box.width && !one.closest('.scroll, .hidden');
}).map(one => one.outerHTML.slice(0, 120))"""
BROKEN = "[...document.images].filter(one => !one.complete || !one.naturalWidth).length"
OPENED = "document.querySelectorAll('details').forEach(one => one.open = true)"
LONG = "a way to train that somebody gave a very long name"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    outputs = tmp_path_factory.mktemp("outputs")
    made = make_comparison(outputs, instances=1, arms=["real", "real + synthetic", LONG])
    keep_answers(made, outputs, images=True)
    changes = {"checked": ["near duplicates: 1: a.png = b.png"], "handed_over": True}
    path = outputs / "report.html"
    path.write_text(render(made.model_copy(update=changes), outputs), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with Chromium() as browser:
        yield browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_cut_broken_or_fetched(browser, page, width, dark):
    browser.open(page, width=width, dark=dark)
    assert browser.value("document.images.length") > 10
    browser.value(OPENED)
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value(CUT) == []
    assert browser.value(BROKEN) == 0
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") is not dark
    assert browser.complaints == []
    assert all(url.startswith(("file:", "data:")) for url in browser.requests)


def test_keys_reach_what_scrolls_and_opens(browser, page):
    browser.open(page, width=390)
    reached = set()
    for _ in range(30):
        browser.press("Tab", 9)
        reached.add(browser.value("document.activeElement.tagName"))
    assert {"DIV", "SUMMARY", "PRE"} <= reached
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert browser.value(outline) == "solid"


def test_it_can_be_printed(browser, page):
    browser.open(page, width=1280)
    assert browser.printed().startswith(b"%PDF")
    assert browser.complaints == []
