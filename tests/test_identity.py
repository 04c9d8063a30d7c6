from pathlib import Path

import pytest

from ganaug.config import GanConfig
from pipelines import identity
from pipelines.tasks import GanTask


def gan_task(**changes: object) -> GanTask:
    settings = {"name": "cat-0", "instance": "i", "label": 0, "images": "x", "config": GanConfig()}
    return GanTask.model_validate(settings | changes)


def test_settings_that_matter_change_the_folder_and_others_do_not() -> None:
    folder = gan_task().folder()
    assert folder == gan_task(instance="j", label=1).folder()
    assert folder != gan_task(images="y").folder()
    assert folder != gan_task(config=GanConfig(seed=1)).folder()


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ("def f(x):\n    '''Other words.'''\n\n    return x + 1  # why\n", True),
        ("def f(x):\n    '''Words.'''\n    return x + 2\n", False),
    ],
)
def test_words_do_not_change_the_code_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str, same: bool
) -> None:
    monkeypatch.setattr(identity, "_ROOT", tmp_path)
    module = tmp_path / "m.py"
    module.write_text("def f(x):\n    '''Words.'''\n    return x + 1\n")
    before = identity.code_version.__wrapped__("m.py")
    module.write_text(changed)
    assert (identity.code_version.__wrapped__("m.py") == before) is same
