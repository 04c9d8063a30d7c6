"""When a classifier says that it is not sure: `not-sure.json` in the folder of one handed over."""

from pathlib import Path

from pydantic import ValidationError

from groundwork.files import read_json
from groundwork.settings import Result
from pipelines.errors import InputError
from pipelines.workspace import NOT_SURE

Interval = tuple[float, float]


class NotSure(Result):
    """From which probability on an answer counts, and what such answers are worth; all in 0..1.

    Where no threshold reaches the aim, every picture is answered: the coverage is 1 and the
    accuracy that of all answers.
    """

    aim: float
    """The accuracy among the answered that the threshold was chosen for."""
    threshold: float | None
    """The least highest probability of an answer; None where no threshold reaches the aim."""
    accuracy: float
    """Among the answered, by thresholds chosen on other images than those that it is measured
    on."""
    accuracy_interval: Interval
    """Its 95 % interval, over the images."""
    coverage: float
    """Fraction of the images that are answered, measured in the same way."""
    coverage_interval: Interval
    images: int
    """Test images, each counted once however often it was tested."""

    @property
    def words(self) -> str:
        """What it comes to, in a sentence whose “it” is the classifier."""
        if self.threshold is None:
            return (
                f"It has no “not sure”: as far as {self.images:,} test images can show, no "
                f"threshold on its probabilities leaves answers of which {100 * self.aim:.0f} % "
                "are right."
            )
        low, high = (100 * end for end in self.accuracy_interval)
        few, many = (100 * end for end in self.coverage_interval)
        return (
            f"Of pictures like these it answers {100 * self.coverage:.0f} % ({few:.0f} to "
            f"{many:.0f}) and is right on {100 * self.accuracy:.1f} % of those ({low:.1f} to "
            f"{high:.1f}; the aim is {100 * self.aim:.0f} %); of the others `ganaug predict` says "
            "that it is not sure: their highest probability is below "
            f"{100 * self.threshold:.1f} %."
        )


def read_not_sure(folder: Path) -> NotSure | None:
    """Return when the classifier of a folder is not sure; None where that was never found out.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = folder / NOT_SURE
    if not path.is_file():
        return None
    try:
        return NotSure.model_validate(read_json(path))
    except (ValidationError, InputError) as error:
        raise InputError(
            f"{path} is damaged: delete it to do without a “not sure”, or run `ganaug compare` "
            "again to have it made anew"
        ) from error
