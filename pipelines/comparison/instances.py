"""The instances of a comparison: drawn from their source, and written to the outputs folder."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganaug.config import MIN_IMAGES
from groundwork.files import write_json
from pipelines.data.choosing import Protocol
from pipelines.data.images import Images
from pipelines.data.instances import Instance, InstanceRecord, further_images
from pipelines.data.pool import Pool
from pipelines.data.protocols import OWN_SPLIT, make_instances
from pipelines.data.reader import USUAL
from pipelines.data.regrouped import regrouped
from pipelines.data.relations import related
from pipelines.data.sources import Source, load_source
from pipelines.errors import InputError
from pipelines.findings.gallery import without
from pipelines.recipes.data import DataConfig
from pipelines.workspace import PREPARATION, TEST, TRAIN, VALID, run_folder


@dataclass(frozen=True)
class OnDisk:
    """An instance on disk, its images at one size.

    Attributes
    ----------
    folder
        Relative to outputs/; holds `train.npz` and `test.npz`, and perhaps `valid.npz`.
    class_digests
        Stands for the training images of each class, and its name.
    further
        File of further real images, relative to outputs/; None where no arm needs any.
    """

    folder: str
    class_digests: tuple[str, ...]
    further: str | None = None


@dataclass(frozen=True)
class Drawn:
    """An instance on disk.

    Attributes
    ----------
    record
        What was drawn.
    at
        Where it lies, by the size of its images.
    train, test
        The hashes of its images, which are the same whatever their size.
    """

    record: InstanceRecord
    at: dict[int, OnDisk]
    train: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def size(self) -> int:
        """The only size at which it was written, as those of a search are."""
        (size,) = self.at
        return size


def open_source(data: DataConfig) -> Source:
    """Open the source that ``data`` names, without the images that it excludes.

    Of a person's own images near duplicates are found, and stay together.
    """
    source = load_source(
        data.source,
        data_dir=data.data_dir,
        fit=data.fit,
        skip_bad=data.skip_bad,
        group_by=data.group_by,
    )
    kept = source if data.exclude is None else without(source, data.exclude)
    return related(regrouped(kept, data.groups))


def draw_instances(
    source: Source,
    data: DataConfig,
    outputs: Path,
    sizes: Sequence[int],
    extra_real: int = 0,
    *,
    tested: bool = True,
    generated: bool = False,
) -> list[Drawn]:
    """Make the instances of ``data`` and write each to a folder a size, named by its content.

    Which pictures are drawn does not depend on the sizes, and the images of one size do not depend
    on the others: each is read from the picture itself. With ``extra_real``, as many further images
    of each class are written beside it. ``tested``: whether classifiers are trained and tested on
    them, which takes two classes and test images; ``generated``: whether each class gets a
    generator, which takes some different images of it.
    """
    design = data.design(source)
    if extra_real and design.protocol != "draws":
        raise InputError(
            "mix.origin 'extra_real' needs data.protocol 'draws', received "
            f"{design.protocol!r}, which leaves no further images"
        )
    drawn = []
    for one in make_instances(source, design, tested=tested):
        if tested:
            _check_tested(one, design.protocol)
        if generated:
            _check_generated(one)
        further = further_images(source, one, extra_real) if extra_real else None
        at = {size: write_at(one, outputs, size, further) for size in sizes}
        drawn.append(Drawn(one.record(), at, *_hashes(one)))
    return drawn


def _check_tested(one: Instance, protocol: Protocol) -> None:
    if len(one.classes) < 2:
        raise InputError(
            f"one class asked for, {one.classes[0]!r}: a classifier tells two or more apart; name "
            "more (--classes)"
        )
    if not len(one.test):
        why = "data.protocol 'whole' is for generators alone" * (protocol == "whole")
        raise InputError(
            f"no image is left to test on: {why or 'data.test_per_class is 0'}; leave that out"
        )


def _check_generated(one: Instance) -> None:
    """Check that every class has enough images for a generator, before one of them is trained."""
    hashes, labels = np.asarray(one.train.hashes()), one.train.labels
    for label, name in enumerate(one.classes):
        own = hashes[labels == label]
        if (different := len(np.unique(own))) < MIN_IMAGES:
            raise InputError(
                f"class {name!r} has {len(own)} images, {different} of them different; a GAN "
                f"needs at least {MIN_IMAGES} different ones: add some, or name the other "
                "classes (--classes)"
            )


def write_instance(one: Instance, outputs: Path, size: int) -> Drawn:
    """Write an instance to a folder named by its content."""
    return Drawn(one.record(), {size: write_at(one, outputs, size)}, *_hashes(one))


def write_at(one: Instance, outputs: Path, size: int, further: Pool | None = None) -> OnDisk:
    """Write an instance at one size, and further images beside it."""
    train, test = one.train.read(size), one.test.read(size)
    # Where the images are the same for every seed, they are written once.
    name = "split" if one.part == OWN_SPLIT else str(one.seed)
    # Equal pixels may have come about in two ways; `ganaug predict` must know the right one.
    how = one.train.preparation
    identity = [train.digest(), test.digest(), *[how.model_dump(mode="json")] * (how != USUAL)]
    valid = None if one.valid is None else one.valid.read(size)
    if valid is not None:
        identity.append({"valid": valid.digest()})
    folder = run_folder("instance", f"{one.train.source}-{name}", identity)
    _save(train, outputs / folder / TRAIN)
    _save(test, outputs / folder / TEST)
    if valid is not None:
        _save(valid, outputs / folder / VALID)
    write_json(outputs / folder / PREPARATION, how.model_dump(mode="json"))
    beside = None
    if further is not None:
        images = further.read(size)
        beside = folder / f"further-{images.digest()[:12]}.npz"
        _save(images, outputs / beside)
    return OnDisk(folder.as_posix(), _class_digests(train), beside.as_posix() if beside else None)


def _class_digests(train: Images) -> tuple[str, ...]:
    """Return what stands for the images of each class, whatever the other classes are.

    Nor does it say which belong together: no generator asks.
    """
    own = [(train.of_class(label), name) for label, name in enumerate(train.class_names)]
    return tuple(
        Images(pixels, np.zeros(len(pixels), np.int64), (name,), train.source).digest()
        for pixels, name in own
    )


def _save(images: Images, path: Path) -> None:
    """Write images, unless they are there: not cut off, and not changed."""
    with suppress(InputError):
        if path.is_file() and Images.load(path).digest() == images.digest():
            return
    images.save(path)


def _hashes(one: Instance) -> Iterator[tuple[str, ...]]:
    for pool in (one.train, one.test):
        yield tuple(str(hashed) for hashed in pool.hashes())
