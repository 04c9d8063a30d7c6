"""`ganaug report`: the page of a finished comparison."""

from pathlib import Path

from groundwork.files import replacing
from pipelines.workspace import REPORT, outputs_of


def report(comparison: Path, *, out: Path | None = None) -> Path:
    """Write the page of a finished comparison: one HTML file that needs nothing else.

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

    page = render(read_comparison(comparison), outputs=outputs_of(comparison))
    out = out or comparison / REPORT
    with replacing(out) as part:
        part.write_text(page, encoding="utf-8")
    return out
