"""Where the weights of networks come from that were trained on other images, and their licences."""

from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution

IMAGENET = (
    "They were trained on ImageNet, whose terms of access allow its pictures for non-commercial "
    "research and education only (image-net.org/download)."
)


@dataclass(frozen=True)
class OutsideWeights:
    """Weights that a network does not get from its training images.

    Attributes
    ----------
    network
        Whose weights they are.
    package
        The Python package that holds them, or that downloads them.
    downloaded_from
        Where the package gets them; empty where it holds them itself.
    terms
        Where their licence stands, where the package's own says nothing of them.
    """

    network: str
    package: str
    downloaded_from: str = ""
    terms: str = ""

    @property
    def words(self) -> str:
        """Where they come from and what licence they are under, in a sentence."""
        try:
            found = distribution(self.package)
        except PackageNotFoundError:
            named, licence = f"`{self.package}`, which is not installed here", "unknown"
        else:
            named = f"`{self.package}` {found.version}"
            licence = _licence(found)
        if self.downloaded_from:
            return (
                f"The weights of {self.network} were downloaded from {self.downloaded_from} by the "
                f"Python package {named} (licence of the package: {licence}); the weights' own "
                f"licence: {self.terms}."
            )
        return (
            f"The weights of {self.network} are those of the Python package {named} (licence: "
            f"{licence})."
        )


def _licence(package: Distribution) -> str:
    """Return a package's licence, by its metadata or by the head of its licence file."""
    metadata = package.metadata.json
    for key in ("license_expression", "license"):
        said = str(metadata.get(key, "")).strip()
        if said and said.upper() != "UNKNOWN" and "\n" not in said:
            return said
    for file in package.files or ():
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    return f"{line.strip()}, by its {file.name}"
    return "none is named in it"
