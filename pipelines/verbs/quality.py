"""`ganaug quality`: how good the samples of a bank are, and whether they are copies."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from groundwork.settings import MOST_SEED
from pipelines import runtime
from pipelines.errors import within
from pipelines.verbs.sample import LEAST_TRUNCATION, MOST_TRUNCATION
from pipelines.workspace import QUALITY

if TYPE_CHECKING:  # at run time these would import TensorFlow
    from ganaug.quality.report import QualityReport


@dataclass(frozen=True)
class QualityResult:
    """The quality of a bank, and where it is written.

    Attributes
    ----------
    report
        Every number with its extractor, its n, its error and its floor.
    file
        The report as JSON.
    pictures
        For each judge and class, generated images with the nearest training images beside them.
    """

    report: "QualityReport"
    file: Path
    pictures: list[Path]

    def __str__(self) -> str:
        """Return the table and the files, as the command line prints them."""
        files = [f"numbers:            {self.file}"]
        files += [f"nearest neighbours: {path}" for path in self.pictures]
        return "\n".join([self.report.table(), "", *files])


def quality(
    bank: Path,
    *,
    instance: Path | None = None,
    n: int = 200,
    judges: str = "efficientnet_lite0,random",
    size: int = 160,
    truncation: float = 1.0,
    seed: int = 0,
    out: Path | None = None,
) -> QualityResult:
    """Measure how real and how varied the samples of a bank are, and look for copies.

    Example: ``ganaug quality outputs/bank/airplane-cat-… --n 200``

    Parameters
    ----------
    bank
        Folder that `ganaug gan` printed.
    instance
        Folder with the images it was trained on, `train.npz`, and held-out ones, `test.npz`; by
        default found in the same outputs folder.
    n
        Generated images of each class.
    judges
        Networks whose features are measured, joined by commas: backbones such as
        `efficientnet_lite0`, or `random`, a network that was never trained. A network that helped
        to train the generators flatters them.
    size
        Side in pixels to which a backbone resizes images.
    truncation
        Scale of the latent vectors, above 0.
    seed
        The same seed gives the same samples and numbers.
    out
        Folder for `quality.json` and the pictures; by default `quality` in the bank.

    Returns
    -------
    QualityResult
        The report and the files.

    Raises
    ------
    InputError
        If the bank is damaged, its training images are not found, or ``out`` cannot be written.
    """
    within("--n", n, 2, 10_000)
    within("--size", size, 32, 512)
    within("--truncation", truncation, LEAST_TRUNCATION, MOST_TRUNCATION)
    within("--seed", seed, 0, MOST_SEED)
    runtime.quiet()
    from pipelines.synthetic.assessment import assess_bank  # only now: it loads Keras

    report, pictures = assess_bank(
        bank, instance, judges, out or bank / "quality", n=n, size=size, seed=seed,
        truncation=truncation,
    )  # fmt: skip
    return QualityResult(report, (out or bank / "quality") / QUALITY, pictures)
