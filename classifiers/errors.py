"""What classifiers raise for what their caller got wrong."""

from typing import Any

from groundwork.errors import InputError, first_line, shown, unknown_name

__all__ = ["DivergedError", "InputError", "first_line", "shown", "unknown_name"]


class DivergedError(InputError):
    """A training whose loss or weights are no longer finite.

    Attributes
    ----------
    model
        The keras.Model that was trained, with the weights of the last epoch that was good.
    """

    def __init__(self, message: str, model: Any) -> None:
        super().__init__(message)
        self.model = model
