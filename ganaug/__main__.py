"""The `ganaug` command, also as ``python -m ganaug``: what it is made of is found first."""

import sys
from importlib import import_module

from ganaug.rooms import find_rooms


def main() -> int:
    """Run the command line; return the exit status."""
    try:
        find_rooms()
    except ImportError as error:
        print(f"ganaug: {error}", file=sys.stderr)
        return 2
    status: int = import_module("pipelines.cli").main()
    return status


if __name__ == "__main__":
    sys.exit(main())
