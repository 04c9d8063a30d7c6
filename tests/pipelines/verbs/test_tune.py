import pytest

from pipelines.cli import main
from pipelines.recipes.recipe import load_recipe


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
    assert "best of 2 trials" in said.out
    assert "(standard error over 2 folds, corrected for the images that they share)" in said.out
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
