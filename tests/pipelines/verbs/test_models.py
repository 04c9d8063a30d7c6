import pytest

from pipelines.cli import main
from pipelines.verbs.models import models_show
from tests.pipelines.verbs.command import failing


@pytest.mark.slow
def test_models_are_listed_with_their_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "pereira*"]) == 0
    head, *rows = capsys.readouterr().out.strip().splitlines()
    assert "2 x MACs" in head
    assert [row.split()[0] for row in rows] == ["pereira_baseline", "pereira_small"]
    assert "unknown model 'nothing*'; known: " in failing(capsys, "models", "list", "nothing*")


def test_a_model_is_shown_layer_by_layer(capsys: pytest.CaptureFixture[str]) -> None:
    """By hand, of 32 pixels: 30, 28, pooled 14, 12, 10, pooled 5, so 48 x 5 x 5 features."""
    assert main(["models", "show", "custom_cnn"]) == 0
    said = capsys.readouterr().out
    table = [line.split() for line in said.splitlines()]
    convolutions = [row for row in table if row[1:2] == ["Conv2D"]]
    assert [row[2:7] for row in convolutions] == [
        [str(side), "x", str(side), "x", str(channels)]
        for side, channels in ((30, 24), (28, 24), (12, 48), (10, 48))
    ]
    assert [row[7] for row in convolutions] == ["672", "5,208", "10,416", "20,784"]
    (logits,) = [row for row in table if row[:1] == ["logits"]]
    assert logits[2:4] == ["10", "2,570"]
    assert "347,106 parameters, of images of 32 x 32 x 3" in said
    assert "dropout=0.0" in said
    message = failing(capsys, "models", "show", "custom_cnn", "--size", "12")
    assert "takes images of 16 pixels" in message
    shown = str(models_show("resnet18", size=32))
    assert shown.count("Conv2D") == 20


def test_a_network_inside_a_model_is_shown_too() -> None:
    layers = models_show("torchvision_resnet18", classes=2).layers
    assert [one.name for one in layers if one.name.endswith("/conv1")] == [
        "torchvision_resnet18/conv1"
    ]
    assert sum(one.parameters for one in layers) == 11_689_512 + 9_600 - 513 * 998
