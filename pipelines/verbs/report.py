"""`ganaug report`: the page of a finished comparison."""

from pathlib import Path

from groundwork.files import replacing
from pipelines.report.epochs import epochs_csv
from pipelines.workspace import EPOCHS, REPORT, outputs_of


def report(comparison: Path, *, out: Path | None = None) -> Path:
    """Write the page of a finished comparison: one HTML file that needs nothing else.

    Beside it, in the comparison's folder, lie the numbers of every epoch as a table: `epochs.csv`.

    Example: ``ganaug report outputs/comparison/demo-0123456789ab --out comparison.html``

    Parameters
    ----------
    comparison
        Folder that `ganaug classify` printed, ``outputs/comparison/<name>-<hash>``.
    out
        The file to write; by default `report.html` in that folder.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the comparison is not finished, its result is damaged, or ``out`` cannot be written.
    """
    from pipelines.report.page import render  # only now: it loads matplotlib
    from pipelines.report.reading import read_comparison

    result = read_comparison(comparison)
    page = render(result, outputs=outputs_of(comparison))
    with replacing(comparison / EPOCHS) as part:
        part.write_text(epochs_csv(result), encoding="utf-8")
    out = out or comparison / REPORT
    with replacing(out) as part:
        part.write_text(page, encoding="utf-8")
    return out
