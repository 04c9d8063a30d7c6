"""`ganaug report`: the page of a finished comparison."""

from pathlib import Path

from ganaug.files import replacing


def report(study: Path, *, out: Path | None = None) -> Path:
    """Write the page of a finished comparison: one HTML file that needs nothing else.

    Example: ``ganaug report outputs/study/demo-0123456789ab --out comparison.html``

    Parameters
    ----------
    study
        Folder that `ganaug classify` printed, ``outputs/study/<name>-<hash>``.
    out
        The file to write; by default `report.html` in that folder.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If the study is not finished, its result is damaged, or ``out`` cannot be written.
    """
    from pipelines.report import read_study, render  # only now: they load matplotlib

    folder = study.resolve()
    page = render(read_study(folder), outputs=folder.parent.parent)
    out = out or study / "report.html"
    with replacing(out) as part:
        part.write_text(page, encoding="utf-8")
    return out
