"""What an assessment found: every number with its extractor, its n, its error and its floor."""

from math import floor, log10
from pathlib import Path

# The imports fill the table of measures.
import ganaug.quality.fid
import ganaug.quality.kid
import ganaug.quality.prdc  # noqa: F401
from ganaug.quality.copying import CopyTest, Nearest
from ganaug.quality.measures import measures
from groundwork.files import write_json
from groundwork.settings import Result

PROBES = {"gan_train": "GAN-train", "gan_test": "GAN-test"}
"""Column heads of what a classifier makes of the images: it needs several classes at once."""

ALL_CLASSES = "all classes"

LEGEND = """\
± is one standard error. The real rows are the floor: unseen real images in place of generated ones.
KID, FID: lower is better. Precision, density: look real; recall, coverage: are varied.
GAN-train: accuracy on real images of a probe trained on generated ones; GAN-test: the reverse.
copied: fraction of the training images that generated ones reproduce; below it what chance gives;
COPIES: more than chance. copy z: below -3 the generated images lean on the training images."""


def titles() -> dict[str, str]:
    """Return the column heads of the table, in its order."""
    return {name: head for one in measures() for name, head in one.titles.items()} | PROBES


class Estimate(Result):
    """One number."""

    metric: str
    extractor: str
    """The network whose features were measured."""
    n_real: int
    """Real images that generated ones were compared with."""
    n_fake: int
    """Generated images in each comparison."""
    value: float | None
    """None where the number would mean nothing; `note` says why."""
    standard_error: float | None
    floor: float | None
    """The same measure of real images in place of the generated ones: what a perfect generator
    would reach."""
    floor_error: float | None
    note: str = ""


class ClassQuality(Result):
    """What one extractor says of one class, or of all of them together."""

    name: str
    """The class, or `ALL_CLASSES`."""
    extractor: str
    train_images: int
    held_out_images: int
    """0: the training images were compared with each other instead."""
    generated_images: int
    estimates: list[Estimate]
    copies: CopyTest | None
    """None for all classes together: copies are looked for class by class."""
    nearest: list[Nearest]
    """The generated images that follow a training image most closely: the evidence for `copies`."""

    def __getitem__(self, metric: str) -> Estimate:
        """Return the estimate of a metric; KeyError where it was not measured."""
        for estimate in self.estimates:
            if estimate.metric == metric:
                return estimate
        raise KeyError(metric)


class QualityReport(Result):
    """An assessment of generated images, as saved in `quality.json`."""

    classes: list[ClassQuality]
    """By extractor, then by class; all classes together last."""
    notes: list[str]
    """What the reader has to know to read the numbers rightly."""

    def save(self, path: Path) -> None:
        """Write the report as JSON, atomically."""
        write_json(path, self.model_dump(mode="json"))

    def table(self) -> str:
        """Return the report as text for people: two rows a class, generated and real."""
        extractors = dict.fromkeys(quality.extractor for quality in self.classes)
        blocks = [self._block(extractor) for extractor in extractors]
        remarks = [e.note for quality in self.classes for e in quality.estimates if e.note]
        return "\n\n".join([*blocks, "\n".join([LEGEND, *dict.fromkeys(remarks), *self.notes])])

    def _block(self, extractor: str) -> str:
        rows = [quality for quality in self.classes if quality.extractor == extractor]
        found = [{e.metric: e for e in row.estimates if e.value is not None} for row in rows]
        heads = titles()
        shown = [metric for metric in heads if any(metric in estimates for estimates in found)]
        lines = [["class", "", *(heads[metric] for metric in shown), "copy z", "copied"]]
        for row, estimates in zip(rows, found, strict=True):
            cells = [estimates.get(metric) for metric in shown]
            generated = [_cell(e.metric, e.value, e.standard_error) if e else "-" for e in cells]
            real = [_cell(e.metric, e.floor, e.floor_error) if e else "-" for e in cells]
            lines.append([row.name, "generated", *generated, *_copy_cells(row.copies)])
            lines.append(["", "real", *real, *_copy_floors(row.copies)])
        counts = rows[-1]  # the fewest of any class
        title = (
            f"{extractor}: {counts.train_images} training, {counts.held_out_images} held-out, "
            f"{counts.generated_images} generated images a class"
        )
        return "\n".join([title, *_aligned(lines)])


def _cell(metric: str, value: float | None, error: float | None) -> str:
    if value is None or error is None:
        return "-"
    decimals = 2
    if metric in ("kid", "fid") and error > 0:  # their scale is the extractor's
        decimals = max(0, 1 - floor(log10(error)))
    return f"{value:.{decimals}f}±{error:.{decimals}f}"


def _copy_cells(copies: CopyTest | None) -> list[str]:
    if copies is None:
        return ["", ""]
    warning = "COPIES " if copies.copies else ""
    z = "-" if copies.z is None else f"{copies.z:+.1f}"
    return [z, f"{warning}{copies.copied:.0%}"]


def _copy_floors(copies: CopyTest | None) -> list[str]:
    if copies is None:
        return ["", ""]
    return ["-" if copies.z is None else "0.0±1.0", f"{copies.copied_floor:.0%}"]


def _aligned(lines: list[list[str]]) -> list[str]:
    """Pad every column to its widest cell, the first two to the left."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
