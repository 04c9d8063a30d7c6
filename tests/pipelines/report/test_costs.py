from pipelines.report.costs import costs
from pipelines.report.table import results
from pipelines.report.text import text_table
from tests.made_comparison import ARMS, make_comparison


def costing(comparison, flops):
    trainings = [
        run.model_copy(update={"result": run.result.model_copy(update={"flops": flops[run.arm]})})
        for run in comparison.trainings
    ]
    return comparison.model_copy(update={"trainings": trainings})


def test_arms_that_cost_the_same_are_not_drawn(plain):
    assert costs(results(plain)) is None
    same = costing(plain, dict.fromkeys(ARMS, 10**9))
    assert costs(results(same)) is None
    assert "GFLOPs" not in text_table(same)


def test_the_front_is_what_nothing_cheaper_reaches(plain):
    # By accuracy: real, with synthetic images, with flips and shifts.
    made = costing(plain, dict(zip(ARMS, (430_000_000, 690_000_000, 430_000_000), strict=True)))
    found = costs(results(made))
    assert found.front == ["real + flip, shift"]
    assert "real + synthetic: " in found.chart
    assert "at 0.69 GFLOPs" in found.chart
    dear = costing(plain, dict(zip(ARMS, (1e8, 2e8, 3e8), strict=True)))
    assert costs(results(dear)).front == ARMS


def test_costs_stand_in_the_table(tmp_path):
    made = make_comparison(tmp_path, pictures=False)
    said = text_table(costing(made, dict(zip(ARMS, (1e8, 2e8, 0), strict=True))))
    assert [line.strip() for line in said.splitlines() if line.strip().endswith("GFLOPs")] == [
        "0.10 GFLOPs", "0.20 GFLOPs", "– GFLOPs",
    ]  # fmt: skip
