import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ganaug.grids import image_grid
from pipelines.comparison.results import ComparisonResult
from pipelines.errors import InputError
from pipelines.report import page as page_module
from pipelines.report import pictures
from pipelines.report.charts import Series, curves
from pipelines.report.classes import arm_runs, class_means, confusion, overall
from pipelines.report.page import render
from pipelines.report.reading import read_comparison
from pipelines.report.table import FINAL, caveats, headline, results
from pipelines.report.text import text_table
from pipelines.verbs.report import report
from tests.made_comparison import ARMS, make_comparison

VOID = {"meta", "img", "br"}


class Page(HTMLParser):
    """Every element with its attributes and text; complains about unclosed ones."""

    def __init__(self, html: str):
        super().__init__()
        self.open, self.elements, self.words = [], [], []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def attributes(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]


def with_accuracies(
    comparison: ComparisonResult, accuracies: dict[str, list[float]]
) -> ComparisonResult:
    """Give every training of a comparison another final accuracy."""
    trainings = []
    for run in comparison.trainings:
        final = accuracies[run.arm][run.instance]
        at = run.result.accuracy_at | {45: final}
        scores = run.result.scores.model_copy(update={"accuracy": final})
        result = run.result.model_copy(update={"scores": scores, "accuracy_at": at})
        trainings.append(run.model_copy(update={"result": result}))
    return comparison.model_copy(update={"trainings": trainings})


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


@pytest.fixture
def plain(tmp_path):
    """A comparison without generators' pictures: quick to make."""
    return make_comparison(tmp_path, pictures=False)


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
    # One plot of instances, three training curves, two charts a generator.
    assert len(page.attributes("svg")) == 1 + 3 + 6 * 2
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


def test_published_figures_stand_in_their_column(comparison):
    reference, synthetic, flips = results(comparison).arms
    assert [cell.published for cell in reference.cells] == [".66±.02", ".79±.04", None, ".81"]
    assert [cell.published for cell in synthetic.cells][-1] == ".74"
    assert not any(cell.published for cell in flips.cells)


def test_terminal_table_fits_80_columns(comparison, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = text_table(comparison).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("epoch 45" in line for line in lines) == 1
    assert sum("95 % interval  " in line for line in lines) == 2


SPREAD = np.array([0.0, 0.03, -0.03, 0.01, -0.02, 0.02, 0.04, -0.01])
NOISE = np.array([0.005, -0.004, 0.006, 0.0, -0.007, 0.003, 0.001, -0.002])


@pytest.mark.parametrize(
    ("n", "gains", "words"),
    [
        (8, (0.0, 0.0), "Neither alternative can be told apart from “real”."),
        (
            8,
            (0.0, 0.05),
            "“real + flip, shift” is better than “real”; "
            "“real + synthetic” cannot be told apart from “real”.",
        ),
        (8, (-0.05, -0.05), "“real + synthetic” and “real + flip, shift” are worse than “real”."),
        (3, (0.06, 0.06), "are probably better than “real”."),
    ],
)
def test_headline(tmp_path, n, gains, words):
    comparison = make_comparison(tmp_path, instances=n, pictures=False)
    reference = 0.7 + SPREAD[:n]
    table = {"real": list(reference)}
    for arm, gain, noise in zip(ARMS[1:], gains, (NOISE, NOISE[::-1]), strict=True):
        table[arm] = list(reference + gain + noise[:n])
    assert words in headline(results(with_accuracies(comparison, table)))


def test_headline_of_two_arms_is_the_verdict_and_of_one_its_accuracy(tmp_path):
    two = make_comparison(tmp_path, arms=ARMS[:2], pictures=False)
    assert headline(results(two)).startswith("“real + synthetic” against “real”: ")
    one = make_comparison(tmp_path, arms=ARMS[:1], instances=1, pictures=False)
    assert "over 1 instance; no other arm was trained" in headline(results(one))
    alone = make_comparison(tmp_path, arms=ARMS[:1], pictures=False)
    assert caveats(results(alone), alone.instances) == []


def test_caveats(tmp_path):
    three = make_comparison(tmp_path, pictures=False)
    few, shared = caveats(results(three), three.instances)
    assert "cannot reach 0.05" in few
    assert "share a class" in shared
    draws = [[f"{i}a", f"{i}b"] for i in range(8)]
    apart = make_comparison(tmp_path, instances=8, draws=draws, pictures=False)
    assert caveats(results(apart), apart.instances) == []


def test_arms_are_paired_on_the_instances_that_both_have(plain):
    trainings = [r for r in plain.trainings if (r.arm, r.instance) != (ARMS[1], 1)]
    table = results(plain.model_copy(update={"trainings": trainings}))
    assert table.arms[1].against.n == 2
    assert table.arms[2].against.n == 3


def test_trainings_that_stop_early_are_compared_at_their_end(plain):
    run = plain.trainings[-1]
    result = run.result.model_copy(update={"accuracy_at": {7: 0.6, 15: 0.7, 21: 0.71}})
    stopped = [*plain.trainings[:-1], run.model_copy(update={"result": result})]
    table = results(plain.model_copy(update={"trainings": stopped}))
    assert table.checkpoints == ["7", "15", "30", "45", FINAL]
    assert table.arms[2].cells[2].accuracy.n == 2
    assert table.arms[2].cells[-1].accuracy.n == 3
    assert table.reference.cells[-1].published == ".81"
    assert "last epoch" in text_table(plain.model_copy(update={"trainings": stopped}))


def test_missing_and_doubled_trainings_are_named(plain):
    without = [run for run in plain.trainings if run.arm != ARMS[1]]
    with pytest.raises(InputError, match=r"arm 'real \+ synthetic' has no training"):
        results(plain.model_copy(update={"trainings": without}))
    doubled = [*plain.trainings, plain.trainings[0]]
    with pytest.raises(InputError, match="arm 'real' has two trainings on instance 0"):
        results(plain.model_copy(update={"trainings": doubled}))


def test_confusions_are_summed_by_class_name(comparison):
    runs = [run.result for run in comparison.trainings if run.arm == "real"]
    summed = confusion(runs)
    assert summed.names == ["airplane", "cat", "frog", "ship", "truck"]
    first, last = runs[0].scores.confusion, runs[2].scores.confusion
    airplane, cat = summed.rows[0], summed.rows[1]
    assert [cell.count for cell in airplane] == [*first[0], None, None, None]
    assert cat[1].count == first[1][1] + last[0][0]
    assert cat[1].fraction == pytest.approx(cat[1].count / 400)
    total = sum(cell.count or 0 for row in summed.rows for cell in row)
    assert total == sum(np.sum(run.scores.confusion) for run in runs)


def test_class_scores_are_means_over_the_instances_that_have_the_class(comparison):
    runs = [run.result for run in comparison.trainings if run.arm == "real"]
    cat = next(one for one in class_means(runs) if one.name == "cat")
    expected = np.mean([runs[0].scores.per_class[1].recall, runs[2].scores.per_class[0].recall])
    assert (cat.instances, cat.recall) == (2, pytest.approx(expected))


def test_overall_scores_are_means_over_instances(comparison, page):
    runs = [run.result.scores for run in comparison.trainings if run.arm == "real"]
    (real, *_) = [overall(arm_runs(comparison, arm)) for arm in ARMS]
    assert real.f1 == pytest.approx(np.mean([one.macro.f1 for one in runs]))
    assert real.log_loss == pytest.approx(np.mean([one.log_loss for one in runs]))
    assert f"{real.log_loss:.3f} {100 * real.calibration_error:.1f}" in page.text


def test_many_classes_get_their_worst_mistakes_instead_of_a_matrix(plain):
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
    text = Page(render(comparison, Path())).text
    assert "class 3 class 7 10 10 %" in text
    assert "Generators" not in text


def test_names_from_outside_are_only_text(tmp_path):
    arms = ["<script>alert(1)</script>", 'a & "b" $\\frac{1}{2}$']
    draws = [["<img src=x>", "$5"]]
    comparison = make_comparison(tmp_path, instances=1, arms=arms, draws=draws, pictures=False)
    page = Page(render(comparison, tmp_path))
    assert not page.attributes("script")
    assert not page.attributes("img")
    for name in (*arms, *draws[0]):
        assert name in page.text


def test_gone_or_damaged_pictures_do_not_stop_the_report(comparison, tmp_path):
    damaged = tmp_path / comparison.gans[0].folder / "grid.png"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"\x89PNG, cut off")
    some = comparison.model_copy(update={"gans": comparison.gans[:2]})
    text = Page(render(some, tmp_path)).text
    for run in some.gans:
        assert f"The sample grid is missing: {run.folder}/grid.png" in text


def test_generators_beyond_the_limit_are_named(plain, tmp_path, monkeypatch):
    monkeypatch.setattr(page_module, "SHOWN_GENERATORS", 1)
    text = Page(render(plain, tmp_path)).text
    assert "5 more generators, not drawn here" in text
    assert "Instance 2, truck: gan/truck-2/grid.png" in text


def test_rows_of_a_grid():
    images = np.random.default_rng(0).integers(0, 255, (30, 8, 8, 3), np.uint8)
    rows = pictures.split_rows(image_grid(images, 10, header=1))
    assert [row.height for row in rows] == [16, 16, 16]
    expected = image_grid(images[10:20], 10).crop((0, 2, rows[1].width, 18))
    assert np.array_equal(np.asarray(rows[1]), np.asarray(expected))
    ragged = Image.fromarray(np.pad(np.asarray(rows[0]), ((0, 3), (0, 0), (0, 0)), "edge"))
    joined = np.concatenate([np.asarray(rows[0]), np.full((4, rows[0].width, 3), 255), ragged])
    assert len(pictures.split_rows(Image.fromarray(joined.astype(np.uint8)))) == 1


def test_progress_spans_the_training(tmp_path):
    images = np.zeros((20, 8, 8, 3), np.uint8)
    (tmp_path / "grids").mkdir()
    for step in (*range(250, 100_000, 250), 100_000):
        image_grid(images, 10, header=1).save(tmp_path / "grids" / f"step-{step:05d}.png")
    steps = [step for step, _ in pictures.progress(tmp_path)]
    assert (len(steps), steps[0], steps[-1]) == (5, 250, 100_000)
    assert steps == sorted(steps)
    assert pictures.progress(tmp_path / "nowhere") == []


def test_long_curves_are_thinned_and_keep_their_mean():
    x, y = np.arange(50_000), np.random.default_rng(0).normal(3, 1, 50_000)
    chart = curves("loss", [Series("d", 1, [(x, y)])], xlabel="step", key="k")
    assert len(chart) < 30_000
    assert "var(--s1)" in chart
    assert "#0304" not in chart


def test_rendering_again_gives_the_same_bytes(comparison, outputs):
    some = comparison.model_copy(update={"gans": comparison.gans[:1]})
    assert render(some, outputs) == render(some, outputs)


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


def test_verb_writes_the_page(plain, tmp_path):
    comparison = plain.model_copy(update={"gans": []})
    folder = tmp_path / "comparison" / "demo-0123"
    folder.mkdir(parents=True)
    (folder / "result.json").write_text(comparison.model_dump_json(), encoding="utf-8")
    assert report(folder) == folder / "report.html"
    html = (folder / "report.html").read_text(encoding="utf-8")
    assert html == render(comparison, tmp_path)
    assert report(folder, out=tmp_path / "new" / "page.html").read_text(encoding="utf-8") == html
    for wrong in (folder, folder / "report.html" / "page.html"):
        with pytest.raises(InputError, match="cannot be written"):
            report(folder, out=wrong)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no finished comparison in .*; pass a folder under outputs/comparison"),
        ("{}", "is damaged, of another version, or not the result of a comparison"),
        ('{"name": "de', "is damaged, of another version, or not the result of a comparison"),
    ],
)
def test_bad_results_get_one_line(tmp_path, content, words):
    if content is not None:
        (tmp_path / "result.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words) as caught:
        read_comparison(tmp_path)
    assert "\n" not in str(caught.value)
