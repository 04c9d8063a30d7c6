"""Data sets: by name, from a folder or from a file."""

from pipelines.data.sources.loading import list_sources, load_source
from pipelines.data.sources.registry import register_source
from pipelines.data.sources.source import Source
from pipelines.data.sources.table import from_frame

__all__ = ["Source", "from_frame", "list_sources", "load_source", "register_source"]
