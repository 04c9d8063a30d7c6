import shlex

import pytest

from pipelines.report.onward import next_commands


def test_compare_goes_on_with_the_classifier_it_handed_over(plain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    classifier = tmp_path / "compare/my-photos/classifier"
    classifier.mkdir(parents=True)
    (classifier / "model.keras").touch()
    changes = {
        "source": "my photos; 3 near duplicates",
        "command": "ganaug compare 'my photos' --minutes 5 --preset quick",
        "handed_over": True,
    }
    found = next_commands(plain.model_copy(update=changes), "real", tmp_path)
    assert [one.command for one in found] == [
        "ganaug predict pictures/ --model compare/my-photos/classifier",
        "ganaug export compare/my-photos/classifier",
        "ganaug compare 'my photos' --minutes 15 --preset quick",
        "ganaug data 'my photos'",
    ]


def test_classify_goes_on_with_a_training_of_the_best_arm(plain, tmp_path):
    folder = tmp_path / "train/real-1"
    folder.mkdir(parents=True)
    (folder / "model.keras").touch()
    found = next_commands(plain, "real", tmp_path)
    assert found[0].why == "Classify pictures with “real”, as trained on instance 1"
    assert [one.command for one in found] == [
        f"ganaug predict pictures/ --model {folder}",
        f"ganaug export {folder}",
        "ganaug data cifar10",
        "ganaug compare cifar10 --minutes 30",
    ]
    assert len(next_commands(plain, "real + synthetic", tmp_path)) == 2


def test_what_comes_next_is_of_the_same_images(plain, tmp_path):
    """Without their groups, pictures of one patient would train and test."""
    which = ["--classes", "a b,c", "--skip-bad", "--exclude", "f.csv", "--group-by", r"(p\d+)"]
    words = ["ganaug", "classify", "photos", "--recipe", "r.toml", *which, "--instances", "3"]
    found = next_commands(plain.model_copy(update={"command": shlex.join(words)}), "x", tmp_path)
    assert [shlex.split(one.command) for one in found] == [
        ["ganaug", "data", "photos", *which],
        ["ganaug", "compare", "photos", "--minutes", "30", *which],
    ]


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        (["“x” had too little time: --minutes 12 would try them."], "--minutes 12"),
        (["To tell “x” and “y” apart takes about --instances 14."], "--minutes 15 --instances 14"),
        (["“x” had no time for all 10 instances."], "--minutes 15"),
        (["Nothing stayed open: more time would change nothing."], ""),
    ],
)
def test_what_would_settle_more_stands_in_the_command(plain, tmp_path, more, ends):
    changes = {"command": "ganaug compare photos --minutes 5", "handed_over": True, "more": more}
    found = next_commands(plain.model_copy(update=changes), "real", tmp_path)
    longer = [one.command for one in found if one.command.startswith("ganaug compare")]
    assert longer == ([f"ganaug compare photos {ends}"] if ends else [])
