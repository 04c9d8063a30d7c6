"""Every number of every epoch as a table, for a spreadsheet."""

import csv
import io

from pipelines.comparison.results import ComparisonResult

COLUMNS = {
    "loss": "loss",
    "accuracy": "training_accuracy",
    "val_loss": "validation_loss",
    "val_accuracy": "validation_accuracy",
    "learning_rate": "learning_rate",
}
"""Curves of a training, and what their columns are called."""


def epochs_csv(comparison: ComparisonResult) -> str:
    """Return a row an epoch of every training: times in seconds, accuracies in 0..1.

    What was not measured is left empty; a probe, which has no epochs, has no row.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["arm", "instance", "seed", "epoch", "seconds", *COLUMNS.values(), "test_accuracy"]
    )
    for run in comparison.trainings:
        history, spent = run.result.history, run.result.epoch_seconds
        for epoch in range(1, len(history.get("loss", ())) + 1):
            curves = [history.get(name, ()) for name in COLUMNS]
            row = [values[epoch - 1] if len(values) >= epoch else "" for values in curves]
            tested = run.result.accuracy_at.get(epoch, "")
            seconds = spent[epoch - 1] if len(spent) >= epoch else ""
            writer.writerow([run.arm, run.instance, run.seed, epoch, seconds, *row, tested])
    return text.getvalue()
