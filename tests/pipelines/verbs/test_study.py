"""The rows of the studies: listed, run in miniature, and kept."""

import json
import re

import numpy as np
import pytest

from groundwork.files import write_json
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.recipes.files import PROFILES, find_file, list_files, read_tables
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.search import Search, load_search
from pipelines.studies.figures import figures
from pipelines.studies.measured import COMMITTED, MEASURED, Figure, Measured, keep, read_measured
from pipelines.studies.rows import STUDIES, choose_rows, read_rows
from pipelines.verbs import study_steps
from pipelines.verbs.study import study_list, study_run
from pipelines.verbs.tune import TuneResult
from tests.pipelines.searches import result_of

pytestmark = pytest.mark.usefixtures("nothing_ships")


def measured(row: str = "p1", profile: str = "quick", mean: float = 70.0) -> Measured:
    return Measured(
        row=row, run="pereira-p1", profile=profile, source="s", seconds=60, machine="m",
        figures=[Figure(arm="real", measure="test accuracy, %, last epoch", mean=mean, spread=5)],
        date="2026-11-28", command="ganaug study run p1",
    )  # fmt: skip


def test_every_row_runs_files_that_ship_and_is_of_a_study():
    for name, row in read_rows().items():
        assert name[0] in STUDIES
        for step in row.steps:
            assert step.run in list_files("search" if step.verb == "tune" else "recipe"), name


@pytest.mark.parametrize("profile", PROFILES)
def test_every_file_can_be_read_in_every_profile(profile):
    for name in list_files("recipe"):
        assert load_recipe(name, profile=profile).arms
    for name in list_files("search"):
        assert load_search(name, profile=profile).space


def test_rows_and_studies_are_found_by_name_and_a_wrong_one_is_named(capsys):
    assert next(iter(choose_rows(["P9", "p9", "a"]))) == "p9"
    assert {name[0] for name in choose_rows(["m", "p"])} == {"m", "p"}
    assert main(["study", "list", "p99"]) == 2
    assert "'p99'" in capsys.readouterr().err
    assert main(["study", "run"]) == 2
    assert "give --all" in capsys.readouterr().err


def test_a_later_result_takes_the_place_of_an_older_one(tmp_path):
    file = tmp_path / MEASURED
    for mean, profile in ((70.0, "quick"), (60.0, "smoke"), (75.0, "quick")):
        keep(file, measured(mean=mean, profile=profile))
    assert [one.figures[0].mean for one in read_measured(file)] == [75.0, 60.0]
    said = str(study_list(["p1"], outputs=tmp_path))
    assert "real 75.00 ± 5.00 (n = 1, quick, 60 s, 2026-11-28)" in said
    assert "published: 71.69 ± 6.71" in said
    listed = json.loads(study_list(["p1"], as_json=True, outputs=tmp_path))
    assert listed[0]["measured"][0]["profile"] == "quick"
    file.write_text('{"measured": [{}]}')
    with pytest.raises(Exception, match="not results of studies"):
        read_measured(file)


def test_what_ships_can_be_read():
    rows = read_rows()
    assert all(one.row in rows for one in read_measured(COMMITTED))


@pytest.mark.slow
def test_a_row_runs_and_is_kept(tmp_path):
    done = study_run(["p4"], profile="smoke", outputs=tmp_path, workers=1)
    (one,) = done.measured["p4"]
    assert (one.row, one.run, one.profile) == ("p4", "pereira-p4", "smoke")
    assert one.command == "ganaug study run p4 --profile smoke"
    assert (tmp_path / one.report).is_file()
    assert one.figures[0].published
    page = (tmp_path / "study" / "p.html").read_text()
    assert page.count("<summary>Figures</summary>") == 0  # a miniature measures nothing
    shown = figures((tmp_path / one.report).parent, "p4-0")
    assert shown is not None
    assert [arm.name for arm in shown.arms] == [figure.arm for figure in one.figures]
    drawn = "".join(chart for _, chart in shown.charts)
    ids = re.findall(r' id="([^"]+)"', drawn)
    assert len(ids) == len(set(ids)) > 0
    assert set(re.findall(r'(?:url\(|href=")#([^)"]+)', drawn)) <= set(ids)
    before = set((tmp_path / "train").iterdir())
    study_run(["p4"], profile="smoke", outputs=tmp_path, workers=1)
    assert set((tmp_path / "train").iterdir()) == before


def test_profiles_are_no_settings_of_a_recipe():
    assert find_file("pereira-p1", "recipe")
    assert "profiles" not in load_recipe("pereira-p1").model_dump()
    assert "data" in read_tables(find_file("pereira-p1", "recipe"))


def test_a_row_that_fails_stops_none_and_one_that_fails_in_part_is_kept(
    tmp_path, monkeypatch, capsys
):
    def run_step(name, *_, **__):
        if name == "p1":
            raise InputError("no such images")
        part = "real failed on 1 of 2 instances" if name == "p4" else ""
        return measured(name).model_copy(update={"failed": part})

    monkeypatch.setattr(study_steps, "run_step", run_step)
    words = ["study", "run", "p1", "p4", "p5", "--outputs", str(tmp_path)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "2 of 3 rows failed: p1: no such images; p4: real failed on 1 of 2" in said
    assert [one.row for one in read_measured(tmp_path / MEASURED)] == ["p4", "p5"]


def test_published_figures_of_a_search_stand_in_what_the_row_came_to(tmp_path):
    space = {"train.learning_rate": [0.1, 0.01]}
    search = Search(
        recipe=load_recipe(), space=space, published={"train.learning_rate = 0.1": "68.40"}
    )
    result = result_of({0.1: (0.5, 0.6), 0.01: (0.7, 0.8)}, settings=search.model_dump(mode="json"))
    write_json(tmp_path / "result.json", result.model_dump(mode="json"))
    found = study_steps._of_search(TuneResult(tmp_path, []))
    figures = {figure.arm: figure for figure in found.figures}
    assert figures["best of 2 trials"].mean == pytest.approx(75)
    assert figures["train.learning_rate = 0.1"].mean == pytest.approx(55)
    assert figures["train.learning_rate = 0.1"].published == "68.40"


def test_folds_and_seeds_of_a_search_are_no_instances(tmp_path):
    """The pages say: mean ± standard deviation over n instances."""
    tested = {"retrained": (0.8, 0.6, 0.9, 0.7), "untuned": (0.5,) * 4}
    result = result_of({0.1: (0.5, 0.7, 0.6, 0.8)}, **tested)
    result = result.model_copy(update={"classes": [["a", "b"]] * 2})
    write_json(tmp_path / "result.json", result.model_dump(mode="json"))
    found = study_steps._of_search(TuneResult(tmp_path, []))
    figures = {one.arm: (round(one.mean, 1), one.n) for one in found.figures}
    assert figures == {"best of 1 trials": (65.0, 2), "best": (75.0, 2), "untuned": (50.0, 2)}
    assert found.figures[1].spread == pytest.approx(100 * np.std([0.85, 0.65], ddof=1))
    alone = result.model_copy(update={"classes": [["a", "b"]]})
    write_json(tmp_path / "result.json", alone.model_dump(mode="json"))
    found = study_steps._of_search(TuneResult(tmp_path, []))
    assert {(one.n, one.spread) for one in found.figures} == {(1, None)}


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("andrzejczuk-a4", "andrzejczuk-a5", 3),
        ("ko-k1", "ko-k2", 1),
        ("ko-k2", "ko-k4", 2),
        ("ko-k3", "ko-k4", 4),
    ],
)
def test_rows_that_share_trainings_name_the_same_ones(one, other, count, profile):
    first, second = (load_recipe(name, profile=profile) for name in (one, other))
    assert first.name == second.name
    crop = {"fit": "crop"}  # drawn pictures are squares
    assert first.data.model_copy(update=crop) == second.data.model_copy(update=crop)
    ours, theirs = first.resolved_arms(), second.resolved_arms()
    shared = ours.keys() & theirs.keys()
    assert len(shared) == count
    assert all(ours[name] == theirs[name] for name in shared)
