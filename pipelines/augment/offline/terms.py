"""The language of expansions, read and checked before any image is there."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.augment.language import Call, read_calls
from pipelines.augment.offline.variants import Pixels, flip, isolate, patch_shuffle, rotate
from pipelines.augment.parameters import Parameters
from pipelines.errors import InputError, unknown_name

_VARIANTS: dict[str, Callable[..., list[Pixels]]] = {
    "flip": flip,
    "rotate": rotate,
    "isolate": isolate,
    "patch_shuffle": patch_shuffle,
}


@dataclass(frozen=True)
class Term:
    """One kind of changed copies."""

    name: str
    params: tuple[tuple[str, Any], ...]

    def __call__(self, images: Pixels, seed: int) -> list[Pixels]:
        """Return the changed copies of uint8 images ``[N, H, W, 3]``."""
        return _VARIANTS[self.name](images, seed, **dict(self.params))


@dataclass(frozen=True)
class Terms:
    """What an expansion adds to the originals.

    Attributes
    ----------
    mixes
        Whether pairs are averaged.
    mixed
        Copies that are averaged with the originals and with one another.
    single
        Copies that are not.
    """

    mixes: bool
    mixed: tuple[Term, ...]
    single: tuple[Term, ...]


def parse(text: str) -> Terms:
    """Read an expansion such as ``"mix(flip + rotate) + patch_shuffle(16)"``; see `Expansion`.

    Raises
    ------
    InputError
        If a term is unknown, named twice or malformed, or a parameter is out of range.

    Examples
    --------
    >>> terms = parse("mix(flip) + patch_shuffle(8)")
    >>> terms.mixes, [term.name for term in terms.mixed], [term.name for term in terms.single]
    (True, ['flip'], ['patch_shuffle'])
    """
    calls = read_calls(text, "+")
    mixes = [call for call in calls if call.name == "mix"]
    inner = [term for call in mixes for term in _inner(call)]
    outer = [call for call in calls if call.name != "mix"]
    _check_once([call.name for call in (*mixes, *inner, *outer)], text)
    return Terms(bool(mixes), tuple(_terms(inner)), tuple(_terms(outer)))


def _inner(call: Call) -> Sequence[Call]:
    """Return the terms inside ``mix(…)``."""
    match call:
        case Call(args=(), kwargs=()):
            return ()
        case Call(args=(str(name),), kwargs=()):
            return (Call(name),)
        case Call(args=(tuple(terms),), kwargs=()):
            return terms
    raise InputError("mix takes terms joined by '+', as in mix(flip + rotate)")


def _terms(calls: Sequence[Call]) -> Iterator[Term]:
    for call in calls:
        if call.name not in _VARIANTS:
            raise unknown_name("expansion", call.name, [*_VARIANTS, "mix"])
        params = Parameters.of(_VARIANTS[call.name]).check(call)
        yield Term(call.name, tuple(params))


def _check_once(names: Sequence[str], text: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{twice[0]} stands twice in {text!r}: its images would be there twice")
