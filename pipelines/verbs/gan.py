"""`ganaug gan`: train one generator a class."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from groundwork.files import as_path
from pipelines import runtime
from pipelines.comparison.estimate import estimate
from pipelines.comparison.instances import draw_instances, open_source
from pipelines.comparison.plan import plan_gans
from pipelines.comparison.results import GanRun
from pipelines.comparison.sizes import generator_size
from pipelines.recipes.data import DataConfig
from pipelines.recipes.files import PAPER, Profile
from pipelines.recipes.generators import GeneratorConfig
from pipelines.recipes.recipe import override
from pipelines.report.terms import BANK
from pipelines.synthetic.provenance import outside_knowledge
from pipelines.tasks.executor import Executor
from pipelines.verbs.places import IMAGES, AnyName, AnyPath

PICTURES = ("interpolation.png", "quality.png", "timelapse.gif")
"""What a training draws besides its grids."""


@dataclass(frozen=True)
class GanResult:
    """Where the generators and their pictures lie.

    Attributes
    ----------
    source
        The images, in words.
    banks
        A folder for each instance, with one sub-folder a class: generator, settings, sample grid.
    trainings
        A line for each: how far it came, the step that was kept, restarts and warnings.
    grids
        The sample grids, with a row of real images on top.
    pictures
        Of each training, if there are: ``timelapse.gif``, ``quality.png`` (the judge's
        measurements, with the kept step marked) and ``interpolation.png``.
    notes
        What a reader of figures made with them has to know.
    failed
        Which generators failed and why, in a line; empty if none did. Their instances have no bank.
    """

    source: str
    banks: list[Path]
    trainings: list[str]
    grids: list[Path]
    pictures: list[Path]
    notes: list[str]
    failed: str = ""

    def __str__(self) -> str:
        """Return the lines that the command line prints."""
        lines = [
            self.source,
            *(f"trained:       {line}" for line in self.trainings),
            *(f"generators:    {path}" for path in self.banks),
            f"               ({BANK})",
            *(f"sample grid:   {path}" for path in self.grids),
            *(f"pictures:      {line}" for line in self._pictures_by_folder()),
            *(f"note:          {words}" for words in self.notes),
            *(f"more samples:  {_sample(path)}" for path in self.banks[:1]),
        ]
        return "\n".join(lines)

    def _pictures_by_folder(self) -> list[str]:
        folders: dict[Path, list[str]] = {}
        for path in self.pictures:
            folders.setdefault(path.parent, []).append(path.name)
        return [f"{folder}: {', '.join(names)}" for folder, names in folders.items()]


def _sample(bank: Path) -> str:
    return shlex.join(["ganaug", "sample", str(bank), "--out", "samples.png"])


def gan(
    dataset: AnyName | None = None,
    *,
    recipe: AnyName | None = None,
    profile: Profile = PAPER,
    data: Annotated[DataConfig, Parameter(name="*", group=IMAGES)] = DataConfig(),
    config: Annotated[GeneratorConfig, Parameter(name="*")] = GeneratorConfig(),
    outputs: AnyPath = Path("outputs"),
    workers: int | None = None,
    dry_run: bool = False,
) -> GanResult | str:
    """Train one DCGAN a class, on a few images each, and gather the generators in a bank.

    Example: ``ganaug gan cifar10 --classes airplane,cat --per-class 50 --steps 2000``

    Parameters
    ----------
    dataset
        Name of a data set, or a path of your own: class folders of images, `.zip`, `.csv` of paths
        and labels, `.npz`; by default that of the recipe, or `auto`: CIFAR-10 if it can be had,
        else mnist5k.
    recipe
        Take `data` and `gan` from a recipe, by name or file; options given here override it.
    profile
        How much of it: `smoke`, whether it runs; `quick`, a shorter look; `paper`, all that it
        says.
    data
        Which images; one instance unless ``instances`` is given.
    config
        The generators.
    outputs
        Folder for everything that is made.
    workers
        Processes of one thread each; by default one a core.
    dry_run
        Say what would be trained and what it would cost, and stop.

    Returns
    -------
    GanResult
        Where the bank and the grids lie; with ``dry_run`` the plan in words.

    Raises
    ------
    InputError
        If the images cannot be read or do not suffice, or ``outputs`` cannot be written.
    """
    if "instances" not in data.model_fields_set:
        data = data.model_copy(update={"instances": 1})
    outputs = as_path(outputs)
    settings = override(recipe, dataset, profile, data=data, gan=config)
    workers = runtime.checked_workers(workers)
    source = open_source(settings.data)
    images = settings.data
    if source.own and images.protocol == "auto":
        # All that somebody has, unless they say how many: nothing is tested here. But test images
        # of their own stay out, so that classifiers may be tested on them and share the generators.
        some = isinstance(images.per_class, int) or isinstance(images.test_per_class, int)
        everything = "whole" if source.test is None else "split"
        images = images.model_copy(update={"protocol": "draws" if some else everything})
    # `ganaug quality` wants test images; where none are left it does with the training images.
    size = generator_size(settings)
    each = settings.gan.scope != "pooled"
    drawn = draw_instances(source, images, outputs, [size], tested=False, generated=each)
    tasks = plan_gans(drawn, settings.gan, size)
    if dry_run:
        return str(estimate([task for group in tasks for task in group], outputs, workers))
    runtime.quiet()
    from pipelines.comparison.banks import TasksFailedError, train_gans  # only now: it loads Keras

    failed = ""
    with Executor(outputs, workers) as executor:
        try:
            banks, runs = train_gans(tasks, executor)
        except TasksFailedError as error:
            if not error.runs:
                raise
            failed = f"{error}; the others are finished, and the same command tries it again"
            banks = [bank for bank in error.banks if bank is not None]
            runs = [run for run in error.runs if isinstance(run, GanRun)]
    notes = [note for one in drawn for note in one.record.notes]
    return GanResult(
        source="; ".join(dict.fromkeys([source.name, *source.found([size]), *notes])),
        banks=[outputs / bank for bank in banks],
        trainings=[str(run.result) for run in runs],
        grids=[path for bank in banks for path in sorted((outputs / bank).glob("*/grid.png"))],
        pictures=[
            path
            for run in runs
            for path in sorted((outputs / run.folder).rglob("*.*"))
            if path.name in PICTURES
        ],
        notes=outside_knowledge(settings.gan),
        failed=failed,
    )
