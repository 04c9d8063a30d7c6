"""`ganaug data`: what a data set holds, and what an instance would draw from it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from groundwork.files import write_json
from groundwork.names import slug
from pipelines.comparison.sizes import SCRATCH
from pipelines.data.choosing import Count, Fit, Protocol
from pipelines.data.instances import InstanceRecord
from pipelines.data.protocols import make_instances
from pipelines.data.sources import load_source
from pipelines.data.summary import DataSummary, describe
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig

LISTED = 30
"""Classes listed one a line; of more, those with the fewest images."""


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
    """

    summary: DataSummary
    pictures: list[Path]

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        one = self.summary
        lines = [
            f"{one.name}: {len(one.counts['train'])} classes, images of {one.size} pixels a side",
            *_table(one.counts),
            f"identical images: {one.repeated}; in training and in test: {one.leaked}; "
            f"under two labels: {one.contradictory}",
            *_instance_line(one.instance),
            *(f"note: {note}" for note in one.notes),
            *(f"picture: {path}" for path in self.pictures),
        ]
        return "\n".join(lines)


def data(
    dataset: str = "auto",
    *,
    data_dir: Path | None = None,
    size: Annotated[int | None, Parameter(validator=validators.Number(gte=8, lte=512))] = None,
    fit: Fit = "crop",
    skip_bad: bool = False,
    group_by: str | None = None,
    protocol: Protocol | Literal["auto"] = "auto",
    classes: str | None = None,
    per_class: Count | None = None,
    test_per_class: Count | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> DataResult:
    r"""Describe a data set, and show what an instance would draw from it.

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
        How pictures become squares: `crop` keeps the centre, `pad` sets them on black, `squash`
        stretches them.
    skip_bad
        Go on without images that cannot be read.
    group_by
        What images that belong together have in common: they stay on one side of every split.
        `parent`: the folder below that of their class; a column of a table; or a regular
        expression whose first group is found in their paths: ``(patient\d+)``.
    protocol
        How instances are made: `draws`, `folds`, `split` or `whole`, as in `ganaug classify`.
    classes
        Classes of the instance: `all`, a number, to be drawn at random, or names joined by commas.
    per_class, test_per_class
        Training and test images of each class, or `all`.
    seed
        Seed of the instance.
    out
        Folder for the pictures and the summary; by default ``outputs/data/<name>``.

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
    source = load_source(dataset, data_dir=data_dir, fit=fit, skip_bad=skip_bad, group_by=group_by)
    shown_at = size or min(source.side, SCRATCH)
    notes = []
    config = DataConfig(
        protocol=protocol,
        classes=classes,
        per_class=per_class,
        test_per_class=test_per_class,
        seed=seed,
    )
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

    return DataResult(summary, draw_data_set(source, drawn, folder, shown_at))


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
