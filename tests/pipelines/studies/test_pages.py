"""The pages of the studies, and what they hold against what was published."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from PIL import Image

from pipelines.cli import main
from pipelines.comparison.results import ComparisonResult
from pipelines.report.table import Results
from pipelines.statistics.paired import holm_adjusted, paired
from pipelines.studies import printed
from pipelines.studies.effort import expected_seconds, images
from pipelines.studies.measured import MEASURED, Figure, Measured, differences, fullest, keep
from pipelines.studies.pages import write_pages
from pipelines.studies.printed import contradictions
from pipelines.studies.rows import Row, Step, read_rows

pytestmark = pytest.mark.usefixtures("nothing_ships")


def figure(arm: str, mean: float, published: str = "") -> Figure:
    measure = "test accuracy, %, last epoch"
    return Figure(arm=arm, measure=measure, mean=mean, spread=2.5, n=10, published=published)


def measured(row: str = "p4", **changes: Any) -> Measured:
    found = Measured(
        row=row, run="pereira-p4", profile="quick", source="CIFAR-10", seconds=95, machine="m",
        figures=[figure("real", 74.25, "71.69 ± 6.71"), figure("<b>expanded", 76.5, ".6569±.0186")],
        date="2026-11-28", command=f"ganaug study run {row} --profile quick",
    )  # fmt: skip
    return found.model_copy(update=changes)


def test_published_stands_beside_measured(tmp_path):
    report = tmp_path / "comparison" / "a" / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text("page")
    bank = tmp_path / "gan" / "cat"
    bank.mkdir(parents=True)
    Image.new("RGB", (64, 64), "red").save(bank / "grid.png")
    rows = read_rows()
    known = {
        "p4": [measured(report="comparison/a/report.html", contradicts=["x: published −6.0"])],
        "p7": [measured("p7", figures=[], pictures=["gan/cat/grid.png", "gan/gone/grid.png"])],
        "m5": [measured("m5", profile="smoke")],
    }
    first = write_pages(tmp_path / "study", rows, known, tmp_path)
    index, page = first.read_text(), (first.parent / "p.html").read_text()
    assert f"{len(rows)} rows, 2 measured" in index
    assert "real 74.2 ± 2.5, &lt;b&gt;expanded 76.5 ± 2.5" in index
    assert 'href="m.html#m5"' in index
    for said in (
        "<td>71.69 ± 6.71</td><td>74.2 ± 2.5</td><td>10</td><td>+2.6</td>",
        "<td>.6569±.0186</td><td>76.5 ± 2.5</td><td>10</td><td>+10.8</td>",
        'href="../comparison/a/report.html"',
        "The other way round than in the study: x: published −6.0.",
        "ganaug study run p4 --profile quick",
    ):
        assert said in page
    assert page.count("data:image/webp") == 1
    assert "<b>expanded" not in page
    assert "Not measured yet" in (first.parent / "m.html").read_text()


def test_a_time_to_an_accuracy_is_no_accuracy(tmp_path):
    seconds = Figure(arm="half", measure="seconds to 80 %", mean=12.0, published="16.44")
    known = {"m1": [measured("m1", figures=[seconds])]}
    write_pages(tmp_path / "study", read_rows(), known, tmp_path)
    page = (tmp_path / "study" / "m.html").read_text()
    assert "<td>16.44</td><td>12.0</td>" in page
    assert "Published and measured." not in page, "a chart of accuracies"


def test_how_a_row_differs_is_said():
    row = Row(title="t", published="1", steps=[Step(run="a")], folder="cinic10")
    assert differences(row, []) == "nothing known"
    other = measured(source="cifar10; 3 copies")
    assert differences(row, [other]) == (
        "images of cifar10 in place of the study's; a shorter look"
    )
    own = measured(profile="paper", command="ganaug study run a1 --cinic10 'my folder'")
    assert differences(row, [own]) == "nothing known"
    half = row.model_copy(update={"differs": "half the width"})
    assert differences(half, [own]) == "half the width"
    few = measured(profile="paper", command=f"{own.command} --per-class 5 --classes 'a b,c'")
    assert differences(row, [few]) == "settings of its own: --per-class 5 --classes 'a b,c'"
    fit = measured(profile="paper", command=f"{own.command} --data-dir /data --skip-bad")
    assert differences(row, [fit, own]) == "settings of its own: --skip-bad"


def test_a_miniature_measures_nothing():
    one, other = measured(profile="quick"), measured(profile="paper")
    assert fullest([one, other, measured(profile="smoke")]) == [other]
    assert fullest([measured(profile="smoke")]) == []


def test_the_command_writes_pages_and_a_table_of_what_is_kept(tmp_path, capsys):
    keep(tmp_path / MEASURED, measured())
    assert main(["study", "pages", "--outputs", str(tmp_path)]) == 0
    assert "expanded 76.5" in (tmp_path / "study" / "index.html").read_text()
    assert main(["study", "list", "p4", "--markdown", "--outputs", str(tmp_path)]) == 0
    table = capsys.readouterr().out
    assert "| P4 |" in table
    assert "real 74.2 ± 2.5 (71.69 ± 6.71)" in table


def arms(reference: list[float], other: list[float], published: dict[str, str]) -> Any:
    return (
        cast(Results, SimpleNamespace(
            reference=SimpleNamespace(name="real"),
            arms=[
                SimpleNamespace(name="real", against=None, no_claim=""),
                SimpleNamespace(name="flip", against=paired(reference, other), no_claim=""),
            ],
        )),
        cast(ComparisonResult, SimpleNamespace(
            published={name: {"final": printed} for name, printed in published.items()}
        )),
    )  # fmt: skip


def test_only_what_is_beyond_doubt_contradicts():
    low, high = [0.70, 0.72, 0.74, 0.71], [0.78, 0.80, 0.83, 0.79]
    harms = {"real": "71.69 ± 6.71", "flip": ".6611"}
    (said,) = contradictions(*arms(low, high, harms))
    assert said == "flip: published −5.6 points against real, measured +8.3 (+7.5 to +9.0)"
    assert contradictions(*arms(high, low, harms)) == []
    assert contradictions(*arms(low, [0.80, 0.60, 0.90, 0.65], harms)) == []  # in doubt
    assert contradictions(*arms(low[:1], high[:1], harms)) == []  # one instance
    assert contradictions(*arms(low, high, {"real": "71", "flip": "blobs"})) == []
    table, comparison = arms(low, [0.73, 0.80, 0.80, 0.74], harms)
    assert len(contradictions(table, comparison)) == 1
    several = {"flip": table.arms[1].against} | {str(at): paired(low, low) for at in range(4)}
    table.arms[1].against = holm_adjusted(several)["flip"]
    assert contradictions(table, comparison) == []  # one of five arms, of which one often seems so
    table, comparison = arms(low, high, harms)
    table.arms[1].no_claim = "real never learned"
    assert contradictions(table, comparison) == []


def test_time_is_scaled_by_images(tmp_path):
    recipe = tmp_path / "a.toml"
    recipe.write_text(
        '[data]\nsource = "cifar10"\nclasses = "2"\nper_class = 50\ninstances = 10\n'
        "[train]\nepochs = 30\n[arms.real]\n[arms.longer]\ntrain.epochs = 60\n"
        "[profiles.quick.data]\ninstances = 2\n[profiles.quick.train]\nepochs = 15\n"
    )
    step = Step(run=str(recipe))
    row = Row(title="t", published="1", steps=[step])
    assert images(step, "paper") == 10 * 100 * (30 + 60)
    assert images(step, "quick") == 2 * 100 * (15 + 60)
    known = [measured(run=str(recipe), seconds=60.0)]
    assert expected_seconds(row, "paper", known) == pytest.approx(360)
    assert expected_seconds(row, "quick", known) == 60
    assert expected_seconds(row, "paper", [replace_profile(known[0], "smoke")]) is None
    recipe.write_text(recipe.read_text().replace("per_class = 50", 'per_class = "all"'))
    assert expected_seconds(row, "paper", known) is None


def replace_profile(one: Measured, profile: str) -> Measured:
    return one.model_copy(update={"profile": profile})


def test_a_published_time_is_no_accuracy():
    both = {"final": "83.06", "seconds an epoch": "13.118"}
    comparison = cast(ComparisonResult, SimpleNamespace(published={"real": both}))
    assert printed._last_printed(comparison, "real") == 83.06
