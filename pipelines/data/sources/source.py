"""What every kind of source gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.data.images import Images
from pipelines.errors import InputError


@dataclass(frozen=True, eq=False)
class Source:
    """A data set in memory.

    Attributes
    ----------
    name
        As people call it.
    train
        Images to draw training images from.
    test
        Images to test on; None when the data set is one pool, from which an instance draws
        training and test images that have none in common.
    notes
        What the reader should know: what was chosen, left out or replaced.
    valid
        Validation images, where the data set sets some apart besides its test images.
    own
        Whether it is a folder or file of the user's own, not a data set with a name.
    names
        Of the pictures of each split, where they are files: their paths below ``root``.
    root
        The folder of the files.
    """

    name: str
    train: Images
    test: Images | None
    notes: list[str] = field(default_factory=list)
    valid: Images | None = None
    own: bool = False
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    root: Path | None = None

    def __post_init__(self) -> None:
        if len(self.train.class_names) < 2:
            raise InputError(
                f"{self.name} has one class, {self.train.class_names[0]!r}; "
                "a classifier needs at least two"
            )
        for other in (self.test, self.valid):
            if other is not None and (other.class_names, other.size) != (
                self.train.class_names,
                self.train.size,
            ):
                raise InputError(
                    f"{self.name}: its splits differ in classes or size, {self.train!r} and "
                    f"{other!r}; give all of them the same"
                )

    @property
    def splits(self) -> dict[str, Images]:
        """The parts that there are, by name."""
        parts = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: images for name, images in parts.items() if images is not None}


def from_splits(
    name: str,
    parts: dict[str, Images],
    notes: list[str],
    *,
    own: bool = False,
    names: Mapping[str, tuple[str, ...]] | None = None,
    root: Path | None = None,
) -> Source:
    """Return the source of the splits `train`, `test` and `valid`, as far as there are any.

    Where nothing is set apart for tests, the validation images are those to test on.
    """
    test, valid = parts.get("test"), parts.get("valid")
    called = dict(names or {})
    if test is None and valid is not None:
        test, valid = valid, None
        if "valid" in called:
            called["test"] = called.pop("valid")
        notes = [*notes, "no test split: the validation images are those to test on"]
    return Source(name, parts["train"], test, notes, valid, own, called, root)
