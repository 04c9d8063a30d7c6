"""The design's rules that a machine can check."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "ganaug": {"classifiers", "pipelines"},
    "classifiers": {"ganaug", "pipelines"},
    "pipelines": {"tests", "bench"},
}
MODULES = [path for package in FORBIDDEN for path in sorted((ROOT / package).rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Return the top-level packages that a module imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_imports_point_one_way() -> None:
    wrong = {
        path: found
        for path in MODULES
        if (found := imported(path) & FORBIDDEN[path.relative_to(ROOT).parts[0]])
    }
    assert not wrong


def test_modules_can_be_read_in_one_sitting() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES}
    assert len(lines) > 200
    assert not {path: count for path, count in lines.items() if count > 300}


@pytest.mark.parametrize(
    "statement",
    [
        "import ganaug, classifiers, pipelines",
        "import ganaug.config, classifiers.config, pipelines.recipes.recipe, pipelines.tasks.base",
        "import pipelines.verbs.gan, pipelines.verbs.classify, pipelines.verbs.sample",
        "from pipelines.cli import main; main(['--help'])",
        "from pipelines.cli import main; main(['classify', '--help'])",
    ],
)
def test_starting_does_not_import_tensorflow(statement: str) -> None:
    code = (
        f"{statement}\nimport sys; sys.exit('tensorflow' in sys.modules or 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
