import shlex
import shutil
from types import SimpleNamespace

import pytest

from classifiers.config import TrainConfig
from pipelines.cli import main
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.recipe import load_recipe
from pipelines.recipes.tuning import TuneConfig
from pipelines.tuning import run
from pipelines.verbs import tune as verb
from pipelines.verbs.tune import TuneResult, tune


def test_the_command_in_a_report_repeats_the_search_whoever_called_it(monkeypatch):
    search, train = "mesquita-m3", TrainConfig(epochs=2, evaluate_at=(1,))
    tables = {"": DataConfig(shares=(8, 1, 1)), "tune.": TuneConfig(trials=3), "train.": train}
    tables["gan."] = GeneratorConfig(label_ramp=(0.1, 0.2))
    seen = []

    def noted(*given):
        seen.append(given)
        raise InputError("enough")

    monkeypatch.setattr(verb, "load_search", noted)
    assert main(shlex.split(verb._command("mnist5k", search, "quick", tables))[1:]) == 2
    ((found, changes, profile),) = seen
    given = {key: t.model_dump(mode="json", exclude_unset=True) for key, t in tables.items()}
    assert (found, profile) == (search, "quick")
    assert changes.pop("data") == given.pop("") | {"source": "mnist5k"}
    assert {f"{key}.": table for key, table in changes.items()} == given


@pytest.mark.slow
def test_the_command_searches_reports_and_goes_on(tmp_path, capsys):
    (tmp_path / "two.toml").write_text(
        "[data]\nsource = 'mnist5k'\nclasses = '3,8'\nper_class = 12\ntest_per_class = 10\n"
        "instances = 1\n[tune]\ntuner = 'grid'\nfolds = 2\nseeds = 1\nlast = 1\n"
        "[space]\n'train.learning_rate' = [0.01, 0.1]\n"
    )
    words = ["tune", "--search", str(tmp_path / "two.toml"), "--outputs", str(tmp_path)]
    words += ["--train.epochs", "2", "--workers", "1"]
    assert main([*words, "--dry-run"]) == 0
    assert "up to 14 trials of 2 classifiers, 2 epochs each" in capsys.readouterr().out
    assert main(words) == 0
    said = capsys.readouterr()
    first, second, *_ = said.out.splitlines()
    assert first.startswith("mnist5k"), "the images, and what has to be known of them"
    assert second.startswith("best of 2 trials")
    begun = "# Found by: ganaug tune mnist5k --search "
    assert next(tmp_path.glob("tune/*/tuned.toml")).read_text().startswith(begun)
    assert "(mean ± standard error over 2 folds, corrected for the images that they" in second
    assert "tested, 1 seed x 1 instance: tuned" in said.out
    assert said.err.count("trial 2: 0.") == 1
    (folder,) = (tmp_path / "tune").iterdir()
    for name in ("result.json", "trials.csv", "report.html", "tuned.toml"):
        assert (folder / name).stat().st_size > 100
    recipe = load_recipe(folder / "tuned.toml")
    assert recipe.data.seed == 1, "others than those tuned on"
    assert recipe.train.epochs == 2
    stamps = {path: path.stat().st_mtime_ns for path in (tmp_path / "train").rglob("result.json")}
    assert len(stamps) == 6
    assert main(words) == 0
    again = {path: path.stat().st_mtime_ns for path in (tmp_path / "train").rglob("result.json")}
    assert stamps == again


def test_what_is_wrong_with_the_images_is_said(tmp_path, image_folder, capsys):
    """As `classify` and `gan` do: a search on images of two labels is worth no more than they."""
    shutil.copy(image_folder / "cat" / "2.png", image_folder / "dog" / "same.png")
    words = ["tune", str(image_folder), "--search", "small-cnn", "--outputs", str(tmp_path)]
    assert main([*words, "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "the same image has two labels: cat/2.png and dog/same.png" in said[0]
    assert said[1].startswith("bayesian: up to 14 trials")


def test_the_next_command_of_a_search_stands_any_path(tmp_path):
    text = str(TuneResult(tmp_path / "my $holiday photos", []))
    (line,) = [line for line in text.splitlines() if line.startswith("compare:")]
    path = str(tmp_path / "my $holiday photos" / "tuned.toml")
    words = shlex.split(line)[1:]
    assert words[:4] == ["ganaug", "classify", "--recipe", path]
    assert words[4:] == ["--outputs", str(tmp_path.parent)], "where its images lie"


def test_the_command_repeats_the_search_wherever_it_was_called(monkeypatch, tmp_path):
    """In Python there are no words of a command line."""
    given, commands = [], []
    settings = {
        "data": DataConfig(classes="3,8", per_class=12, skip_bad=True),
        "config": TuneConfig(trials=2, tuner="random"),
        "train": TrainConfig(model_params={"width": 8}, epochs=2),
        "gan": GeneratorConfig(width=8),
    }

    def run_trials(_, __, command, ___):
        commands.append(command)
        raise InputError("enough")

    drawn = [SimpleNamespace(size=32)]
    what = SimpleNamespace(folder=tmp_path, drawn=drawn)
    monkeypatch.setattr(run, "prepare", lambda search, _: given.append(search) or what)
    monkeypatch.setattr(run, "run_trials", run_trials)
    where = {"outputs": tmp_path, "workers": 1}
    with pytest.raises(InputError, match="enough"):
        tune("mnist5k", search="small-cnn", profile="quick", **where, **settings)
    assert commands[0].endswith(f" --outputs {tmp_path}")
    assert main(shlex.split(commands[0])[1:]) == 2
    assert given[0] == given[1]
    assert commands[0] == commands[1]
