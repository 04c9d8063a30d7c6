import numpy as np

from pipelines.report.charts import Series, curves


def test_long_curves_are_thinned_and_keep_their_mean():
    x, y = np.arange(50_000), np.random.default_rng(0).normal(3, 1, 50_000)
    chart = curves("loss", [Series("d", 1, [(x, y)])], xlabel="step", key="k")
    assert len(chart) < 30_000
    assert "var(--s1)" in chart
    assert "#0304" not in chart
