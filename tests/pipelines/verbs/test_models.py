import pytest

from pipelines.cli import main
from tests.pipelines.verbs.command import failing


@pytest.mark.slow
def test_models_are_listed_with_their_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "pereira*"]) == 0
    head, *rows = capsys.readouterr().out.strip().splitlines()
    assert "2 x MACs" in head
    assert [row.split()[0] for row in rows] == ["pereira_baseline", "pereira_small"]
    assert "unknown model 'nothing*'; known: " in failing(capsys, "models", "list", "nothing*")
