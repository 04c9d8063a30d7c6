"""The page and the address that answers, asked as a browser and other programs ask."""

import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from pipelines.errors import InputError
from pipelines.serving import app as module

uvicorn = pytest.importorskip("uvicorn")
pytest.importorskip("fastapi")


def answer(content: bytes) -> dict[str, object]:
    if content == b"broken":
        raise InputError("cannot be read: picture (not an image)")
    return {"class": "cat", "probabilities": {"cat": 0.75, "dog": 0.25}}


@pytest.fixture
def address() -> Iterator[str]:
    """Where a classifier of cats and dogs answers."""
    app = module.make_app("my <pets>", ["cat", "dog"], answer, ["127.0.0.1"])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


def ask(url: str, body: bytes | None = None, **headers: str) -> tuple[int, str, dict[str, str]]:
    request = urllib.request.Request(url, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as found:
            return found.status, found.read().decode(), dict(found.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), dict(error.headers)


def test_a_picture_is_answered_and_a_broken_one_too(address: str) -> None:
    status, said, _ = ask(f"{address}/predict", b"a picture")
    assert (status, json.loads(said)) == (200, answer(b""))
    status, said, _ = ask(f"{address}/predict", b"broken")
    expected = {"error": "cannot be read: picture (not an image)"}
    assert (status, json.loads(said)) == (400, expected)


def test_what_is_too_large_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    status, said, _ = ask(f"{address}/predict", bytes(1 << 20))
    assert status == 200
    status, said, _ = ask(f"{address}/predict", bytes((1 << 20) + 1))
    assert (status, json.loads(said)["error"]) == (
        413,
        "a picture of more than 1 MiB: send a smaller one",
    )


def test_the_page_loads_nothing_from_elsewhere(address: str) -> None:
    status, page, headers = ask(address)
    assert status == 200
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "http" not in page.replace("http-equiv", "")
    about = json.loads(ask(f"{address}/about")[1])
    assert about == {"name": "my <pets>", "classes": ["cat", "dog"]}
    assert ask(f"{address}/docs")[0] == 404, "that page loads scripts from elsewhere"


def test_another_name_is_turned_away(address: str) -> None:
    assert ask(f"{address}/about", Host="elsewhere.example")[0] == 400
