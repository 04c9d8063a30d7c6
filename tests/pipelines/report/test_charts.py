import numpy as np

from pipelines.report.charts import Series, curves
from pipelines.report.forest import NAME, Estimate, forest_plot


def test_long_curves_are_thinned_and_keep_their_mean():
    x, y = np.arange(50_000), np.random.default_rng(0).normal(3, 1, 50_000)
    chart = curves("loss", [Series("d", 1, [(x, y)])], xlabel="step", key="k")
    assert len(chart) < 30_000
    assert "var(--s1)" in chart
    assert "#0304" not in chart


def test_a_forest_plot_says_in_words_what_it_shows():
    rows = [
        Estimate("good", 1, 0.9, (0.85, 0.94), best=True),
        Estimate("x" * 60, 0, 0.8, None, note="2 of 6"),
    ]
    chart = forest_plot(rows, "test accuracy, %")
    assert "good, best: 90.0 (85.0 to 94.0) %" in chart
    assert "var(--s1)" in chart
    assert len(rows[1].title) == NAME
    assert rows[1].title.endswith("x… (2 of 6)")
    assert "x" * 60 in chart  # for those who do not see it
