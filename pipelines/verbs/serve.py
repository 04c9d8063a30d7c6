"""`ganaug serve`: a trained classifier as a page, and for other programs."""

import importlib.util
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from groundwork.files import as_path
from groundwork.terminal import say
from pipelines.errors import InputError, within
from pipelines.serving.app import make_app
from pipelines.tasks.finding import LATEST
from pipelines.verbs.places import AnyPath
from pipelines.verbs.predict import Classifier, UnreadError, load

HERE = "127.0.0.1"
"""Nobody else can call."""
EVERYWHERE = ("0.0.0.0", "::", "")
"""Whoever reaches this machine can, by any of its names."""
NEEDED = ("fastapi", "uvicorn")


def serve(
    model: AnyPath = LATEST,
    *,
    host: str = HERE,
    port: int = 8000,
    outputs: AnyPath = Path("outputs"),
) -> str:
    """Answer pictures on a page of this machine: drop them there, or use the camera.

    Other programs send the bytes of a picture to ``/predict`` and are answered in JSON:
    ``curl --data-binary @photo.jpg http://127.0.0.1:8000/predict``. Ctrl-C ends it.

    Example: ``ganaug serve latest --port 8080``

    Parameters
    ----------
    model
        Folder of a run of `ganaug compare`, or of a finished training; or `latest`: the newest
        classifier of `ganaug compare` in ``outputs``.
    host
        Address to listen at. By default this machine alone can call; with `0.0.0.0` everyone who
        reaches it can, and nobody is asked who they are.
    port
        Port to listen at; 0 for any that is free.
    outputs
        Where `latest` is looked for.

    Returns
    -------
    str
        That it has ended.

    Raises
    ------
    InputError
        If the folder holds no classifier, a package is missing, or the address cannot be had.
    """
    if missing := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        raise InputError(f"serving needs {', '.join(missing)}: pip install 'ganaug[serve]'")
    within("--port", port, 0, 65535)
    classifier = load(model, as_path(outputs))
    listening, where = _listening(host, port)
    names = ["*"] if host in EVERYWHERE or ":" in host else [HERE, "localhost", host]
    app = make_app(_name(classifier), classifier.class_names, answering(classifier), names)
    import uvicorn

    say("loading the classifier")
    classifier.get_ready()
    say(f"{classifier.folder} answers at {where}; Ctrl-C ends it")
    how = uvicorn.Config(app, log_level="warning", server_header=False, lifespan="off")
    server = uvicorn.Server(how)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # the way to end it
    finally:
        listening.close()
    return f"{where} has ended"


def _listening(host: str, port: int) -> tuple[socket.socket, str]:
    """Return a socket that listens, and how it is called."""
    sixth = ":" in host
    try:
        family = socket.AF_INET6 if sixth else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except (OSError, UnicodeError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
        raise InputError(
            f"nothing can listen at {host}, port {port} ({reason}): give another --port or --host"
        ) from error
    return listening, f"http://{f'[{host}]' if sixth else host}:{listening.getsockname()[1]}"


def answering(classifier: Classifier) -> Callable[[bytes], dict[str, Any]]:
    """Return a function that says of a picture, given as bytes, what `ganaug predict` says."""

    def answer(content: bytes) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            picture = Path(folder) / "picture"
            picture.write_bytes(content)
            try:
                (record,) = classifier.predict(picture).records
            except UnreadError as error:
                (reason,) = error.reasons
                raise InputError(f"cannot be read: {picture.name} ({reason})") from error
        return record

    return answer


def _name(classifier: Classifier) -> str:
    """Name it for people: `ganaug compare` keeps it in a folder named after the data."""
    folder = classifier.folder
    return folder.parent.name if folder.name == "classifier" else folder.name
