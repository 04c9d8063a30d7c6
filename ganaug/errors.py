"""The one exception that ganaug raises for what its caller got wrong."""


class InputError(ValueError):
    """Bad input: the message is one line that says what was received and what to do."""
