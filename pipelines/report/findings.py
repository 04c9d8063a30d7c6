"""The page of a check: every finding with its pictures side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from pipelines.data.summary import DataSummary
from pipelines.findings.check import Findings
from pipelines.findings.records import KINDS, Finding
from pipelines.report.pictures import Picture, embed, enlarged
from pipelines.report.templates import environment

SHOWN = 60
"""Findings of a kind with their pictures on the page; the rest stand in the table."""
EXPLAINED = {
    "two labels": "Nobody but you knows which is right. Identical ones are left out, both, unless "
    "you say otherwise; near ones are kept.",
    "across splits": "What trains and tests at once makes a score too good. Of identical ones the "
    "second is left out. Near ones are kept, but of your own images not tested on.",
    "identical": "The second of the same pixels is left out.",
    "near duplicate": "The same picture encoded anew, cropped or mirrored, or the next shot of a "
    "scene. They are kept; of your own images they stay on one side of every split.",
    "label": "A linear probe that did not see the picture gives its class less than 0.65 of what "
    "chance would. One in five to ten of these labels is right after all, so they are kept.",
    "blank": "Grey values hardly differ.",
    "dark": "Even the lightest hundredth is dark.",
    "over-exposed": "Even the darkest hundredth is light.",
    "blurred": "The variance of the Laplacian is below a tenth of the median, and far from the "
    "others.",
    "classes alike": "The probe tells the two apart no better than chance: the same thing under "
    "two names, labels at random, or a difference that it cannot see.",
}
"""What a kind means, and what is done about it."""


@dataclass(frozen=True)
class Shown:
    """A finding with its pictures."""

    row: Finding
    picture: Picture | None
    other: Picture | None


def render_findings(
    summary: DataSummary,
    found: Findings,
    names: Sequence[str],
    picture_at: Callable[[int], NDArray[np.uint8]],
) -> str:
    """Return the page.

    Parameters
    ----------
    summary
        The data set in numbers.
    found
        What the check found.
    names
        Of its pictures, ``[N]``.
    picture_at
        Gives the picture at a position of them, uint8 ``[S, S, 3]``.
    """
    at = {name: position for position, name in enumerate(names)}

    def picture(name: str) -> Picture | None:
        return embed(enlarged(picture_at(at[name]))) if name in at else None

    def shown(rows: list[Finding]) -> list[Shown]:
        return [Shown(one, picture(one.file), picture(one.other_file)) for one in rows[:SHOWN]]

    kinds = {kind: found.of(kind) for kind in KINDS}
    return (
        environment()
        .get_template("findings.html")
        .render(
            summary=summary,
            found=found,
            kinds={kind: (rows, shown(rows)) for kind, rows in kinds.items() if rows},
            clean=[KINDS[kind].lower() for kind, rows in kinds.items() if not rows],
            headings=KINDS,
            explained=EXPLAINED,
            images=len(names),
            version=version("ganaug"),
        )
    )
