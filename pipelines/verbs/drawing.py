"""Samples of a bank as arrays, for people who work in Python; `ganaug sample` writes files."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines import runtime


def sample(
    bank: str | Path, name: str, n: int = 16, *, seed: int = 0, truncation: float = 1.0
) -> NDArray[np.uint8]:
    """Draw new images of a class from a bank of generators.

    Parameters
    ----------
    bank
        Folder that `ganaug gan` printed.
    name
        The class.
    n
        How many; the first ones do not depend on it.
    seed
        The same seed gives the same images.
    truncation
        Scale of the latent vectors, above 0: below 1, samples are more typical and less varied.

    Returns
    -------
    numpy.ndarray
        uint8 ``[n, S, S, 3]``.

    Raises
    ------
    InputError
        If the bank or the class is missing, or the bank is damaged.
    """
    runtime.quiet()
    from ganaug.bank.bank import Bank  # only now: it loads Keras

    drawn: NDArray[np.uint8] = Bank(Path(bank)).sample(name, n, seed, truncation)
    return drawn
