"""How the outputs folder is laid out, said once: ``outputs/<kind>/<name>-<hash>/``.

`outputs/README.md` says what lies in the folders of each kind.
"""

from pathlib import Path
from typing import Any, Literal

from groundwork.names import slug
from pipelines.identity import code_version, computed_on, digest, library_versions

Kind = Literal["instance", "gan", "bank", "pace", "train", "comparison", "tune"]
COMPARE, CLASSIFIER, CARD = "compare", "classifier", "card.md"
"""Folder of what `ganaug compare` found, by the name of the data; in it that of the classifier,
and in that the card that says what it is worth."""

TRAIN, TEST = "train.npz", "test.npz"
"""Files of an instance: the images to train on, and those to test on."""
VALID = "valid.npz"
"""And those that watch, where the source sets some apart."""
PREPARATION = "preparation.json"
"""How the pictures of an instance became its images."""
CONFIG, RESULT, IDENTITY = "config.json", "result.json", "identity.json"
"""Files of a task: its settings; what came out, written last; all that its hash stands for."""
MODEL, LAST_GOOD = "model.keras", "last-good.keras"
"""Files of a training: the classifier; what a training leaves whose loss was no longer finite."""
PREDICTIONS = "predictions.npz"
"""File of a training: what the classifier answered to every test image."""
NOT_SURE, CHECK = "not-sure.json", "check.npz"
"""Files of a classifier of all images: from which probability on its answers count; pictures, and
what it answered to them when it was trained."""
REPORT, QUALITY = "report.html", "quality.json"
"""The page of a comparison or a search; the quality of a bank."""
EPOCHS = "epochs.csv"
"""The numbers of every epoch of a comparison's trainings."""
FEATURES = "features"
"""Folder of the features of frozen backbones, below outputs."""
_EMBEDS = "classifiers.frozen.features"
"""The module that computes them."""


def run_folder(kind: Kind, name: str, identity: Any) -> Path:
    """Return the folder of a run, relative to outputs: named for people, told apart by a hash.

    Parameters
    ----------
    identity
        All that makes two runs the same, as JSON can hold it; or the digest of that.
    """
    hashed = identity if isinstance(identity, str) else digest(identity)
    return Path(kind) / f"{slug(name)}-{hashed}"


def features_folder(outputs: Path, by: str = "tasks") -> Path:
    """Return where features are kept that the code, the libraries and the device of now compute.

    Parameters
    ----------
    outputs
        The outputs folder.
    by
        Who computes them: tasks, in one thread each; or another, whose sums may differ from theirs.
    """
    what = [code_version(_EMBEDS), library_versions(), computed_on(), *[by] * (by != "tasks")]
    return outputs / FEATURES / digest(what)


def outputs_of(folder: Path) -> Path:
    """Return the outputs folder that the folder of a run lies in."""
    return folder.resolve().parent.parent


def find_instances(outputs: Path) -> list[Path]:
    """Return the folders of all instances in an outputs folder, sorted by name."""
    return sorted(path.parent for path in (outputs / "instance").glob(f"*/{TRAIN}"))
