"""How generators are trained: their settings, and what their real images are first made into."""

from pydantic import Field, field_validator

from ganaug.config import GanConfig
from pipelines.augment.offline import parse as parse_expansion


class GeneratorConfig(GanConfig):
    """Settings of the generators of a comparison."""

    expand: str = Field("", exclude_if=lambda expand: not expand)
    """Offline expansion of the real images before the generators are trained, e.g.
    `flip + rotate`, as study P proposes (its section 2.2); of each class by itself, unless one
    network learns all of them. Empty for the images as they are."""

    @field_validator("expand")
    @classmethod
    def _expands(cls, expand: str) -> str:
        parse_expansion(expand)
        return expand

    @property
    def network_settings(self) -> GanConfig:
        """Return what the training itself reads."""
        return GanConfig.model_validate(self.model_dump(exclude={"expand"}))
