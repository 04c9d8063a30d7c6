"""Ensembles of a recipe: arms that vote together, as study A's three best networks do."""

from typing import Annotated, Literal

from pydantic import Field

from groundwork.settings import Settings

Vote = Literal["soft", "hard", "weighted"]


class Ensemble(Settings):
    """Arms that answer together; it is tried as an arm is, and nothing is trained for it."""

    arms: Annotated[tuple[str, ...], Field(min_length=2, max_length=100)]
    """Their names, each once. They may see images of different sizes; only the votes of those that
    see the same can be kept as one classifier."""
    vote: Vote = "soft"
    """`soft`: the mean of the probabilities. `hard`: the most votes, a tie going to the most
    confident model (study A). `weighted`: the mean, each arm weighted by its accuracy on images
    that nobody here tests on: those that `train.validation` leaves out, or else the test images of
    the other instances that are none of this one's."""
