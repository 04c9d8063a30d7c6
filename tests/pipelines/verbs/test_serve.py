"""What `ganaug serve` refuses, and how it ends."""

import importlib.util
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest

from pipelines.verbs import serve as module
from tests.conftest import ROOT
from tests.pipelines.verbs.command import failing

pytest.importorskip("uvicorn")
SCRIPT = """
import sys
from types import SimpleNamespace
from pipelines import cli
from pipelines.verbs import serve
pets = SimpleNamespace(folder=__import__("pathlib").Path("pets/classifier"), class_names=["cat"])
pets.get_ready = lambda: None
serve.load = lambda model, outputs: pets
sys.exit(cli.main(["serve", "--port", "0"]))
"""


@pytest.fixture
def pets(monkeypatch: pytest.MonkeyPatch) -> None:
    known = SimpleNamespace(folder=Path("pets/classifier"), class_names=["cat", "dog"])
    monkeypatch.setattr(module, "load", lambda model, outputs: known)


@pytest.mark.usefixtures("pets")
def test_an_address_that_cannot_be_had_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = failing(capsys, "serve", "--port", port)
        assert said.startswith(f"ganaug: nothing can listen at 127.0.0.1, port {port} (Address")
        assert said.endswith("give another --port or --host")
    assert "--port: give 0 to 65,535" in failing(capsys, "serve", "--port", "70000")
    assert "nothing can listen at no.such" in failing(capsys, "serve", "--host", "no.such")


@pytest.mark.usefixtures("pets")
def test_a_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *a: None if name == "fastapi" else found(name, *a)
    )
    said = "serving needs fastapi: pip install 'ganaug[serve]'"
    assert said in failing(capsys, "serve")


def test_it_answers_until_ctrl_c(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; "
         "signal.signal(signal.SIGINT, signal.default_int_handler)\n" + SCRIPT],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    assert process.stderr.readline() == "loading the classifier\n"
    line = process.stderr.readline()
    assert line.startswith("pets/classifier answers at http://127.0.0.1:"), line
    where = line.split()[3].rstrip(";")
    with urllib.request.urlopen(f"{where}/about", timeout=30) as found:
        assert found.read() == b'{"name":"pets","classes":["cat"]}'
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, f"{where} has ended\n", "")
