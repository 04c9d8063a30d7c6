"""Bad input, answered by one line; and help."""

from pathlib import Path

import pytest

from pipelines import cli
from pipelines.cli import VERBS, main
from tests.pipelines.verbs.command import failing


def test_bad_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "does not exist; check the path" in failing(capsys, "gan", tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    assert "holds no images; give a folder" in failing(capsys, "gan", tmp_path / "empty")


@pytest.mark.parametrize(
    ("words", "close"),
    [
        (["gan", "PHOTOGRAPHS", "--classes", "aple,leaf"], "did you mean apple?"),
        (["gan", "mnist5"], "did you mean mnist5k or "),
        (
            ["classify", "PHOTOGRAPHS", "--train.model", "pereira_smal"],
            "did you mean pereira_small or ",
        ),
        (["classify", "PHOTOGRAPHS", "--recipe", "demmo"], "did you mean demo?"),
        (["classify", "PHOTOGRAPHS", "--train.optimizer", "adm"], "did you mean adam or "),
        (["gan", "PHOTOGRAPHS", "--stepz", "3"], "Did you mean --steps?"),
        (["classify", "PHOTOGRAPHS", "--mix.share", "0.5"], "it is called '--mix.fraction' now"),
        (["gan", "PHOTOGRAPHS", "--adaptive", "0.6"], "it is called '--ada-target' now"),
        (["gn"], 'Did you mean "gan"?'),
    ],
)
def test_unknown_names_get_the_closest(
    photographs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    close: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = [str(photographs) if word == "PHOTOGRAPHS" else word for word in words]
    if shown[0] == "classify":
        shown += ["--per-class", "10", "--instances", "1", "--workers", "1"]
    assert close in failing(capsys, *shown)


def test_wrong_values_name_the_option(capsys: pytest.CaptureFixture[str]) -> None:
    message = failing(capsys, "gan", "--steps", "0")
    assert "steps: should be greater than or equal to 1, received '0'" in message


@pytest.mark.slow
def test_every_verb_shows_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for verb in VERBS:
        assert main([*verb.split(), "--help"]) == 0
        shown = capsys.readouterr().out
        assert "Example" in shown, verb


@pytest.mark.parametrize(("names", "said"), [("ascii", True), ("utf-8", False)])
def test_a_system_without_letters_for_a_name_is_one_line(monkeypatch, capsys, names, said):
    def verb(asked):
        def app(*args, **kwargs):
            raise UnicodeEncodeError("ascii", "café", 3, 4, "ordinal not in range")

        return app

    monkeypatch.setattr(cli, "make_app", verb)
    monkeypatch.setattr(cli.sys, "getfilesystemencoding", lambda: names)
    if not said:
        with pytest.raises(UnicodeEncodeError):
            main([])
        return
    assert main([]) == 2
    assert "set PYTHONUTF8=1 and run it again" in capsys.readouterr().err
