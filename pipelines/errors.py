"""What the command line prints as one line instead of a traceback."""

from classifiers.errors import InputError, unknown_name
from ganaug.errors import InputError as GanInputError

USER_ERRORS = (InputError, GanInputError)

__all__ = ["USER_ERRORS", "InputError", "unknown_name"]
