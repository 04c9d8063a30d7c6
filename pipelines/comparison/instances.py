"""The instances of a comparison: drawn from their source, and written to the outputs folder."""

from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.data.instances import (
    Instance,
    InstanceRecord,
    further_images,
)
from pipelines.data.protocols import OWN_SPLIT, make_instances
from pipelines.data.sources import Source, load_source
from pipelines.errors import InputError
from pipelines.findings.pool import without
from pipelines.recipes.data import DataConfig
from pipelines.workspace import TEST, TRAIN, run_folder


@dataclass(frozen=True)
class Drawn:
    """An instance on disk.

    Attributes
    ----------
    folder
        Relative to outputs/; holds `train.npz` and `test.npz`.
    record
        What was drawn.
    class_digests
        Stands for the training images of each class.
    further
        File of further real images, relative to outputs/; None where no arm needs any.
    """

    folder: str
    record: InstanceRecord
    class_digests: tuple[str, ...]
    further: str | None = None


def open_source(data: DataConfig) -> Source:
    """Load the source that ``data`` names, without the images that it excludes."""
    source = load_source(
        data.source, data_dir=data.data_dir, size=data.size, skip_bad=data.skip_bad
    )
    return source if data.exclude is None else without(source, data.exclude)


def draw_instances(
    source: Source,
    data: DataConfig,
    outputs: Path,
    extra_real: int = 0,
    *,
    tested: bool = True,
) -> list[Drawn]:
    """Make the instances of ``data`` and write each to a folder named by its content.

    With ``extra_real``, as many further images of each class are written beside it. ``tested`` is
    that of `instance`.
    """
    design = data.design(source)
    if extra_real and design.protocol != "draws":
        raise InputError(
            "mix.origin 'extra_real' needs data.protocol 'draws', received "
            f"{design.protocol!r}, which leaves no further images"
        )
    drawn = []
    for one in make_instances(source, design, tested=tested):
        written = write_instance(one, outputs)
        if extra_real:
            images = further_images(source, one, extra_real)
            path = Path(written.folder) / f"further-{images.digest()[:12]}.npz"
            if not (outputs / path).is_file():
                images.save(outputs / path)
            written = replace(written, further=path.as_posix())
        drawn.append(written)
    return drawn


def write_instance(one: Instance, outputs: Path) -> Drawn:
    """Write an instance to a folder named by its content."""
    content = [one.train.digest(), one.test.digest()]
    # Where the images are the same for every seed, they are written once.
    name = "split" if one.part == OWN_SPLIT else str(one.seed)
    folder = run_folder("instance", f"{one.train.source}-{name}", content)
    for name, images in ((TRAIN, one.train), (TEST, one.test)):
        if not (outputs / folder / name).is_file():
            images.save(outputs / folder / name)
    labels = range(len(one.train.class_names))
    digests = tuple(one.train.select(one.train.labels == label).digest() for label in labels)
    return Drawn(folder.as_posix(), one.record(), digests)
