"""The one exception that ganaug raises for what its caller got wrong."""

from groundwork.errors import InputError

__all__ = ["InputError"]
