"""`ganaug data`: what a data set holds, what may be wrong with it, what would be drawn from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from groundwork.files import replacing, write_json
from groundwork.names import slug
from pipelines.comparison.instances import open_source
from pipelines.comparison.sizes import SCRATCH
from pipelines.data.choosing import Count, Fit, Protocol
from pipelines.data.instances import InstanceRecord
from pipelines.data.protocols import make_instances
from pipelines.data.sources import Source
from pipelines.data.summary import DataSummary, describe
from pipelines.errors import InputError, explain
from pipelines.findings.check import Findings, check
from pipelines.findings.gallery import Gallery, gallery_of, names_of
from pipelines.findings.lines import finding_lines
from pipelines.findings.records import Finding, carried, read_excluded, write_findings
from pipelines.recipes.data import DataConfig
from pipelines.workspace import REPORT, features_folder

LISTED = 30
"""Classes listed one a line; of more, those with the fewest images."""
TABLE = "findings.csv"
"""The findings, for people to edit; `--exclude` reads it."""


@dataclass(frozen=True)
class DataResult:
    """A data set in words and pictures.

    Attributes
    ----------
    summary
        The numbers, also written as `summary.json`.
    pictures
        `samples.png`, images of each class; `counts.png`, how many there are; and `instance.png`,
        the training images of the instance.
    findings
        What may be wrong with it.
    report
        The page with every finding's pictures; the table `findings.csv` lies beside it.
    """

    summary: DataSummary
    pictures: list[Path]
    findings: Findings
    report: Path

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        one = self.summary
        lines = [
            f"{one.name}: {len(one.counts['train'])} classes, images of {one.size} pixels a side",
            *_table(one.counts),
            f"identical images: {one.repeated}; in training and in another split: {one.leaked}; "
            f"under two labels: {one.contradictory}",
            *_instance_line(one.instance),
            *(f"note: {note}" for note in one.notes),
            *_finding_lines(self.findings),
            *(f"picture: {path}" for path in self.pictures),
            f"table:   {self.report.with_name(TABLE)} (edit its actions, then --exclude it)",
            f"report:  {self.report}",
        ]
        return "\n".join(lines)


def data(
    dataset: str = "auto",
    *,
    data_dir: Path | None = None,
    size: int | None = None,
    fit: Fit = "crop",
    skip_bad: bool = False,
    group_by: str | None = None,
    protocol: Protocol | Literal["auto"] = "auto",
    classes: str | None = None,
    per_class: Count | None = None,
    test_per_class: Count | None = None,
    seed: int = 0,
    exclude: Path | None = None,
    deep: bool | None = None,
    out: Path | None = None,
) -> DataResult:
    r"""Describe a data set, check it, and show what an instance would draw from it.

    The check finds identical pictures and near duplicates, in one split, across splits and under
    two labels; blank, dark, over-exposed and blurred ones; and, by a pre-trained network, labels in
    doubt and classes that cannot be told apart. Nothing is changed: ``--exclude`` leaves out what
    the table of findings says.

    Example: ``ganaug data cifar10 --classes airplane,cat --per-class 50``

    Parameters
    ----------
    dataset
        Name of a data set, an image folder or a .zip of one, a .csv or .tsv file of paths and
        labels, or an .npz file; `auto`: CIFAR-10 if it can be had, else mnist5k.
    data_dir
        Where tensorflow-datasets keeps its data; by default GANAUG_DATA_DIR or its own choice.
    size
        Side of the squares that are shown, in pixels; by default the pictures' own, at most 64.
    fit
        How pictures become squares: `crop` keeps the centre, `inner` 7/8 of that, `pad` sets
        them on black, `squash` stretches them.
    skip_bad
        Go on without images that cannot be read.
    group_by
        What images that belong together have in common: they stay on one side of every split.
        `parent`: the folder below that of their class; a column of a table; or a regular
        expression whose first group is found in their paths: ``(patient\d+)``.
    protocol
        How instances are made: `draws`, `folds`, `split`, `shares` or `whole`, as in `ganaug
        classify`.
    classes
        Classes of the instance: `all`, a number, to be drawn at random, or names joined by commas.
    per_class, test_per_class
        Training and test images of each class, or `all`.
    seed
        Seed of the instance.
    exclude
        A table of findings: files whose action is `exclude` are left out.
    deep
        Check labels too, by a pre-trained network that needs no download; by default up to 3,000
        images. It takes some 15 ms an image, once.
    out
        Folder for the pictures, the page, the table and the summary; by default
        ``outputs/data/<name>``.

    Returns
    -------
    DataResult
        The numbers, and where the pictures lie.

    Raises
    ------
    InputError
        If the images cannot be read, the instance that was asked for cannot be drawn, or ``out``
        cannot be written.
    """
    try:
        config = DataConfig(
            source=dataset,
            data_dir=data_dir,
            size=size,
            fit=fit,
            skip_bad=skip_bad,
            group_by=group_by,
            exclude=exclude,
            protocol=protocol,
            classes=classes,
            per_class=per_class,
            test_per_class=test_per_class,
            seed=seed,
        )
    except ValidationError as error:
        raise InputError(explain(error, "settings", DataConfig)) from error
    source = open_source(config)
    shown_at = size or min(source.side, SCRATCH)
    notes = []
    drawn = None
    try:
        drawn = next(make_instances(source, config.design(source)))
    except InputError as error:
        if classes is not None:
            raise
        notes.append(f"no instance: {error}")
    summary = describe(source, shown_at, drawn.record() if drawn else None, notes)
    folder = out or Path("outputs") / "data" / slug(source.name)
    write_json(folder / "summary.json", summary.model_dump(mode="json"))
    from pipelines.data.contact_sheet import draw_data_set  # only now: it loads matplotlib

    pictures = draw_data_set(source, drawn, folder, shown_at)
    cache = features_folder(Path("outputs") if out is None else out, by="check")
    found = check(gallery := gallery_of(source), deep, cache)
    # What a person has decided outlives another check.
    found, excluded = _decided(found, [folder / TABLE, exclude], _names(source, exclude))
    _write(found, excluded, gallery, summary, folder)
    return DataResult(summary, pictures, found, folder / REPORT)


def _names(source: Source, exclude: Path | None) -> set[str]:
    """Return what the pictures of a data set are called, those that are left out with the rest."""
    left = {name for split in source.splits for name in names_of(source, split)}
    return left.union(read_excluded(exclude) if exclude is not None else ())


def _decided(
    found: Findings, tables: list[Path | None], names: set[str]
) -> tuple[Findings, list[Finding]]:
    """Return findings with the actions of earlier tables, and what those exclude besides."""
    rows = list(found.rows)
    excluded: dict[tuple[str, str, str], Finding] = {}
    for table in tables:
        if table is not None and table.exists():
            rows, besides = carried(rows, table, names)
            excluded |= {(one.file, one.finding, one.other_file): one for one in besides}
    return Findings(rows=rows, unchecked=found.unchecked), list(excluded.values())


def _write(
    found: Findings, excluded: list[Finding], shown: Gallery, summary: DataSummary, folder: Path
) -> None:
    """Write the table and the page."""
    write_findings([*found.rows, *excluded], folder / TABLE)
    from pipelines.report.findings import render_findings  # only now: it loads matplotlib

    page = render_findings(summary, found, shown.names, shown.picture)
    with replacing(folder / REPORT) as part:
        part.write_text(page, encoding="utf-8")


def _finding_lines(found: Findings) -> list[str]:
    """Return what was found in lines, and what was not checked."""
    lines = finding_lines(found) or ["nothing was found to be wrong"]
    return [f"found:   {line}" for line in lines] + [f"note: {words}" for words in found.unchecked]


def _table(counts: dict[str, dict[str, int]]) -> list[str]:
    """Return a line for each class, with its images by split; of many, only the smallest."""
    names = list(counts["train"])
    larger = len(names) - LISTED
    if larger > 0:
        names = sorted(names, key=lambda name: counts["train"][name])[:LISTED]
    rows: list[tuple[str, list[object]]] = [("", [*counts])]
    rows += [(name, [split[name] for split in counts.values()]) for name in names]
    if larger > 0:
        rows.append((f"{larger} larger classes", []))
    rows.append(("all", [sum(split.values()) for split in counts.values()]))
    width = max(len(name) for name, _ in rows)
    return [f"{name:{width}}" + "".join(f"{cell!s:>8}" for cell in cells) for name, cells in rows]


def _instance_line(one: InstanceRecord | None) -> list[str]:
    if one is None:
        return []
    notes = f" ({'; '.join(one.notes)})" if one.notes else ""
    return [
        f"an instance ({one.part or f'seed {one.seed}'}): {', '.join(one.classes)}; "
        f"{one.train_images} images to "
        f"train on, {one.test_images} to test on{notes}"
    ]
