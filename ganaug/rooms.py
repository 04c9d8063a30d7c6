"""The packages that stand beside this one, under names that people give their own folders, too."""

from importlib.util import find_spec
from pathlib import Path

BESIDE = ("groundwork", "classifiers", "pipelines")


def find_rooms() -> None:
    """See that the packages that are about to be imported are ours.

    Raises
    ------
    ImportError
        If a folder or a module of the user's own is found in place of one.
    """
    home = Path(__file__).resolve().parent.parent
    for name in BESIDE:
        if not (spec := find_spec(name)):
            continue
        places = spec.submodule_search_locations or [spec.origin or ""]
        found = [Path(place) for place in places if place]
        if found and home / name not in [place.resolve() for place in found]:
            raise ImportError(
                f"Python finds {found[0]} in place of ganaug's own {name!r}: rename it, or start "
                "Python where it is not on the path"
            )
