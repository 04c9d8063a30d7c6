from pipelines.report.notes import SHOWN, notes, short_notes
from pipelines.report.text import text_table
from tests.made_comparison import make_comparison


def with_notes(comparison, each):
    """Give the trainings notes of their own, by arm and instance."""
    trainings = [
        run.model_copy(
            update={"result": run.result.model_copy(update={"notes": each(run.arm, run.instance)})}
        )
        for run in comparison.trainings
    ]
    return comparison.model_copy(update={"trainings": trainings})


def test_each_note_is_said_once_with_its_instances(tmp_path):
    comparison = make_comparison(tmp_path, pictures=False, seeds=2)
    noted = with_notes(comparison, lambda arm, i: ["few samples"] if arm == "real" and i else [])
    every, some = notes(noted)
    assert every[1] == [0, 1, 2]
    assert some == ("real: few samples", [1, 2])
    first, second = short_notes(noted)
    assert first == f"Note: {every[0]}"
    assert second == "Note: real: few samples (instances 1, 2)"
    assert second in text_table(noted)


def test_the_terminal_has_the_first_few(plain):
    noted = with_notes(plain, lambda arm, i: [f"right on {i} of {len(arm)}"])
    lines = short_notes(noted)
    assert len(lines) == SHOWN + 1
    assert lines[-1] == f"Note: {len(notes(noted)) - SHOWN} more notes in the report"
