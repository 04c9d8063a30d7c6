"""People name their own folders `pipelines` and `classifiers`, too."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).resolve().parents[2]
DOOR = "import ganaug\ntry:\n    ganaug.compare\nexcept ImportError as error:\n    print(error)\n"


def python(mine: Path, *words: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(mine), str(HOME)])
    return subprocess.run(
        [sys.executable, *words],
        cwd=mine,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("theirs", ["pipelines/__init__.py", "classifiers.py"])
def test_a_folder_of_the_user_s_own_in_place_of_ours_is_named(tmp_path, theirs):
    path = tmp_path / theirs
    path.parent.mkdir(exist_ok=True)
    path.touch()
    named = path.parent if path.name == "__init__.py" else path
    said = f"Python finds {named} in place of ganaug's own '{named.stem}': rename it"
    (tmp_path / "script.py").write_text(DOOR)
    assert python(tmp_path, "script.py").stdout.startswith(said)
    command = python(tmp_path, "-m", "ganaug", "--version")
    assert command.returncode == 2
    assert command.stderr.startswith(f"ganaug: {said}")
    assert command.stderr.count("\n") == 1


def test_other_folders_of_theirs_are_in_nobody_s_way(tmp_path):
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").touch()
    assert python(tmp_path, "-m", "ganaug", "--version").returncode == 0
