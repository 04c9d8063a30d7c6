"""The secret that a search's chief and its workers share, so that nobody else is answered.

It lies in the search's folder, which all of them share, readable by its owner alone. gRPC carries
it beside each call; it is not encrypted, and so no more secret than the network that it goes
through: between machines that do not trust that, ``--address`` is the end of a tunnel.
"""

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc

from pipelines.errors import InputError

FILE = "token"
KEY = "ganaug-token"
LEAST = 32
"""Letters; `secrets` makes 43."""


def shared_token(folder: Path) -> str:
    """Return the token of a search; who comes first makes it.

    Raises
    ------
    InputError
        If it cannot be read or written, or is none.
    """
    path = folder / FILE
    part = folder / f".{FILE}-{os.getpid()}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            part.touch(0o600)
            part.write_text(secrets.token_urlsafe(), "ascii")
            _appear(part, path)
        found = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path}, the secret of this search, cannot be read or written ({error}); give chief "
            "and workers the same --outputs, as the same user"
        ) from error
    if len(found) < LEAST or not found.isprintable():
        raise InputError(f"{path} is damaged: stop chief and workers, and delete it")
    return found


def _appear(part: Path, path: Path) -> None:
    """Give a whole file its name, unless another process was faster."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        pass
    except OSError:  # a disk without links
        part.replace(path)
        return
    part.unlink()


class Asked(grpc.ServerInterceptor):  # type: ignore[misc]
    """Answers calls that carry the token, and no others."""

    def __init__(self, token: str) -> None:
        self._token = token.encode()

        def refuse(_: Any, context: grpc.ServicerContext) -> None:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "not of this search")

        self._refuse = grpc.unary_unary_rpc_method_handler(refuse)

    def intercept_service(self, continuation: Callable[[Any], Any], details: Any) -> Any:
        """Return what answers a call."""
        given = dict(details.invocation_metadata).get(KEY, "")
        known = hmac.compare_digest(str(given).encode(), self._token)
        return continuation(details) if known else self._refuse


class _Details(
    grpc.ClientCallDetails,  # type: ignore[misc]
):
    """A call with the token beside it."""

    def __init__(self, details: Any, token: str) -> None:
        self.method, self.timeout = details.method, details.timeout
        self.credentials = details.credentials
        self.wait_for_ready = details.wait_for_ready
        self.compression = details.compression
        self.metadata = [*(details.metadata or []), (KEY, token)]


class Asking(grpc.UnaryUnaryClientInterceptor):  # type: ignore[misc]
    """Sends the token along."""

    def __init__(self, token: str) -> None:
        self._token = token

    def intercept_unary_unary(
        self, continuation: Callable[[Any, Any], Any], details: Any, request: Any
    ) -> Any:
        """Pass a call on."""
        return continuation(_Details(details, self._token), request)
