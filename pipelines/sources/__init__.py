"""Data sets: by name, from a folder or from a file."""

from pipelines.sources.loading import list_sources, load_source
from pipelines.sources.source import Source

__all__ = ["Source", "list_sources", "load_source"]
