"""Charts: they say what they should, and no text leaves the picture or covers another."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from classifiers.errors import InputError
from classifiers.evaluation.charts import (
    WIDTH,
    class_accuracy_chart,
    class_counts_chart,
    confusion_chart,
    flops_chart,
    reliability_chart,
    save,
    training_chart,
)
from classifiers.evaluation.explain import failure_sheet
from classifiers.evaluation.failures import Failure
from classifiers.evaluation.scores import Evaluation, evaluate

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def scores(seed: int = 0) -> Evaluation:
    rng = np.random.default_rng(seed)
    labels = np.arange(400) % 10
    return evaluate(0.6 * rng.dirichlet(np.ones(10), 400) + 0.4 * np.eye(10)[labels], labels, NAMES)


CURVE = list(np.linspace(1, 0.1, 45))
HISTORY = dict.fromkeys(("loss", "accuracy", "val_loss", "val_accuracy"), CURVE)
CHARTS: dict[str, Callable[[], Figure]] = {
    "confusion": lambda: confusion_chart(scores()),
    "class accuracy": lambda: class_accuracy_chart(
        {"soft voting": scores(), "ResNet-18 with Adam": scores(1), "a $5 CNN_x": scores(2)}
    ),
    "training": lambda: training_chart({"real": HISTORY, "real + synthetic": HISTORY}),
    "flops": lambda: flops_chart(
        {"small": (3e8, 0.7), "large": (4e9, 0.9), "wasteful": (5e9, 0.8), "twin": (3.1e8, 0.71)}
    ),
    "class counts": lambda: class_counts_chart(dict(zip(NAMES, range(26, 56, 3), strict=True))),
    "reliability": lambda: reliability_chart(scores()),
    "failures": lambda: failure_sheet(
        np.zeros((5, 32, 32, 1), np.uint8),
        [Failure(i, 1, 0, 0.97) for i in range(5)],
        ["automobile", "a very long name of a class"],
    ),
    "failures with heat": lambda: failure_sheet(
        np.zeros((3, 32, 32, 3), np.uint8),
        [Failure(i, 1, 0, 0.97) for i in range(3)],
        ["automobile", "bird"],
        np.ones((3, 32, 32)),
    ),
}


def drawn(figure: Figure) -> list[Text]:
    """Return the texts that are drawn; matplotlib also keeps labels of ticks out of sight."""
    found: list[Text] = []
    draw = Text.draw
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Text, "draw", lambda self, renderer: (found.append(self), draw(self, renderer))
        )
        FigureCanvasAgg(figure).draw()
    return [text for text in found if text.get_text().strip()]


@pytest.mark.parametrize("name", CHARTS)
def test_text_stays_inside_a_phone_and_apart(name: str) -> None:
    figure = CHARTS[name]()
    assert figure.get_figwidth() == WIDTH
    boxes = [(t.get_text(), t.get_window_extent()) for t in drawn(figure)]
    page = figure.bbox
    for text, box in boxes:
        assert box.x0 >= page.x0 - 1, text
        assert box.x1 <= page.x1 + 1, text
        assert box.y0 >= page.y0 - 1, text
        assert box.y1 <= page.y1 + 1, text
    if name == "flops":  # its numbers sit on marks that may touch
        boxes = [(text, box) for text, box in boxes if not text.isdigit()]
    for (one, box), (other, second) in itertools.combinations(boxes, 2):
        overlap = min(box.x1, second.x1) - max(box.x0, second.x0)
        height = min(box.y1, second.y1) - max(box.y0, second.y0)
        assert overlap <= 1 or height <= 3, (one, other)


def test_the_confusion_chart_shows_its_counts() -> None:
    shown = [t.get_text() for t in drawn(CHARTS["confusion"]())]
    for count in np.unique(scores().confusion):
        assert str(count) in shown


def test_the_front_of_the_flops_chart_is_what_nothing_beats() -> None:
    axes = CHARTS["flops"]().axes[0]
    steps = axes.lines[0]
    np.testing.assert_allclose(steps.get_ydata(), [0.7, 0.71, 0.9])


def test_charts_are_saved_in_the_format_of_their_suffix(tmp_path: Path) -> None:
    figure = CHARTS["reliability"]()
    assert Image.open(save(figure, tmp_path / "chart.png")).width == WIDTH * 200
    assert save(figure, tmp_path / "chart.svg").read_text().startswith("<?xml")
    with pytest.raises(InputError, match=r"cannot write chart\.doc"):
        save(figure, tmp_path / "chart.doc")
