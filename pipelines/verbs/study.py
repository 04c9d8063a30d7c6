"""`ganaug study`: the published studies, row by row."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from groundwork.terminal import duration, say
from pipelines.errors import InputError
from pipelines.recipes.data import DataConfig
from pipelines.recipes.files import PROFILES, Profile
from pipelines.recipes.options import as_options
from pipelines.studies.effort import expected_seconds
from pipelines.studies.measured import (
    COMMITTED,
    MEASURED,
    Measured,
    differences,
    fullest,
    keep,
    names,
    read_measured,
)
from pipelines.studies.rows import Row, choose_rows, read_rows
from pipelines.verbs.places import IMAGES


@dataclass(frozen=True)
class Rows:
    """Rows of the studies and what they came to.

    Attributes
    ----------
    rows
        By name.
    measured
        The last results of each.
    """

    rows: dict[str, Row]
    measured: dict[str, list[Measured]]

    def __str__(self) -> str:
        """Return a few lines a row."""
        lines = []
        for name, row in self.rows.items():
            lines.append(f"{name:4} {row.title}")
            lines.append(f"     published: {row.published}")
            lines += [f"     {words}" for words in _measured(self.measured.get(name, []))]
            if words := self._takes(name):
                lines.append(f"     takes:     {words}")
            found = fullest(self.measured.get(name, []))
            if row.differs or found:
                lines.append(f"     differs:   {differences(row, found)}")
            if row.weights:
                lines.append(f"     weights:   {row.weights}")
        return "\n".join(lines)

    def _takes(self, name: str) -> str:
        """Say how long a row takes at the profiles that did not run: about, and on one core."""
        seconds = self.expected(name)
        return ", ".join(f"{profile} about {duration(found)}" for profile, found in seconds.items())

    def expected(self, name: str) -> dict[Profile, float]:
        """Return about how many seconds of one core a row takes, as far as that can be told."""
        known, row = self.measured.get(name, []), self.rows[name]
        found = {
            profile: expected_seconds(row, profile, known)
            for profile in PROFILES
            if profile != "smoke" and profile not in {one.profile for one in known}
        }
        return {profile: seconds for profile, seconds in found.items() if seconds is not None}

    def as_markdown(self) -> str:
        """Return the same as a table for a document, published figures of arms in brackets."""
        columns = ("row", "experiment", "published", "measured", "n", "how", "differs in")
        lines = [f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}"]
        for name, row in self.rows.items():
            found = fullest(self.measured.get(name, []))
            cells = (
                name.upper(),
                row.title,
                row.published,
                "; ".join(_arms(one) for one in found) or "not yet",
                "; ".join(str(one.instances) for one in found) or "–",
                "; ".join(f"{one.profile}, {duration(one.seconds)}" for one in found) or "–",
                differences(row, found),
            )
            lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the same as JSON."""
        return json.dumps(
            [
                {"row": name, **row.model_dump(mode="json")}
                | {"measured": [o.model_dump(mode="json") for o in self.measured.get(name, [])]}
                | {"expected_seconds": self.expected(name)}
                for name, row in self.rows.items()
            ],
            ensure_ascii=False,
            indent=2,
        )


def study_list(
    names: Annotated[list[str] | None, Parameter(show=True)] = None,
    /,
    *,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
    markdown: Annotated[bool, Parameter(negative="")] = False,
    outputs: Path = Path("outputs"),
) -> Rows | str:
    """List the rows of the published studies: published, and last measured.

    Example: ``ganaug study list p``

    Parameters
    ----------
    names
        Rows (`p9`), or studies by their letter (`p`); by default all.
    as_json
        As JSON.
    markdown
        As a table for a document.
    outputs
        Whose results count before those that ship with ganaug.

    Returns
    -------
    Rows
        Every row; with ``as_json`` or ``markdown`` a string.

    Raises
    ------
    InputError
        If there is no such row.
    """
    found = Rows(choose_rows(names) if names else read_rows(), known_results(outputs))
    if as_json:
        return found.as_json()
    return found.as_markdown() if markdown else found


def study_run(
    names: Annotated[list[str] | None, Parameter(show=True)] = None,
    /,
    *,
    every: Annotated[bool, Parameter(name="--all", negative="")] = False,
    profile: Profile = "quick",
    cinic10: Path | None = None,
    animals: Path | None = None,
    resnet18: Path | None = None,
    alexnet: Path | None = None,
    data: Annotated[DataConfig, Parameter(name="*", group=IMAGES)] = DataConfig(),
    outputs: Path = Path("outputs"),
    workers: Annotated[int | None, Parameter(validator=validators.Number(gte=1))] = None,
) -> Rows:
    """Run rows of the published studies, and keep what they came to.

    What is finished is not run again, also where another row shares it. A row that fails stops no
    other.

    Example: ``ganaug study run p9 p15 --profile quick``

    Parameters
    ----------
    names
        Rows (`p9`), or studies by their letter (`p`).
    every
        Every row.
    profile
        How much of each: `smoke`, whether it runs; `quick`, hours of two cores for all; `paper`,
        as the study did it.
    cinic10, animals
        Folders of the images of studies A and K; without them the rows run on others, and say so.
    resnet18, alexnet
        Files of torchvision's weights for P13 to P15 (resnet18-f37072fd.pth, …); without them
        another network stands in, and they say so.
    data
        Which images; these settings stand over those of the recipes.
    outputs
        Folder for everything that is made; results are kept in `study/measured.json`.
    workers
        Processes of one thread each; by default one a core.

    Returns
    -------
    Rows
        The rows that ran.

    Raises
    ------
    InputError
        If there is no such row, or rows failed: the others are kept.
    """
    if every == bool(names):
        raise InputError("name rows or studies (`ganaug study list` shows them), or give --all")
    rows = read_rows() if every else choose_rows(names or [])
    folders = {"cinic10": cinic10, "animals": animals}
    known = {name: folder for name, folder in folders.items() if folder is not None}
    files = {"torchvision_resnet18": resnet18, "torchvision_alexnet": alexnet}
    from pipelines.verbs.study_steps import run_step  # only now: it loads matplotlib

    failed = []
    for name, row in rows.items():
        given = [word for key, folder in known.items() for word in (f"--{key}", str(folder))]
        given += as_options("", data)
        weights = files.get(row.network)
        if weights is not None:
            given += [f"--{row.network.removeprefix('torchvision_')}", str(weights)]
        command = shlex.join(["ganaug", "study", "run", name, "--profile", profile, *given])
        for step in row.steps:
            say(f"{name}: {row.title} ({step.verb} {step.run}, {profile})")
            try:
                found = run_step(
                    name, row, step, profile=profile, folders=known, data=data,
                    weights=weights, outputs=outputs, workers=workers, command=command,
                )  # fmt: skip
            except InputError as error:
                failed.append(f"{name}: {error}")
                say(f"{name}: failed: {error}")
                break
            keep(outputs / MEASURED, found)
            if found.failed:
                failed.append(f"{name}: {found.failed}")
    say(f"pages: {study_pages(outputs=outputs)}")
    if failed:
        raise InputError(f"{len(failed)} of {len(rows)} rows failed: {'; '.join(failed)}")
    return Rows(rows, known_results(outputs))


def study_pages(*, outputs: Path = Path("outputs"), out: Path | None = None) -> Path:
    """Write the pages of the published studies: all rows, published beside measured.

    Example: ``ganaug study pages``

    Parameters
    ----------
    outputs
        Whose results count before those that ship with ganaug; `study run` writes the pages of its
        own outputs by itself.
    out
        Folder of the pages; by default ``study`` in the outputs.

    Returns
    -------
    Path
        The first page.
    """
    from pipelines.studies.pages import write_pages  # only now: it loads matplotlib

    folder = out or outputs / "study"
    return write_pages(folder, read_rows(), known_results(outputs), outputs)


def known_results(outputs: Path) -> dict[str, list[Measured]]:
    """Return what is known of each row: the user's own results, and those that ship with ganaug."""
    known = {
        one.key: one for path in (COMMITTED, outputs / MEASURED) for one in read_measured(path)
    }
    found: dict[str, list[Measured]] = {}
    for one in known.values():
        found.setdefault(one.row, []).append(one)
    return found


def _arms(one: Measured) -> str:
    """Return the figures of a step in a phrase, the published ones in brackets."""
    said = []
    for name, figure in zip(names(one.figures), one.figures, strict=True):
        spread = "" if figure.spread is None else f" ± {figure.spread:.1f}"
        published = f" ({figure.published})" if figure.published else ""
        said.append(f"{name} {figure.mean:.1f}{spread}{published}")
    return ", ".join(said)


def _measured(results: Sequence[Measured]) -> list[str]:
    """Return the results of the fullest profile of each step, in lines."""
    lines = []
    for one in fullest(results):
        said = []
        for name, figure in zip(names(one.figures), one.figures, strict=True):
            spread = "" if figure.spread is None else f" ± {figure.spread:.2f}"
            said.append(f"{name} {figure.mean:.2f}{spread}")
        measure = one.figures[0].measure.split(", ")[0] if one.figures else ""
        lines.append(
            f"measured:  {measure}: {'; '.join(said)} (n = {one.instances}, {one.profile}, "
            f"{duration(one.seconds)}, {one.date})"
        )
    if not lines and results:
        return [f"measured:  not yet; it ran in miniature ({results[0].date})"]
    return lines or ["measured:  not yet"]
