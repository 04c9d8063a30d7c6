"""Downloads, from a server on this machine."""

import socket
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pipelines.data.sources import download
from pipelines.errors import InputError


@pytest.fixture
def server():
    """A web server on this machine that gives one file and does not know any other."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/grey" else 404)
            self.end_headers()
            self.wfile.write(b"100")

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


def test_reachable_is_what_answers_in_time(server):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nothing = f"http://127.0.0.1:{silent.getsockname()[1]}/file"
        assert not download.reachable([nothing], patience=0.2)
        assert download.reachable([nothing, f"{server}/gone"], patience=5)
    assert not download.reachable([nothing], patience=5)  # closed by now: refused at once


class Recorder:
    """Stands for a builder of tensorflow-datasets."""

    MANUAL_DOWNLOAD_INSTRUCTIONS = None
    data_dir_root = "here"
    info = type("Info", (), {"name": "pets"})

    def __init__(self, url, fails=False):
        self.url_infos = {url: None}
        self.fails = fails
        self.calls = Counter()

    def download_and_prepare(self):
        self.calls["download"] += 1
        if self.fails:
            raise OSError("disk full\nand a long story")


def test_a_host_that_answers_is_downloaded_from(server):
    builder = Recorder(server)
    download.download(builder)
    assert builder.calls["download"] == 1
    with pytest.raises(InputError, match=r"cannot be downloaded \(disk full\)"):
        download.download(Recorder(server, fails=True))
