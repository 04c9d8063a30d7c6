"""Searches: read and checked, scored by folds, resumed, and written down."""

import json
import math
from pathlib import Path

import keras_tuner as kt
import numpy as np
import pytest

from classifiers import build_model
from pipelines.cli import main
from pipelines.comparison.instances import draw_instances
from pipelines.data.images import Images
from pipelines.data.sources.source import from_splits
from pipelines.errors import InputError
from pipelines.recipes.recipe import DataConfig, load_recipe
from pipelines.recipes.search import Search, TuneConfig, list_searches, load_search
from pipelines.report.search import importance, render_search
from pipelines.tasks.executor import Executor
from pipelines.tasks.results import TrainTaskResult
from pipelines.tuning.folds import make_folds
from pipelines.tuning.results import SearchResult, TrialRecord, read_trials, write_recipe
from pipelines.tuning.scoring import last_accuracies
from pipelines.tuning.tuner import FoldTuner, run_search

TEXT = """
title = "Trial"
[train]
epochs = 4
[tune]
tuner = "{tuner}"
trials = {trials}
folds = 3
last = 2
[space]
"train.learning_rate" = [0.1, 0.01]
augment = ["", "flip"]
"""


@pytest.fixture
def search_file(tmp_path: Path) -> Path:
    path = tmp_path / "trial.toml"
    path.write_text(TEXT.format(tuner="grid", trials=4))
    return path


@pytest.fixture
def drawn(tmp_path: Path):
    rng = np.random.default_rng(0)
    images = Images(
        rng.integers(0, 256, (60, 32, 32, 3), dtype=np.uint8),
        np.repeat([0, 1], 30),
        ("a", "b"),
        "noise",
    )
    source = from_splits("noise", {"train": images}, [])
    data = DataConfig(per_class=12, test_per_class=5, instances=2)
    return draw_instances(source, data, tmp_path)


@pytest.mark.parametrize(
    ("gan", "space", "judge"),
    [
        ({}, {}, "efficientnet_lite0"),
        ({"discriminator": "projected"}, {}, "efficientnet_lite0"),
        ({"backbone": "efficientnet_lite0"}, {}, "efficientnet_lite0"),
        (
            {"discriminator": "projected", "backbone": "efficientnet_lite0"},
            {},
            "efficientnet_lite1",
        ),
        (
            {"backbone": "efficientnet_lite0"},
            {"gan.discriminator": ["pixels", "projected"]},
            "efficientnet_lite1",
        ),
    ],
)
def test_generators_are_measured_by_a_network_that_no_trial_looks_through(gan, space, judge):
    recipe = load_recipe(None, {"gan": gan})
    assert Search(recipe=recipe, space=space or {"augment": ["", "flip"]}).judge() == judge


def test_values_are_checked_beside_what_the_recipe_fixes(search_file):
    text = TEXT.format(tuner="grid", trials=4) + '"gan.patience" = [500, 1000]'
    search_file.write_text(text)
    with pytest.raises(InputError, match="name the judge"):
        load_search(search_file)
    search_file.write_text(text.replace("[train]", '[gan]\njudge = "random"\n[train]'))
    assert load_search(search_file).space["gan.patience"] == [500, 1000]


def test_a_search_whose_trials_look_through_every_judge_is_refused(search_file):
    text = TEXT.format(tuner="grid", trials=4).replace("last = 2", 'objective = "kid"')
    both = '"gan.backbone" = ["efficientnet_lite0", "efficientnet_lite1"]'
    gan = '[gan]\ndiscriminator = "projected"\n[train]'
    search_file.write_text(text.replace("[train]", gan) + both)
    with pytest.raises(InputError, match="no network is left to judge"):
        load_search(search_file)


@pytest.mark.parametrize("name", list_searches())
def test_searches_that_ship_are_sound(name):
    search = load_search(name)
    firsts, lasts = {}, {}
    for key, values in search.space.items():
        ends = values if isinstance(values, list) else [values.low, values.high]
        firsts[key], lasts[key] = ends[0], ends[-1]
    for values in (firsts, lasts):
        train = search.arm(values).train
        build_model(train.model, (32, 32, 3), 2, **train.model_params)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('augment = ["", "flip"]', '"train.learnin_rate" = [0.1]', "learnin_rate"),
        ('augment = ["", "flip"]', 'augment = ["flup"]', "flup"),
        ("[0.1, 0.01]", '[0.1, "fast"]', "one type"),
        ("[0.1, 0.01]", "{low = 0.1, high = 0.01}", "low < high"),
        ("[0.1, 0.01]", "{low = 0.01, high = 0.1}", "grid needs a list"),
        ('"grid"', '"gird"', "tune.tuner"),
        ("title", "titel", "titel"),
    ],
)
def test_a_wrong_search_is_one_line(search_file, old, new, said):
    search_file.write_text(search_file.read_text().replace(old, new))
    with pytest.raises(InputError, match=said) as caught:
        load_search(search_file)
    assert "\n" not in str(caught.value)


def test_an_unknown_search_is_named():
    with pytest.raises(InputError, match=r"did you mean .*pereira-p12"):
        load_search("pereira-p13")


def test_trials_change_what_they_name_and_nothing_else(search_file):
    search = load_search(search_file)
    arm = search.arm({"train.learning_rate": 0.5, "mix.fraction": 0.25})
    assert arm.train.learning_rate == 0.5
    assert arm.mix.fraction == 0.25
    assert arm.train.epochs == search.recipe.train.epochs == 4


def test_folds_hold_training_images_only_and_leave_each_out_once(drawn, tmp_path):
    folds = make_folds(drawn, TuneConfig(folds=3), tmp_path)
    assert len(folds) == 6
    for position, one in enumerate(drawn):
        train = set(Images.load(tmp_path / one.folder / "train.npz").image_hashes())
        test = set(Images.load(tmp_path / one.folder / "test.npz").image_hashes())
        left_out = []
        for fold in folds[position::2]:
            kept = Images.load(tmp_path / fold.folder / "train.npz")
            out = Images.load(tmp_path / fold.folder / "test.npz")
            assert kept.counts().tolist() == [8, 8]
            assert not set(kept.image_hashes()) & set(out.image_hashes())
            left_out += out.image_hashes()
        assert sorted(left_out) == sorted(train)
        assert not set(left_out) & test


def test_the_score_is_the_mean_of_the_last_epochs_not_the_best(tmp_path):
    result = TrainTaskResult.model_construct(accuracy_at={1: 0.99, 2: 0.5, 3: 0.6, 4: 0.7})
    assert last_accuracies(result, 2) == pytest.approx(0.65)


def test_yes_and_no_stay_yes_and_no(search_file, drawn, tmp_path):
    space = {"train.decay_biases": [True, False], "train.learning_rate": [0.01]}
    search = load_search(search_file, {"space": {"augment": ["flip"]} | space})
    tuner = FakeTuner(
        search, make_folds(drawn, search.tune, tmp_path), Executor(tmp_path), tmp_path
    )
    run_search(tuner)
    assert sorted(values["train.decay_biases"] for values in tuner.tried) == [False, True]
    assert {type(values["train.decay_biases"]) for values in tuner.tried} == {bool}


def test_bayesian_trials_are_plain_numbers(search_file, drawn, tmp_path):
    space = {
        "augment": ["", "flip"],
        "train.momentum": {"low": 0, "high": 0.9},
        "train.learning_rate": {"low": 0.001, "high": 0.1, "scale": "log"},
    }
    tune = {"tuner": "bayesian", "trials": 6, "initial": 3}
    search = load_search(search_file, {"space": space, "tune": tune})
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    assert len(tuner.tried) == 6
    assert {type(values["train.momentum"]) for values in tuner.tried} == {float}
    assert all(0 <= values["train.momentum"] <= 0.9 for values in tuner.tried)


class FakeTuner(FoldTuner):
    """Scores settings by a formula instead of trainings."""

    tried: list[dict]

    def _score(self, values):
        if not hasattr(self, "tried"):
            self.tried = []
        self.tried.append(values)
        rate = values["train.learning_rate"]
        if rate == "bug":
            raise KeyError("ours")
        if rate == 0.1 and values["augment"] == "flip":
            raise InputError("the loss is not a number")
        return [rate, rate + 0.2]


def test_a_search_goes_on_where_it_was_stopped(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    first = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    scored = first._score

    def stops_at_the_third(values):
        if len(getattr(first, "tried", [])) == 2:
            raise KeyboardInterrupt
        return scored(values)

    first._score = stops_at_the_third
    with pytest.raises(KeyboardInterrupt):
        run_search(first)
    assert len(read_trials(tmp_path / "tune")) == 2
    second = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(second)
    trials = read_trials(tmp_path / "tune")
    assert len(second.tried) == 2, "the two that were done are not tried again"
    settings = {tuple(trial.values.values()) for trial in trials}
    assert settings == {(0.1, ""), (0.1, "flip"), (0.01, ""), (0.01, "flip")}
    assert [trial.error for trial in trials if not trial.scores] == ["the loss is not a number"]


@pytest.mark.parametrize("tuner", ["grid", "random", "bayesian"])
def test_a_trial_that_was_being_written_is_not_lost(tuner, tmp_path, drawn):
    """A chief may be killed after the file of a new trial and before its own."""
    path = tmp_path / "trial.toml"
    path.write_text(TEXT.format(tuner=tuner, trials=4))
    search = load_search(path)
    folds = make_folds(drawn, search.tune, tmp_path)

    def start() -> FakeTuner:
        return FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")

    first = start()
    saved = first.oracle.save

    def is_killed_at_the_third():
        if len(first.oracle.start_order) == 3:
            raise KeyboardInterrupt
        saved()

    first.oracle.save = is_killed_at_the_third
    with pytest.raises(KeyboardInterrupt):
        run_search(first)
    assert len(list((tmp_path / "tune/oracle").glob("trial_*"))) == 3
    second = start()
    run_search(second)
    assert len(second.tried) == 2
    assert len(read_trials(tmp_path / "tune")) == 4


def test_three_mistakes_of_ours_in_a_row_end_the_search(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    tuner._score = lambda values: {}["ours"]
    with pytest.raises(InputError, match=r"3 trials in a row .* KeyError: 'ours'"):
        run_search(tuner)
    assert len(read_trials(tmp_path / "tune")) == 3


def test_halving_gives_more_folds_to_the_better_half(search_file, drawn, tmp_path):
    changes = {
        "tune": {"tuner": "halving", "factor": 2, "folds": 4},
        "space": {"train.learning_rate": {"low": 0.001, "high": 0.9}},
    }
    search = load_search(search_file, changes)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    assert {values["tuner/epochs"] for values in tuner.tried} == {1, 2, 4}
    rates = {
        budget: [v["train.learning_rate"] for v in tuner.tried if v["tuner/epochs"] == budget]
        for budget in (1, 2, 4)
    }
    assert len(rates[1]) > 1
    again = set(rates[1]) & set(rates[2])
    assert again
    assert min(again) >= np.median(rates[1]), "only the better half goes on"


def test_hyperband_gives_more_epochs_to_the_better_trials(search_file, drawn, tmp_path):
    changes = {
        "tune": {"tuner": "hyperband", "factor": 2},
        "space": {"train.learning_rate": {"low": 0.001, "high": 0.9}},
    }
    search = load_search(search_file, changes)
    tuner = FakeTuner(
        search, make_folds(drawn, search.tune, tmp_path), Executor(tmp_path), tmp_path / "tune"
    )
    run_search(tuner)
    budgets = [trial.budget for trial in read_trials(tmp_path / "tune")]
    assert set(budgets) == {1, 2, 4}, "up to the 4 epochs of the recipe"
    assert budgets.count(1) > budgets.count(4) / 2
    recipe = tuner._recipe({"train.learning_rate": 0.1}, 2)
    assert recipe.train.epochs == 2
    assert recipe.train.evaluate_at == (1, 2)


def test_memory_that_ran_out_is_no_mistake_of_ours(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")

    def out_of_memory(values):
        raise MemoryError

    tuner._score = out_of_memory
    run_search(tuner)
    assert [trial.error for trial in read_trials(tmp_path / "tune")] == ["out of memory"] * 4


def test_a_real_trial_trains_every_fold(search_file, drawn, tmp_path):
    changes = {"tune": {"tuner": "random", "trials": 1}, "train": {"batch": 8}}
    search = load_search(search_file, changes)
    folds = make_folds(drawn[:1], search.tune, tmp_path)
    tuner = FoldTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    (trial,) = read_trials(tmp_path / "tune")
    assert len(trial.scores) == 3
    folders = sorted((tmp_path / "train").iterdir())
    results = [json.loads((f / "result.json").read_text())["accuracy_at"] for f in folders]
    assert all(sorted(accuracies) == ["3", "4"] for accuracies in results)
    means = sorted(np.mean(list(accuracies.values())) for accuracies in results)
    np.testing.assert_allclose(sorted(trial.scores), means)


def result_of(scores: dict[float, tuple[float, ...]], **more) -> SearchResult:
    search = Search(
        recipe=load_recipe(), tune=TuneConfig(), space={"train.learning_rate": [*scores]}
    )
    trials = [
        TrialRecord(
            trial=str(number),
            values={"train.learning_rate": rate},
            scores=folds,
            error="" if folds else "it broke & <stopped>",
        )
        for number, (rate, folds) in enumerate(scores.items())
    ]
    return SearchResult(
        name="trial",
        title="Trial",
        command="ganaug tune",
        machine="this one",
        source="noise",
        classes=[["a", "b"]],
        trials=trials,
        seconds=12.0,
        **{"settings": search.model_dump(mode="json")} | more,
    )


def test_the_table_the_page_and_the_recipe(tmp_path):
    scores = {0.1: (0.5, 0.6), 0.01: (0.8, 0.9), 0.001: (), 0.02: (0.7, 0.9)}
    result = result_of(scores, retrained=(0.8, 0.9), untuned=(0.7, 0.7))
    assert [trial.mean for trial in result.ranked()] == pytest.approx([0.85, 0.8, 0.55])
    assert result.best.standard_error == pytest.approx(0.1 / 2)
    rows = result.csv().splitlines()
    assert rows[0] == "trial,train.learning_rate,budget,mean,standard_error,fold 1,fold 2,error"
    assert rows[3] == "2,0.001,,,,,,it broke & <stopped>"
    page = render_search(result)
    assert "it broke &amp; &lt;stopped&gt;" in page
    assert "85.0 ± 5.0" in page
    search = Search(
        recipe=load_recipe(None, {"train": {"epochs": 7}}),
        space={"train.learning_rate": [0.1], "gan.width": [8]},
    )
    best = TrialRecord(trial="0", values={"train.learning_rate": 0.1, "gan.width": 8})
    path = write_recipe(search, best, tmp_path / "tuned.toml", "Found by: x\n\n  y")
    assert path.read_text().startswith("# Found by: x\n#\n#   y\n\n")
    recipe = load_recipe(path)
    assert recipe.gan.width == 8
    arms = recipe.resolved_arms()
    assert arms["tuned"].train.learning_rate == 0.1
    assert arms["untuned"].train.learning_rate == recipe.train.learning_rate
    assert {arm.train.epochs for arm in arms.values()} == {7}


def test_a_tuned_generator_is_compared_with_none(tmp_path):
    search = load_search("generator")
    best = TrialRecord(trial="0", values={"gan.learning_rate": 0.0005})
    recipe = load_recipe(write_recipe(search, best, tmp_path / "tuned.toml", "x"))
    assert recipe.gan.learning_rate == 0.0005
    assert [arm.generated for arm in recipe.resolved_arms().values()] == [False, True]


def test_scores_are_named_with_the_network_that_judged():
    assert result_of({0.1: (0.5,)}).score_name == "validation accuracy in %"
    search = Search(
        recipe=load_recipe(),
        tune=TuneConfig(objective="kid"),
        space={"train.learning_rate": [0.1]},
    )
    result = result_of({0.1: (0.5, 0.6)}, settings=search.model_dump(mode="json"))
    assert f"KID to images left out, on {search.judge()}" in render_search(result)


def test_a_search_that_only_failed_says_why():
    with pytest.raises(InputError, match="all 1 trials failed: it broke"):
        _ = result_of({0.1: ()}).best


def test_importance_finds_what_the_score_depends_on():
    rng = np.random.default_rng(0)
    trials = [
        TrialRecord(
            trial=str(i),
            values={"rate": float(rate), "name": str(rng.choice(["x", "y"]))},
            scores=(math.log(rate),),
        )
        for i, rate in enumerate(10 ** rng.uniform(-4, -1, 20))
    ]
    found = importance(trials, ["rate", "name"])
    assert list(found) == ["rate", "name"]
    assert found["rate"] > 0.9
    assert sum(found.values()) == pytest.approx(1)
    assert importance(trials[:3], ["rate"]) == {}


def test_failed_trials_are_known_to_keras_tuner(search_file, drawn, tmp_path):
    search = load_search(search_file)
    folds = make_folds(drawn, search.tune, tmp_path)
    tuner = FakeTuner(search, folds, Executor(tmp_path), tmp_path / "tune")
    run_search(tuner)
    states = [trial.status for trial in tuner.oracle.trials.values()]
    assert sorted(states) == ["COMPLETED"] * 3 + ["FAILED"]
    best = tuner.oracle.get_best_trials(1)[0]
    assert isinstance(best.hyperparameters, kt.HyperParameters)
    assert best.hyperparameters.values["train.learning_rate"] == 0.1


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
