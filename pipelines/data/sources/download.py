"""Downloads by tensorflow-datasets, with an answer within seconds when there is no network."""

import threading
import time
from collections.abc import Collection, Mapping
from queue import Empty, Queue
from typing import Any
from urllib.parse import urlsplit

import requests

from pipelines import runtime
from pipelines.errors import InputError, first_line

PATIENCE = 6.0
"""Seconds in which one of a data set's hosts must begin to answer."""
HOSTS = 4
"""Hosts that are asked at once; one that answers is enough."""
OFFLINE = (
    "without a network there are mnist5k, an image folder, an .npz file, "
    "and --data-dir with a prepared copy"
)


def download(builder: Any) -> None:
    """Download and prepare a data set of tensorflow-datasets, however long that takes.

    tensorflow-datasets itself goes on for minutes where there is no network (204 s, measured with
    fashion_mnist); so the data set's hosts are asked first.

    Parameters
    ----------
    builder
        A ``tfds.core.DatasetBuilder`` that is not prepared.

    Raises
    ------
    InputError
        If no host answers, the download fails, or the data set must be downloaded by hand.
    """
    missing = f"{builder.info.name} is not in {builder.data_dir_root}"
    if builder.MANUAL_DOWNLOAD_INSTRUCTIONS:
        raise InputError(f"{missing} and must be downloaded by hand, see its page; {OFFLINE}")
    hosts = _url_by_host(builder.url_infos or {})
    if hosts and not reachable(hosts.values()):
        raise InputError(f"{missing} and {', '.join(hosts)} cannot be reached; {OFFLINE}")
    runtime.quiet()
    try:
        builder.download_and_prepare()
    except Exception as error:  # builders raise what they like, networks fail as they like
        reason = first_line(error) or type(error).__name__
        raise InputError(f"{missing} and cannot be downloaded ({reason}); {OFFLINE}") from error


def reachable(urls: Collection[str], patience: float = PATIENCE) -> bool:
    """Return whether one of ``urls`` begins to answer within ``patience`` seconds.

    Any status counts: on an answer, tensorflow-datasets does not wait. The threads that ask are
    daemons, so that a name server that stays silent holds up neither this call nor the program's
    end.
    """
    answers: Queue[bool] = Queue()
    for url in urls:
        ask = threading.Thread(target=lambda url=url: answers.put(_answers(url)), daemon=True)
        ask.start()
    deadline = time.monotonic() + patience
    for _ in urls:
        try:
            if answers.get(timeout=max(0.0, deadline - time.monotonic())):
                return True
        except Empty:
            return False
    return False


def _answers(url: str) -> bool:
    """Ask by the library that tensorflow-datasets uses, so that proxies and certificates agree."""
    try:
        with requests.get(url, stream=True, timeout=PATIENCE):
            return True
    except requests.RequestException:
        return False


def _url_by_host(urls: Mapping[str, Any]) -> dict[str, str]:
    """Return one http(s) URL of each host, for the first few hosts."""
    web = [url for url in urls if url.startswith("http")]
    return dict(list({urlsplit(url).netloc: url for url in web}.items())[:HOSTS])
