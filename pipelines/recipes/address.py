"""Where a search's chief listens: ``host:port``."""

from pipelines.errors import InputError, shown

LARGEST_PORT = 65535


def parse_address(text: str) -> tuple[str, int]:
    """Return the host and the port of an address.

    Raises
    ------
    InputError
        If it is not ``host:port``, or there is no such port.

    Examples
    --------
    >>> parse_address("127.0.0.1:8765"), parse_address("[::1]:8765")
    (('127.0.0.1', 8765), ('[::1]', 8765))
    """
    host, _, port = text.rpartition(":")
    number = int(port) if port.isascii() and port.isdecimal() and len(port) <= 5 else 0
    # An address without brackets is no name with a port: `::1` would be port 1 of `:`.
    clean = host.isascii() and host.isprintable() and not set(host) & set(" /,")
    bracketed = host.startswith("[") and host.endswith("]")
    if not host or not clean or (":" in host and not bracketed) or not 1 <= number <= LARGEST_PORT:
        raise InputError(
            f"--address is host:port with a port of 1 to {LARGEST_PORT}, as in 127.0.0.1:8765, "
            f"received {shown(text)}"
        )
    return host, number
