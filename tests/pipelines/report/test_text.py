import numpy as np
import pytest

from groundwork.terminal import screen
from pipelines.report.table import results
from pipelines.report.text import text_table
from tests.made_comparison import ARMS, make_comparison
from tests.pipelines.report.test_words import with_test_images


def test_terminal_table_fits_80_columns(plain, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = text_table(plain).splitlines()
    assert max(map(len, lines)) <= 80
    assert sum("epoch 45" in line for line in lines) == 1
    assert sum("95 % interval  " in line for line in lines) == 2
    assert not any("balanced" in line for line in lines)


def test_a_notebook_gets_the_table_as_text(plain, monkeypatch):
    expected = text_table(plain)
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert text_table(plain) == expected
    assert not screen().is_jupyter, "or progress would be widgets, or nothing"


def test_what_stands_below_the_table(plain, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = text_table(plain)
    assert said.count("Method: ") == 1
    assert said.count("8 of 10 times a difference of") == 2
    assert said.count("Note: 200 test images a class instead of 350") == 1
    assert "trainings that differ in their seeds" not in said


def test_several_seeds_are_said(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    twice = make_comparison(tmp_path, pictures=False, seeds=2)
    assert "each the mean of 2 trainings that differ in their seeds" in text_table(twice)


def test_unequal_classes_have_their_balanced_accuracy_in_the_last_column(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    draws = [["good", "bad"]]
    comparison = make_comparison(tmp_path, pictures=False, draws=draws, arms=ARMS[:2])
    comparison = with_test_images(comparison, {"good": 400, "bad": 56})
    lines = text_table(comparison).splitlines()
    balanced = [line.split() for line in lines if line.startswith("  balanced")]
    means = [f"{100 * arm.balanced.mean:.1f}" for arm in results(comparison).arms]
    assert [words[1:5] for words in balanced] == [["–", "–", "–", mean] for mean in means]
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("Classes are unequal") for line in lines)


def test_top_k_stands_below_the_accuracy_where_it_is_asked_for(tmp_path):
    names = [f"class {number}" for number in range(5)]
    made = make_comparison(tmp_path, draws=[names], pictures=False)
    assert "top-3" not in text_table(made)
    asked = made.model_copy(update={"recipe": made.recipe | {"top_k": 3}})
    table = results(asked)
    expected = np.mean([run.result.scores.top_k[3] for run in made.trainings if run.arm == "real"])
    assert table.arms[0].top.mean == pytest.approx(expected)
    said = text_table(asked)
    assert "top-3: the true class is among the 3 most probable ones" in " ".join(said.split())
    lines = [line for line in said.splitlines() if line.startswith("  top-3")]
    assert len(lines) == len(made.arms)
    assert lines[0].split()[1:4] == ["–", "–", "–"]
    few = make_comparison(tmp_path, pictures=False)
    assert results(few.model_copy(update={"recipe": few.recipe | {"top_k": 3}})).top_k == 0
