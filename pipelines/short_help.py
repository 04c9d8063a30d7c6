"""Help that fits on a screen: of the many options of a verb those that people use."""

import re
from collections.abc import Collection
from typing import Any

from cyclopts.help import DefaultFormatter, HelpEntry, HelpPanel, InlineText
from rich.markdown import Markdown

ALL = "--help-all"
"""Shows every option."""
_IMAGES = ("--classes", "--per-class", "--instances", "--size", "--fit", "--exclude")
USED = {
    "classify": (
        *("--dataset", "--recipe", "--profile", *_IMAGES),
        *("--train.model", "--train.epochs", "--augment", "--seeds", "--gan.steps"),
        *("--outputs", "--workers", "--dry-run"),
    ),
    "compare": (
        *("--dataset", "--minutes", "--preset", "--only", "--without", "--add", *_IMAGES),
        *("--outputs", "--workers"),
    ),
    "tune": (
        *("--dataset", "--search", "--profile", *_IMAGES, "--tune.tuner", "--tune.trials"),
        *("--train.epochs", "--outputs", "--workers"),
        "--dry-run",
    ),
    "gan": (
        *("--dataset", "--recipe", "--profile", *_IMAGES, "--scope", "--steps", "--batch"),
        *("--outputs", "--workers", "--dry-run"),
    ),
}  # fmt: skip
"""By verb; of a verb that is not here all are shown."""


class ShortHelp(DefaultFormatter):
    """Shows some of a verb's options, and how to see the others.

    Parameters
    ----------
    shown
        Their names.
    """

    def __init__(self, shown: Collection[str]) -> None:
        super().__init__()
        self._shown = frozenset(shown)

    def __call__(self, console: Any, options: Any, panel: HelpPanel) -> None:
        """Print a panel of options, if any of it are shown."""
        if panel.format == "parameter":
            kept = [one for one in panel.entries if self._shown.intersection(one.names)]
            panel = panel.copy(entries=[_in_a_sentence(one) for one in kept])
        super().__call__(console, options, panel)


def _in_a_sentence(entry: HelpEntry) -> HelpEntry:
    """Keep the first sentence of what an option is said to do."""
    said = getattr(entry.description, "primary_renderable", None)
    if not isinstance(said, Markdown):
        return entry
    first = re.split(r"(?<=\.)\s+(?=[A-Z])", said.markup.strip(), maxsplit=1)[0]
    short = InlineText(Markdown(first))
    for text in entry.description.texts:
        short.append(text)
    return entry.copy(description=short)
