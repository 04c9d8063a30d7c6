"""From a folder to a verdict and a classifier."""

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

import ganaug
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from pipelines.recipes.recipe import load_recipe
from pipelines.report.advice import advise
from pipelines.report.card import card
from pipelines.report.licences import NONE
from pipelines.report.page import render
from pipelines.report.table import results
from pipelines.report.words import judged
from pipelines.tasks import checked
from pipelines.tasks.results import FinalTaskResult
from pipelines.tasks.trained import TrainedClassifier
from pipelines.verbs import compare as verb
from pipelines.verbs.compare import CompareResult, _command, compare
from pipelines.verbs.explain import explain
from pipelines.verbs.predict import predict
from pipelines.verbs.runs import runs
from tests.made_comparison import keep_answers, make_comparison
from tests.pipelines.report.html import Page
from tests.pipelines.verbs.command import failing

FILES = {
    *("card.md", "config.json", "model.keras", "not-sure.json", "preparation.json"),
    "result.json",
}


def test_a_time_that_is_too_short_is_refused(image_folder, tmp_path, capsys):
    for minutes in ("0", "1", "nan"):
        words = ["compare", str(image_folder), "--minutes", minutes, "--outputs", str(tmp_path)]
        assert "--minutes: give 2" in failing(capsys, *words)


def test_ways_are_named(image_folder, tmp_path):
    with pytest.raises(InputError, match="way to train 'probe'"):
        compare(str(image_folder), only=["probe"], outputs=tmp_path)
    every = list(load_recipe("compare-quick").arms)
    with pytest.raises(InputError, match="leaves nothing to try"):
        compare(str(image_folder), preset="quick", without=every, outputs=tmp_path)


def test_ways_that_need_images_beside_all_are_refused_at_once(image_folder, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("[arms.more]\nmix = { strategy = 'fraction', origin = 'extra_real' }\n")
    with pytest.raises(InputError, match=r"'more' takes further real images .*: leave it out"):
        compare(str(image_folder), preset="quick", add=[str(own)], outputs=tmp_path)


def test_it_stands_at_the_door_of_ganaug():
    assert ganaug.compare is compare
    assert ganaug.__version__ == version("ganaug")
    offered = {"classify", "compare", "explain", "export", "gan", "load", "sample", "tune"}
    for name in {*offered, "DataConfig", "TrainConfig", "MixConfig", "InputConfig"}:
        assert name in dir(ganaug)
        assert callable(getattr(ganaug, name))
    with pytest.raises(AttributeError, match="nothing"):
        _ = ganaug.nothing


def test_the_door_loads_no_network():
    code = "import ganaug, sys; ganaug.load, ganaug.compare; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"keras", "tensorflow", "jax", "pandas"} & {*loaded}


def test_one_class_is_no_question(image_folder, tmp_path, capsys):
    words = ["compare", str(image_folder), "--classes", "cat", "--outputs", str(tmp_path)]
    assert "one class asked for" in failing(capsys, *words)
    (tmp_path / "empty").mkdir()
    said = failing(capsys, "compare", str(tmp_path / "empty"), "--outputs", str(tmp_path / "out"))
    assert "empty" in said
    assert not (tmp_path / "out" / "compare").exists()


@pytest.fixture
def small(monkeypatch):
    """A preset that is trained in seconds."""
    tables = {
        "name": "compare-quick",
        "data": {"instances": 3},
        "train": {"model": "pereira_small", "epochs": 3, "batch": 8},
        "arms": {"from scratch": {}, "flips": {"augment": "flip"}},
    }

    def made(recipe, dataset, *, data):
        given = {"source": dataset} | data.model_dump(exclude_unset=True)
        return load_recipe(None, tables | {"data": tables["data"] | given})

    monkeypatch.setattr(verb, "override", made)


@pytest.mark.slow
def test_a_folder_becomes_a_classifier(photographs, tmp_path, small, capsys, monkeypatch):
    words = ["compare", str(photographs), "--minutes", "5", "--outputs", str(tmp_path)]
    assert main([*words, "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Take “")
    made = set((tmp_path / "train").iterdir())
    folder = tmp_path / "compare" / photographs.name
    classifier = folder / "classifier"
    assert f"--model {classifier}" in out
    trained = TrainedClassifier(classifier)
    assert trained.class_names == ["apple", "leaf", "sky"]
    found = predict([photographs / "leaf"], model=Path("latest"), outputs=tmp_path)
    assert len(found.files) == 20
    assert trained.not_sure is not None
    assert found.threshold == trained.not_sure.threshold
    assert trained.not_sure.words in out
    assert "loaded again in a fresh process, it answers as it did" in out
    text = (classifier / "card.md").read_text()
    for part in (
        *("20 of apple, 20 of leaf and 20 of sky", "95 % interval", "| leaf |", "## Limits"),
        *(trained.not_sure.words, NONE),
    ):
        assert part in text
    assert "Take “" in (folder / "report.html").read_text()
    (row,) = runs(outputs=tmp_path).rows
    assert (row.command, row.name, row.classifier) == ("compare", photographs.name, classifier)
    pictures = explain([folder], cam=False, out=tmp_path / "explained").pictures
    assert "confusion.png" in [path.name for path in pictures]
    assert f"{folder} was tested on nothing: " in capsys.readouterr().err

    # What is there already is replaced as a whole, or not at all.
    (classifier / "old.txt").touch()
    with monkeypatch.context() as patched:
        patched.setattr(checked, "TOLERANCE", -1.0)
        assert "loaded in a fresh process, answers differently" in failing(capsys, *words)
    assert {path.name for path in classifier.iterdir()} == {*FILES, "old.txt"}
    assert [path.name for path in folder.glob(".*")] == []
    again = compare(str(photographs), minutes=5, outputs=tmp_path, workers=1)
    assert str(again).splitlines()[0] == out.splitlines()[0]  # nothing is done twice
    assert {path.name for path in classifier.iterdir()} == FILES
    assert set((tmp_path / "train").iterdir()) == made


@pytest.mark.slow
def test_the_advice_names_the_best_and_its_rivals(tmp_path):
    comparison, outputs = make_comparison(tmp_path, instances=4, pictures=False), tmp_path
    keep_answers(comparison, outputs)
    comparison = comparison.model_copy(update={"left": {"slow": "no time"}, "handed_over": True})
    advice = advise(comparison, outputs)
    assert advice.winner in comparison.arms
    low, high = advice.expected.interval
    assert 0 <= low <= advice.expected.accuracy <= high <= 1
    sentences = advice.sentences
    assert sentences[0].startswith(f"Take “{advice.winner}”: ")
    assert sentences[-1] == "“slow” was left: no time."
    assert all(name in " ".join(sentences) for name in advice.rivals)
    assert advice.clearly == [], "4 instances are too few for more than probably"
    both = replace(advice, beaten=["other", "third"])
    assert "It is probably better than “other” and “third”." in both.sentences
    mixed = "It is clearly better than “other”, and probably better than “third”."
    assert mixed in replace(both, clearly=["other"]).sentences
    page = render(comparison, outputs)
    assert sentences[0].replace("&", "&amp;") in page
    final = FinalTaskResult(
        class_names=["a", "b"], history={}, size=64, train_images=90, steps=5, effort=1, seconds=2
    )
    text = card(comparison, advice, final, outputs / "classifier")
    assert "Trained on all 90 images" in text
    assert advice.estimate in text


@pytest.mark.slow
@pytest.mark.parametrize(("level", "beaten"), [(0.5, True), (0.95, False)])
def test_what_another_arm_beat_is_not_beaten_by_the_winner_for_that(tmp_path, level, beaten):
    """An arm that was best later may be no better where the one that was left was tried."""
    made = make_comparison(tmp_path, instances=8, pictures=False, draws=[["cat", "dog"]])
    keep_answers(made, tmp_path)
    known = advise(made, tmp_path)
    left = next(arm for arm in made.arms if arm != known.winner)
    trainings = []
    for run in made.trainings:
        if run.arm == left:
            scores = run.result.scores.model_copy(update={"accuracy": level})
            run = run.model_copy(
                update={"result": run.result.model_copy(update={"scores": scores})}
            )
        if run.arm != left or run.instance < 3:
            trainings.append(run)
    given = {"trainings": trainings, "dropped": [left], "left": {left: "worse than “other”"}}
    advice = advise(made.model_copy(update=given), tmp_path)
    assert advice.winner == known.winner
    assert (left in advice.beaten, left in advice.rivals) == (beaten, not beaten)


@pytest.mark.slow
def test_what_is_printed_claims_no_more_than_the_page(tmp_path):
    """Both know the test images: what an interval over them takes away, and what it shows."""
    made = make_comparison(tmp_path, instances=1, pictures=False).model_copy(
        update={"handed_over": True}
    )
    keep_answers(made, tmp_path)
    folder = tmp_path / "compare" / "pets"
    advice = advise(made, tmp_path)
    printed = str(CompareResult(made, advice, folder, None, folder / "report.html"))
    printed = " ".join(printed.split())
    page = " ".join(Page(render(made, tmp_path)).text.split())
    for arm in results(made, tmp_path).arms[1:]:
        assert "over the test images" in judged(arm)
        assert judged(arm) in printed
        assert judged(arm) in page
    assert advice.winner != made.arms[0]
    assert "over the test images" in advice.above


def test_the_command_can_be_given_again():
    data = DataConfig(skip_bad=True, classes="a, b")
    said = _command("my photos", 5, "quick", ["linear probe"], [], ["own.toml"], data, Path("a b"))
    assert said == (
        "ganaug compare 'my photos' --minutes 5 --preset quick --only 'linear probe' "
        "--add own.toml --skip-bad --classes 'a, b' --outputs 'a b'"
    )
    data = DataConfig(source="photos", protocol="shares", shares=(8, 1, 1))
    said = _command(None, 5, "quick", [], ["-odd"], [Path("own.toml")], data)
    assert said == (
        "ganaug compare photos --minutes 5 --preset quick --without=-odd --add own.toml "
        "--protocol shares --shares 8.0 1.0 1.0"
    )
