"""What every kind of source gives."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.data.pool import Pool
from pipelines.errors import InputError


@dataclass(frozen=True, eq=False)
class Source:
    """A data set, whose pictures are read when they are asked for.

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
    """

    name: str
    train: Pool
    test: Pool | None
    notes: list[str] = field(default_factory=list)
    valid: Pool | None = None
    own: bool = False

    def __post_init__(self) -> None:
        if len(self.train.class_names) < 2:
            raise InputError(
                f"{self.name} has one class, {self.train.class_names[0]!r}; "
                "a classifier needs at least two"
            )
        for other in (self.test, self.valid):
            if other is not None and other.class_names != self.train.class_names:
                raise InputError(
                    f"{self.name}: its splits differ in classes, {self.train!r} and {other!r}; "
                    "give all of them the same"
                )

    @property
    def side(self) -> int:
        """Side in pixels of the squares that its pictures are worth; at least 32."""
        return self.train.side

    def found(self, sizes: Sequence[int] = ()) -> list[str]:
        """Return the notes, and what has been noticed since in reading pictures at some sizes."""
        readers = dict.fromkeys(reader for part in self.splits.values() for reader in part.readers)
        seen = [note for reader in readers for note in reader.notes(sizes)]
        return list(dict.fromkeys([*self.notes, *seen]))

    @property
    def splits(self) -> dict[str, Pool]:
        """The parts that there are, by name."""
        parts = {"train": self.train, "valid": self.valid, "test": self.test}
        return {name: images for name, images in parts.items() if images is not None}


def from_splits(
    name: str, parts: dict[str, Pool], notes: list[str], *, own: bool = False
) -> Source:
    """Return the source of the splits `train`, `test` and `valid`, as far as there are any.

    Where nothing is set apart for tests, the validation images are those to test on.
    """
    test, valid = parts.get("test"), parts.get("valid")
    if test is None and valid is not None:
        test, valid = valid, None
        notes = [*notes, "no test split: the validation images are those to test on"]
    return Source(name, parts["train"], test, notes, valid, own)
