"""The page: whole, accessible, and right."""

import re

import numpy as np
import pytest

from pipelines.report import generators as generators_module
from pipelines.report import page as page_module
from pipelines.report.cells import percent
from pipelines.report.classes import arm_results, confusion, overall
from pipelines.report.page import render
from pipelines.report.table import results
from pipelines.report.text import text_table
from pipelines.report.words import method_in_words, outlook
from pipelines.statistics.verdicts import points
from tests.made_comparison import ARMS, keep_answers, make_comparison
from tests.pipelines.report.html import Page
from tests.pipelines.report.test_words import with_test_images

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def comparison(outputs):
    return make_comparison(outputs)


@pytest.fixture(scope="module")
def html(comparison, outputs):
    return render(comparison, outputs)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.mark.slow
def test_page_needs_nothing_else(page, html):
    assert not page.attributes("script")
    assert not page.attributes("link")
    for _, attrs in page.elements:
        for name in ("src", "href", "srcset"):
            assert attrs.get(name, "#").startswith(("#", "data:"))
    assert not re.search(r"url\((?!#)|@import|https?:", html)
    assert len(html.encode()) < 3e6


def test_page_is_accessible(page):
    assert page.attributes("html") == [{"lang": "en"}]
    assert {"img", "svg", "th"} <= {tag for tag, _ in page.elements}
    assert all(image["alt"] for image in page.attributes("img"))
    assert all(svg["role"] == "img" and svg["aria-label"] for svg in page.attributes("svg"))
    assert all(header.get("scope") for header in page.attributes("th"))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    labels = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert labels <= set(ids)
    inside = {attrs["href"][1:] for attrs in page.attributes("use")}
    assert inside
    assert inside <= set(ids)


def test_page_shows_every_part(page, comparison):
    # Two classes an instance: a grid and five rows over time each.
    assert len(page.attributes("img")) == 6 * (1 + 5)
    # The forest plot, calibration, every instance, three training curves, two charts a generator.
    assert len(page.attributes("svg")) == 3 + 3 + 6 * 2
    for words in (
        comparison.command,
        comparison.machine,
        comparison.source,
        "10 min 14 s",
        "11 min 52 s",
    ):
        assert words in page.text
    assert "2,000 steps · step 1,750 kept · 1 restart · 1 min 42 s" in page.text
    assert "step 1900: all samples are equal, with no restart left" in page.text
    assert "Instances 0, 1, 2: 200 test images a class instead of 350" in page.text
    assert "train.evaluate_at [7, 15, 30]" in page.text


@pytest.mark.parametrize("epoch", [7, 45])
def test_page_and_terminal_show_the_right_numbers(page, comparison, epoch):
    values = {
        arm: 100
        * np.array([r.result.accuracy_at[epoch] for r in comparison.trainings if r.arm == arm])
        for arm in ARMS
    }
    difference = (values[ARMS[2]] - values[ARMS[0]]).mean()
    shown = [f"{own.mean():.1f} ± {own.std(ddof=1):.1f}" for own in values.values()]
    for text in (page.text, text_table(comparison)):
        for number in [*shown, f"{difference:+.1f}"]:
            assert number in text


def test_overall_scores_are_means_over_instances(comparison, page):
    runs = [run.result.scores for run in comparison.trainings if run.arm == "real"]
    (real, *_) = [overall(arm_results(comparison, arm)) for arm in ARMS]
    assert real.f1 == pytest.approx(np.mean([one.macro.f1 for one in runs]))
    assert real.log_loss == pytest.approx(np.mean([one.log_loss for one in runs]))
    assert f"{real.log_loss:.3f} {100 * real.calibration_error:.1f}" in page.text


def test_many_classes_get_their_worst_mistakes_instead_of_a_matrix(plain, tmp_path):
    names = [f"class {i}" for i in range(20)]
    counts = np.diag(np.full(20, 90))
    counts[3, 7], counts[5, 2] = 10, 4
    result = plain.trainings[0].result
    scores = [result.scores.per_class[0].model_copy(update={"name": name}) for name in names]
    changes = {"confusion": counts.tolist(), "per_class": scores}
    run = result.model_copy(update={"scores": result.scores.model_copy(update=changes)})
    summed = confusion([run])
    assert summed.rows is None
    assert summed.worst[0] == ("class 3", "class 7", 10, 0.1)
    assert [mistake[:3] for mistake in summed.worst[1:]] == [("class 5", "class 2", 4)]
    comparison = plain.model_copy(
        update={
            "arms": ["real"],
            "gans": [],
            "trainings": [plain.trainings[0].model_copy(update={"result": run})],
        }
    )
    text = Page(render(comparison, tmp_path)).text
    assert "class 3 class 7 10 10 %" in text
    assert "Generators" not in text


@pytest.mark.slow
def test_names_from_outside_are_only_text(tmp_path):
    arms = ["<script>alert(1)</script>", 'a & "b" $\\frac{1}{2}$']
    draws = [["<img src=x>", "$5"]]
    comparison = make_comparison(tmp_path, instances=1, arms=arms, draws=draws, pictures=False)
    page = Page(render(comparison, tmp_path))
    assert not page.attributes("script")
    assert not page.attributes("img")
    for name in (*arms, *draws[0]):
        assert name in page.text


@pytest.mark.slow
def test_gone_or_damaged_pictures_do_not_stop_the_report(comparison, tmp_path):
    damaged = tmp_path / comparison.gans[0].folder / "grid.png"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"\x89PNG, cut off")
    some = comparison.model_copy(update={"gans": comparison.gans[:2]})
    text = Page(render(some, tmp_path)).text
    for run in some.gans:
        assert f"The sample grid is missing: {run.folder}/grid.png" in text


def test_generators_beyond_the_limit_are_named(plain, tmp_path, monkeypatch):
    for module in (page_module, generators_module):
        monkeypatch.setattr(module, "SHOWN_GENERATORS", 1)
    text = Page(render(plain, tmp_path)).text
    assert "5 more generators, not drawn here" in text
    assert "Instance 2, truck: gan/truck-2/grid.png" in text


@pytest.mark.slow
def test_rendering_again_gives_the_same_bytes(comparison, outputs):
    some = comparison.model_copy(update={"gans": comparison.gans[:1]})
    assert render(some, outputs) == render(some, outputs)


def test_page_says_what_the_terminal_says(comparison, page, monkeypatch):
    monkeypatch.setenv("COLUMNS", "1000")
    table = results(comparison)
    said = [method_in_words(comparison, table), *map(outlook, table.arms[1:])]
    assert all(said)
    for words in said:
        assert words in page.text
        assert words in text_table(comparison)


def test_page_has_intervals_over_images_seeds_and_balanced_accuracies(tmp_path):
    twice = make_comparison(tmp_path, pictures=False, seeds=2, draws=[["good", "bad"]])
    keep_answers(twice, tmp_path)
    low, high = results(twice, tmp_path).arms[1].two_way
    unequal = with_test_images(twice, {"good": 400, "bad": 56})
    text = Page(render(unequal, tmp_path)).text
    assert f"{points(low)} to {points(high)}" in text
    assert "each the mean of 2 trainings that differ in their seeds" in text
    assert "Classes are unequal" in text
    balanced = results(unequal).reference.balanced
    assert f"balanced – – – {percent(balanced)}" in text


def test_the_page_begins_with_the_verdict_and_ends_with_how_it_was_made(page):
    headings = [
        attrs["id"] for name, attrs in page.elements if name == "h2" and attrs["id"] != "onward"
    ]
    assert headings == [
        "arms", "classes", "generators", "results", "training", "others", "instances", "repeat"
    ]  # fmt: skip


def test_arms_that_were_left_say_when_and_why(plain, tmp_path):
    first = [run for run in plain.trainings if run.arm != "real" or run.instance == 0]
    left = {"real": "clearly worse than “real + synthetic”", "slow": "no time"}
    said = {"checked": ["near duplicates: 2"], "more": ["So."]}
    changes = {"trainings": first, "gans": [], "left": left, **said}
    text = Page(render(plain.model_copy(update=changes), tmp_path)).text
    assert "“real” was left after 1 instance: clearly worse than “real + synthetic”." in text
    assert "“slow” was not tried: no time." in text
    assert "1 of 3" in text
    assert "What the data check found near duplicates: 2" in text
    assert "Next So." in text


def test_mistakes_are_shown_with_their_pictures(tmp_path):
    made = make_comparison(tmp_path, instances=1, arms=["real"], pictures=False)
    made = made.model_copy(update={"gans": []})
    keep_answers(made, tmp_path, images=True)
    page = Page(render(made, tmp_path))
    shown = [image for image in page.attributes("img") if "classified as" in image["alt"]]
    assert len(shown) == 8
    assert "There is no Grad-CAM: the classifier was not kept" in page.text
    assert "test images were classified wrongly in some instance" in page.text
