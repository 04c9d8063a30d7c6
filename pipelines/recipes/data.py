"""Which images: every setting of the source, and of how instances are made from it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from cyclopts import Parameter
from pydantic import Field

from groundwork.settings import Seed, Settings
from pipelines.data.choosing import (
    ALL,
    SHARES,
    Count,
    Design,
    Fit,
    Protocol,
    Shares,
    parse_classes,
)

if TYPE_CHECKING:  # no training may depend on how folders are read
    from pipelines.data.sources import Source

DRAWN_CLASSES, DRAWN, DRAWN_TEST = "2", 50, 350
"""Study P's testbed: classes, training and test images of each in an instance that is drawn."""
FOLDS = 5
INSTANCES, SPLIT_INSTANCES = 10, 5
"""How often a comparison is repeated: on other images, or on the same ones with other seeds."""


class DataConfig(Settings):
    """Which images: the source, and how an instance is drawn from it."""

    source: Annotated[str, Parameter(parse=False)] = "auto"
    """Name of a data set, an image folder or a .zip of one, a .csv or .tsv file of paths and
    labels, or an .npz file; `auto`: CIFAR-10 if it can be had."""
    data_dir: Path | None = None
    """Where tensorflow-datasets keeps its data; by default GANAUG_DATA_DIR or its own choice."""
    size: int | None = Field(None, ge=8, le=512)
    """Side of the square images of every arm, in pixels. By default each arm sees the size that
    suits its model, as far as the pictures have it: a pre-trained network that of its training, one
    from scratch at most 64, or 32 where generators are trained, whose time grows with it."""
    fit: Fit = "crop"
    """How pictures become squares: `crop` keeps the centre, `inner` 7/8 of that (256 pixels, then
    224), `pad` sets them on black, `squash` stretches them."""
    skip_bad: bool = False
    """Go on without images that cannot be read."""
    group_by: str | None = None
    r"""What images that belong together have in common, such as a patient: they stay on one side of
    every split. `parent`: the folder they lie in below that of their class; a column of a table; or
    a regular expression whose first group is found in their paths: `(patient\d+)`."""
    exclude: Path | None = None
    """A table as `ganaug data` writes it: files whose action is `exclude` are left out."""
    groups: Annotated[dict[str, tuple[str, ...]], Parameter(parse=False)] = Field(
        {}, exclude_if=lambda groups: not groups
    )
    """Classes that are put together before anything is drawn, by the name of the new class: their
    names, or patterns (`"*-bird"`). Those that no group names stay as they are."""
    protocol: Protocol | Literal["auto"] = "auto"
    """`draws`: a few images of some classes, drawn anew for each instance (study P). `folds`: every
    image, in stratified folds that are tested in turn. `split`: the source's own training and test
    images, with other seeds. `shares`: every image, dealt out to training, validation and test
    anew for each instance (study K). `whole`: every image trains, none tests (for generators).
    `auto`: draws of a named data set; of your own images their split if they have one, else
    folds."""
    classes: str | None = None
    """`all`, a number of classes, drawn at random (by `draws` anew for each instance), or names
    joined by commas. By default 2 where images are drawn, else all."""
    per_class: Count | None = None
    """Training images of each class, or `all`. By default 50 where images are drawn, else all."""
    test_per_class: Count | None = None
    """Test images of each class, or `all`; fewer only where the source has fewer. By default 350
    where images are drawn, else all."""
    own_validation: bool = Field(False, exclude_if=lambda own: not own)
    """Watch every training on the source's own validation images, of each class as many as
    `test_per_class` allows, where its own split is kept and has some; elsewhere
    `train.validation` says what is left out. False is not written down."""
    shares: Shares = Field(SHARES, exclude_if=lambda shares: shares == SHARES)
    """Training, validation and test images of the protocol `shares`, in per cent or any unit, the
    same of every class and at least one of each; validation images watch the trainings."""
    folds: int = Field(FOLDS, ge=2, le=1000)
    """Folds of the protocol `folds`; fewer where the smallest class has fewer images."""
    seed: Seed = 0
    """Seed of the first instance; the next ones count up from it."""
    instances: int | None = Field(None, ge=1, le=10_000)
    """How often the whole comparison is repeated. By default 10 times, on other images each time
    (twice 5 folds); 5 times, with other seeds, where a split of the source's own is kept."""

    def filled(self, source: "Source") -> Self:
        """Return these settings with every default that depends on the source filled in."""
        protocol = self._protocol(source)
        drawn = protocol == "draws"
        usual = {
            "classes": DRAWN_CLASSES if drawn and not source.own else ALL,
            "per_class": DRAWN if drawn else ALL,
            "test_per_class": DRAWN_TEST if drawn else ALL,
            "instances": SPLIT_INSTANCES if protocol == "split" else INSTANCES,
        }
        missing = {name: value for name, value in usual.items() if getattr(self, name) is None}
        return self.model_copy(update={"protocol": protocol} | missing)

    def design(self, source: "Source") -> Design:
        """Return how instances are made from a source."""
        given = self.filled(source).model_dump(include=set(Design.model_fields))
        classes = parse_classes(given["classes"], source.train.class_names)
        return Design.model_validate(given | {"classes": classes})

    def _protocol(self, source: "Source") -> Protocol:
        if self.protocol != "auto":
            return self.protocol
        # Who says how many images are tested on wants them drawn.
        if not source.own or isinstance(self.test_per_class, int):
            return "draws"
        return "split" if source.test is not None else "folds"
