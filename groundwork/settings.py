"""The frozen base of settings, which people write, and of results, which programs read."""

from pydantic import BaseModel, ConfigDict

_FROZEN = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Settings(BaseModel):
    """Base of every table of settings: frozen, and a misspelt key is an error."""

    model_config = _FROZEN


class Result(BaseModel):
    """A record that is written once and read by reports and comparisons."""

    model_config = _FROZEN
