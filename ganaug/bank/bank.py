"""The saved generators of a set of classes, sampled with nothing but their folder."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, Self
from unicodedata import category

import keras
import numpy as np
from pydantic import BaseModel, Field, ValidationError, model_validator

from ganaug.bank.scoring import scores
from ganaug.config import MOST_LATENT, GanConfig
from ganaug.errors import InputError
from ganaug.files import (
    BANK_FILES,
    CONFIG,
    DISCRIMINATOR,
    GENERATOR,
    class_folder_name,
    link_or_copy,
)
from ganaug.latent.inversion import neighbours
from ganaug.latent.sampling import draw_latents, generate
from ganaug.networks.layers import GROUP
from groundwork.errors import TURNING, shown
from groundwork.files import as_path, read_table, replacing_folder
from groundwork.names import few
from groundwork.saved import load_network


class ClassConfig(BaseModel):
    """What the `config.json` of a class says, as far as sampling needs it."""

    class_name: str = Field(min_length=1, max_length=1000)
    image_size: int = Field(ge=8, le=1024)
    config: dict[str, Any]
    images_sha256: str = Field("", max_length=200)
    expanded: str = Field("", max_length=10_000)
    """What made those images of real ones, in the words of who did; empty of real ones."""

    @property
    def latent(self) -> int:
        """Length of the latent vectors."""
        return int(self.config["latent"])

    @model_validator(mode="after")
    def _has_latents(self) -> Self:
        latent = self.config.get("latent")
        if not isinstance(latent, int) or not 1 <= latent <= MOST_LATENT:
            raise ValueError(f"latent is {shown(latent)}; it is 1 to {MOST_LATENT}")
        return self


class Bank:
    """Generators by class.

    Parameters
    ----------
    folder
        Holds one sub-folder a class, ``<label>-<name>``, as :meth:`assemble` makes them.

    Raises
    ------
    InputError
        The folder is missing, empty, or holds broken files or several image sizes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = as_path(folder)
        self._folders = self._find_folders()
        self.configs: list[ClassConfig] = [_config(one) for one in self._folders]
        self.class_names: list[str] = [one.class_name for one in self.configs]
        if len(set(self.class_names)) < len(self.class_names):
            raise InputError(
                f"{self.folder} has two generators of one class ({few(self.class_names)}); "
                "assemble it again"
            )
        sizes = {one.image_size for one in self.configs}
        if len(sizes) > 1:
            raise InputError(
                f"{self.folder} mixes generators of {sorted(sizes)} pixels; train them at one size"
            )
        self.image_size: int = sizes.pop()
        self._load = cache(_load_network)

    def _find_folders(self) -> list[Path]:
        paths = list(self.folder.glob("[0-9]*-*"))
        try:
            found = {int(path.name.split("-")[0]): path for path in paths}
        except ValueError as error:
            raise InputError(f"{self.folder}: {error}; sub-folders are <label>-<name>") from error
        if not found or sorted(found) != list(range(len(paths))):
            raise InputError(
                f"{self.folder} is not a bank: it needs the sub-folders 0-<name>, 1-<name>, …, "
                f"found {few(sorted(path.name for path in paths)) or 'none'}; train one first"
            )
        return [found[label] for label in range(len(found))]

    def sample(self, label: int | str, n: int, seed: int, truncation: float = 1.0) -> np.ndarray:
        """Return `n` images of a class.

        Parameters
        ----------
        label
            Class number or name.
        n
            How many; the first ones do not depend on it.
        seed
            The same seed gives the same images.
        truncation
            Factor on the latent vectors: below 1, more typical and less varied images.

        Returns
        -------
        numpy.ndarray
            uint8 ``[n, size, size, 3]``.
        """
        index = self.label(label)
        if n < 1 or truncation <= 0:
            raise InputError(f"n={n}, truncation={truncation}; both must be above 0")
        latents = draw_latents(n, self.configs[index].latent, [seed, index])
        return generate(self._generator(index), truncation * latents)

    def near(
        self, label: int | str, images: np.ndarray, n: int, seed: int, reach: float = 0.4
    ) -> np.ndarray:
        """Return `n` images of a class that lie between given ones; see `latents.neighbours`.

        Parameters
        ----------
        label
            Class number or name.
        images
            Real images of that class, uint8 ``[N, size, size, 3]``.
        n
            How many.
        seed
            The same seed gives the same images.
        reach
            How far, at most, from one image towards another: 0 to 1.

        Returns
        -------
        numpy.ndarray
            uint8 ``[n, size, size, 3]``.
        """
        index = self.label(label)
        if n < 1 or not 0 <= reach <= 1:
            raise InputError(f"n={n}, reach={reach}; give 1 or more, and 0 to 1")
        self.require_size(images.shape[1])
        return neighbours(self._generator(index), images, n, seed=seed, reach=reach)

    def _generator(self, index: int) -> keras.Model:
        path = self._folders[index] / GENERATOR
        network: keras.Model = self._load(path)
        shapes = (None, self.configs[index].latent), (None, *[self.image_size] * 2, 3)
        if (network.input_shape, network.output_shape) != shapes:
            raise InputError(
                f"{path} makes {shown(network.output_shape)} of {shown(network.input_shape)}, its "
                f"{CONFIG} says {shapes[1]} of {shapes[0]}; train it again"
            )
        return network

    def settings(self) -> list[GanConfig]:
        """Return what each class's generator was trained with, in the order of the labels.

        Raises
        ------
        InputError
            A setting is none that this ganaug knows.
        """
        try:
            return [GanConfig.model_validate(one.config) for one in self.configs]
        except ValidationError as error:
            first = error.errors()[0]
            setting = "".join(f"{name}={first['input']!r}: " for name in first["loc"][:1])
            raise InputError(
                f"{self.folder}: a config.json does not fit ({setting}{first['msg']}); "
                "use the ganaug that trained it, or train it again"
            ) from error

    def discriminator(self, label: int | str) -> keras.Model:
        """Return the discriminator of a class, as `ganaug.training.export` made it."""
        return self._load(self._folders[self.label(label)] / DISCRIMINATOR)

    def score(
        self,
        label: int | str,
        images: np.ndarray,
        backbone: Callable[[GanConfig], keras.Model] | None = None,
    ) -> np.ndarray:
        """Return how real the discriminator of a class finds images.

        Parameters
        ----------
        label
            Class number or name.
        images
            uint8 ``[N, size, size, 3]``.
        backbone
            Makes the network that a projected discriminator looks through, from its settings.

        Returns
        -------
        numpy.ndarray
            float32 ``[N]``, logits: above 0 looks real.
        """
        self.require_size(images.shape[1])
        config = self.settings()[self.label(label)]
        through = None
        if config.discriminator == "projected" and backbone is not None:
            through = partial(backbone, config)
        # Beside others, an image's score would depend on which others; beside copies of itself, no.
        copies = GROUP if config.minibatch_stddev else 1
        found = scores(self.discriminator(label), images.repeat(copies, axis=0), through)
        return found[::copies]

    def label(self, label: int | str) -> int:
        """Return the number of a class.

        Raises
        ------
        InputError
            The bank has no such class.
        """
        if isinstance(label, str) and label in self.class_names:
            return self.class_names.index(label)
        if isinstance(label, int) and 0 <= label < len(self.class_names):
            return label
        raise InputError(
            f"{self.folder} has no class {label!r}; "
            f"it has 0 to {len(self.class_names) - 1}: {', '.join(self.class_names)}"
        )

    def require_size(self, size: int) -> None:
        """Raise InputError unless the bank's images are `size` pixels wide."""
        if size != self.image_size:
            raise InputError(
                f"{self.folder} makes images of {self.image_size} pixels, {size} are needed; "
                f"train a bank of that size or set the image size to {self.image_size}"
            )

    @classmethod
    def assemble(cls, folder: Path, class_folders: list[Path]) -> Self:
        """Gather trained classes into a bank, in the order of their labels.

        Files are hard links where the disk allows, else copies.

        Parameters
        ----------
        folder
            The bank; an older one is replaced.
        class_folders
            Folders that :func:`ganaug.train` filled.
        """
        with replacing_folder(folder) as part:
            for label, source in enumerate(class_folders):
                name = _config(source).class_name
                target = part / class_folder_name(label, name)
                target.mkdir()
                for file in BANK_FILES:
                    link_or_copy(source / file, target / file)
            cls(part)
        return cls(folder)


def _config(folder: Path) -> ClassConfig:
    """Return what is said of a class; a name that could draw on a terminal is none."""
    path = folder / CONFIG
    try:
        found = ClassConfig.model_validate(read_table(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"{path}: {where[:80]}: {first['msg']}; assemble the bank again"
        ) from error
    drawing = [one for one in found.class_name if category(one) in ("Cc", "Cs", "Zl", "Zp")]
    if drawing or TURNING & set(found.class_name):
        raise InputError(f"{path}: class_name {shown(found.class_name)} is no name of a class")
    return found


def _load_network(path: Path) -> Any:
    try:
        return load_network(path)
    except InputError as error:
        raise InputError(f"{error}; train it again") from error
