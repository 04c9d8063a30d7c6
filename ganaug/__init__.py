"""Small-data image synthesis: images of one class in, a generator and its samples out.

It knows no data set and no classifier. The rooms, in the order in which data flows; each imports
only from those above it (`make lint` holds that):

- ground        `errors`, `config` (every setting), `files` (a generator on disk), `arrays`
                (uint8 and -1..1), `device` (XLA, precision), `grids` (pictures of images)
- `latent/`     latent vectors, images from them, and back to them
- `objective/`  what is minimised: losses, penalties, gradients, differentiable augmentation
- `networks/`   generators and discriminators
- `model/`      the GAN as a `keras.Model`, and its averaged generator
- `training/`   one run, resumable bit for bit
- `quality/`    measures by their usual names: KID, FID, precision/recall, GAN-train/test, copies
- `bank/`       saved generators: sample, score, choose

Settings, networks and measures may be added to (`docs/adding.md`). What changes the numbers of a
given seed (`networks/common.py`, `latent/sampling.py`, `training/batches.py`) changes every figure
published so far: say so where you touch it.

Public names load on first use, so that ``import ganaug`` stays free of Keras.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import lazy_loader

from ganaug.rooms import find_rooms

_find, _list, __all__ = lazy_loader.attach_stub(__name__, __file__)
_VERBS = {
    "compare": "compare", "classify": "classify", "tune": "tune", "gan": "gan", "load": "predict",
    "explain": "explain", "export": "export", "sample": "drawing",
}  # fmt: skip
"""What `import ganaug` offers of the commands, for people who work in Python, and the modules of
`pipelines/verbs/` that hold it. The one door that leads up: nothing inside the rooms goes through
it, and no training may depend on it, so that its name is not written where `pipelines.identity`
would follow it."""
_SETTINGS = {
    "DataConfig": "pipelines.recipes.data", "TrainConfig": "classifiers.config",
    "MixConfig": "pipelines.recipes.mix", "InputConfig": "pipelines.recipes.feed",
}  # fmt: skip
"""The settings that these take, beside `GanConfig`."""
__all__ += [*sorted({*_VERBS, *_SETTINGS}), "__version__"]


def __getattr__(name: str) -> Any:
    if name in _VERBS or name in _SETTINGS:
        find_rooms()
    if name in _VERBS:
        return getattr(import_module(f"pipelines.verbs.{_VERBS[name]}"), name)
    if name in _SETTINGS:
        return getattr(import_module(_SETTINGS[name]), name)
    if name == "__version__":
        return _version()
    return _find(name)


def _version() -> str:
    try:
        return version(__name__)
    except PackageNotFoundError:  # a clone that is not installed
        return "unknown"


def __dir__() -> list[str]:
    return [*_list(), *_VERBS, *_SETTINGS, "__version__"]
