"""Figures as studies print them, and where what was measured says the opposite."""

import re

from pipelines.comparison.results import ComparisonResult
from pipelines.report.cells import is_checkpoint
from pipelines.report.table import ArmResult, Results
from pipelines.statistics.verdicts import conclusion, points

_PRINTED = re.compile(r"\s*(\d*\.?\d+)\s*(?:(?:±|\+-|\+/-)\s*(\d*\.?\d+))?")


def as_percent(printed: str) -> tuple[float, float | None] | None:
    """Return a published accuracy and its spread in per cent; None where it is a phrase.

    Parameters
    ----------
    printed
        As a study prints it. What begins with a point or with `0.` is a fraction.

    Examples
    --------
    >>> as_percent("71.69 ± 6.71"), as_percent(".66±.02"), as_percent("37.53 %")
    ((71.69, 6.71), (66.0, 2.0), (37.53, None))
    >>> as_percent("blurred blobs")
    """
    found = _PRINTED.match(printed)
    if found is None:
        return None
    unit = 100 if found[1].startswith((".", "0.")) else 1
    spread = None if found[2] is None else round(unit * float(found[2]), 6)
    return round(unit * float(found[1]), 6), spread


def contradictions(table: Results, comparison: ComparisonResult) -> list[str]:
    """Say which arms came out on the other side of the reference arm than in the study.

    Only where the test, corrected for images that instances share and for the number of arms, and
    the 95 % interval of the measured difference leave no doubt of its side.

    Parameters
    ----------
    table
        The numbers of the comparison.
    comparison
        What holds the published figures.
    """
    reference = _last_printed(comparison, table.reference.name)
    if reference is None:
        return []
    said = []
    for arm in table.arms[1:]:
        own = _last_printed(comparison, arm.name)
        if own is not None and _opposite(arm, own - reference):
            assert arm.against is not None  # what has no difference is opposite to nothing
            said.append(
                f"{arm.name}: published {points((own - reference) / 100)} points against "
                f"{table.reference.name}, measured {points(arm.against.mean)} "
                f"({points(arm.against.low or 0.0)} to {points(arm.against.high or 0.0)})"
            )
    return said


def _last_printed(comparison: ComparisonResult, arm: str) -> float | None:
    """Return the published accuracy after an arm's last epoch, in per cent."""
    known = comparison.published.get(arm, {})
    printed = [text for key, text in known.items() if is_checkpoint(key)]
    found = as_percent(printed[-1]) if printed else None
    return found[0] if found else None


def _opposite(arm: ArmResult, published: float) -> bool:
    """Tell whether an arm is on the other side, beyond doubt."""
    if arm.no_claim or arm.against is None or conclusion(arm.against) == "unclear":
        return False
    if arm.against.low is None or arm.against.high is None:
        return False
    return (published > 0 > arm.against.high) or (published < 0 < arm.against.low)
