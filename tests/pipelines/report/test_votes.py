from pipelines.report.table import results
from pipelines.report.votes import MOST_CLASSES, votes
from tests.made_comparison import ARMS, make_comparison


def voted(comparison, members=ARMS):
    """Return a comparison with one more arm, a vote that answers as its last member does."""
    runs = [run for run in comparison.trainings if run.arm == members[-1]]
    more = [
        run.model_copy(
            update={
                "arm": "vote",
                "result": run.result.model_copy(update={"members": dict.fromkeys(members, 0.5)}),
            }
        )
        for run in runs
    ]
    update = {"arms": [*comparison.arms, "vote"], "trainings": [*comparison.trainings, *more]}
    return comparison.model_copy(update=update)


def test_votes_stand_beside_their_members_by_class_and_in_total(plain):
    assert votes(plain, results(plain)) is None
    comparison = voted(plain)
    table = results(comparison)
    found = votes(comparison, table)
    assert [one.name for one in found.predictors] == ["vote", *ARMS]
    vote, *_, last = found.predictors
    assert (vote.votes, last.votes) == (True, False)
    assert (vote.total, vote.accuracies) == (last.total, last.accuracies)
    assert vote.accuracies.keys() == set(found.names)
    for word in ("total", *found.names, f"vote: {100 * vote.total:.1f} %"):
        assert word in found.chart


def test_of_many_classes_those_are_shown_that_differ(tmp_path):
    names = [f"class {number:02}" for number in range(MOST_CLASSES + 5)]
    many = voted(make_comparison(tmp_path, instances=1, draws=[names], pictures=False))
    found = votes(many, results(many))
    assert (len(found.names), found.left_out) == (MOST_CLASSES, 5)
    assert "class 34" in found.chart or "class 33" in found.chart
