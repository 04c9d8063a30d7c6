"""What comes from a stranger starts no program and leads nowhere else; a chief knows its own."""

import ast
import os
import socket
import threading
import zipfile
from pathlib import Path

import grpc
import numpy as np
import pytest
from PIL import Image

import pipelines
from pipelines.data.sources.formats import FORMATS
from pipelines.data.sources.loading import load_source
from pipelines.errors import InputError
from pipelines.recipes.address import parse_address
from tests.faults.mutations import Cases

CODE = Path(pipelines.__file__).parents[1]
PACKAGES = ("groundwork", "ganaug", "classifiers", "pipelines")
STARTS_A_PROGRAM = {"EPS", "FPX", "GRIB", "HDF5", "BUFR", "WMF", "PDF"}
"""Formats that Pillow hands to Ghostscript or to a handler."""
EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n(x) print\n%%EOF\n"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Programs that would notice being started."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("gs", "gswin64c", "djpeg", "convert", "cwebp"):
        (folder / name).write_text(f"#!/bin/sh\ntouch {folder}/started\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "started"


def test_no_picture_starts_a_program(tally, tmp_path, programs):
    from pipelines.data.sources.pixels import decode_all
    from pipelines.report.pictures import read_picture

    cases = Cases()
    for name in ("t.png", "t.jpg", "t.eps", "t.ps", "t", "grid.png"):
        path = tmp_path / name
        path.write_bytes(EPS)

        def read(path: Path = path) -> None:
            assert decode_all([[path, path.read_bytes()]], 2, 32, "eps").bad.keys() == {0, 1}
            assert read_picture(path) is None
            assert not programs.exists()

        cases.one(name, read)
    assert not STARTS_A_PROGRAM & set(FORMATS)
    tally.note("pictures that would start a program", cases.times, cases.failed)


def test_every_picture_is_opened_by_the_names_of_formats(tally):
    """Pillow left to itself tries all that it knows; so does `keras.utils.load_img`."""
    times, failed = 0, []
    for package in PACKAGES:
        for path in sorted((CODE / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                called = ast.unparse(node.func)
                if called.endswith("Image.open"):
                    times += 1
                    if "formats" not in [one.arg for one in node.keywords]:
                        failed.append(f"{path.name}:{node.lineno}")
                if called.rpartition(".")[2] in (
                    "load_img",
                    "imread",
                    "image_dataset_from_directory",
                ):
                    failed.append(f"{path.name}:{node.lineno}: {called}")
    assert times > 2
    tally.note("pictures opened by name of format", times, failed)


def test_what_could_run_anything_is_not_called(tally):
    """Pickles, `eval`, a shell, models without safe mode."""
    times, failed = 0, []
    forbidden = (
        "eval",
        "exec",
        "os.system",
        "os.popen",
        "pickle.load",
        "pickle.loads",
        "joblib.load",
    )
    for package in PACKAGES:
        for path in sorted((CODE / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call):
                    continue
                times += 1
                called = ast.unparse(node.func)
                given = {one.arg: ast.unparse(one.value) for one in node.keywords}
                shell = given.get("shell", "False") != "False"
                pickled = given.get("allow_pickle", "False") != "False"
                unsafe = called.endswith("saving.load_model") and given.get("safe_mode") != "True"
                if called in forbidden or shell or pickled or unsafe:
                    failed.append(f"{path.name}:{node.lineno}: {called}")
    tally.note("calls that could run anything", times, failed)


def test_names_in_an_archive_lead_nowhere(tally, tmp_path):
    cases = Cases()
    picture = tmp_path / "a.png"
    Image.new("RGB", (32, 32)).save(picture)
    before = sorted(tmp_path.parent.rglob("*"))
    for name in (
        "../../x", "/tmp/x", "..\\..\\x", "C:\\x", "C:x", "~/x", "con", "\x1b[2Jx", "a\nb",
        "x" * 250, "\u202ex", " ", ".", "$(touch x)", "a\0b",
    ):  # fmt: skip
        archive = tmp_path / "a.zip"
        with zipfile.ZipFile(archive, "w") as file:
            for folder in (name, "dog"):
                for at in range(2):
                    file.writestr(f"{folder}/{at}.png", picture.read_bytes())

        def read(path: Path = archive) -> None:
            found = load_source(str(path))
            assert all("\n" not in one and "\x1b" not in one for one in found.train.class_names)
            found.train.read()

        cases.one(repr(name), read)
    archive.unlink()
    assert sorted(tmp_path.parent.rglob("*")) == before
    tally.note("names in archives", cases.times, cases.failed)


def test_links_are_followed_once(tally, tmp_path):
    """Circles, links to each other and to what lies above: each picture counts once."""
    times, failed = 0, []
    rng = np.random.default_rng(0)
    for at, links in enumerate(
        [
            {"cat/up": "..", "dog/up": ".."},
            {"cat/up": "..", "dog/up": "../.."},
            {"cat/dog": "../dog"},
            {"cat/self": ".", "dog/self": "."},
            {"cat/deep/a": "../..", "cat/deep/b": "..", "dog/a": "../cat/deep"},
            {"cat/x.png": "../dog/0.png", "cat/y.png": "0.png"},
        ]
    ):
        root = tmp_path / f"set{at}"
        for name in ("cat", "dog"):
            (root / name / "deep").mkdir(parents=True)
            for number in range(3):
                pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / name / f"{number}.png")
        for link, target in links.items():
            (root / link).symlink_to(target)
        found = load_source(str(root))
        own = np.bincount(found.train.labels).tolist()
        times += 1
        if max(own) > 4 or sum(own) > 8:
            failed.append(f"{links}: {own}")
    tally.note("folders with links", times, failed)


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1:99999", "127.0.0.1:0", ":8765", "::1", "unix:/tmp/x:1", "a b:1", "x:1:2", "x:-1",
        "x:٣", "x:1e3", "dns:///x:1", "a,b:1", "x:" + "9" * 5000, "", "x:", "\x1b[2J:80",
    ],
)  # fmt: skip
def test_addresses_that_are_none(text):
    with pytest.raises(InputError, match="--address is host:port"):
        parse_address(text)


def test_a_chief_answers_those_who_know_its_token(tally, tmp_path):
    from keras_tuner.src import protos

    from pipelines.tuning.token import Asked, Asking, shared_token

    class Oracle(protos.get_service_grpc().OracleServicer):
        def GetSpace(self, request, context):  # noqa: N802
            return protos.get_service().GetSpaceResponse()

    token = shared_token(tmp_path / "search")
    assert shared_token(tmp_path / "search") == token
    assert (tmp_path / "search" / "token").stat().st_mode & 0o077 == 0
    from concurrent.futures import ThreadPoolExecutor

    server = grpc.server(ThreadPoolExecutor(1), interceptors=[Asked(token)])
    protos.get_service_grpc().add_OracleServicer_to_server(Oracle(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    failed = []
    try:
        for given in (token, None, "", token[:-1], token + "x", token.swapcase()):
            channel = grpc.insecure_channel(f"127.0.0.1:{port}")
            if given is not None:
                channel = grpc.intercept_channel(channel, Asking(given))
            stub = protos.get_service_grpc().OracleStub(channel)
            try:
                stub.GetSpace(protos.get_service().GetSpaceRequest(), timeout=20)
                answered = True
            except grpc.RpcError as error:
                answered = error.code() != grpc.StatusCode.UNAUTHENTICATED
            if answered != (given == token):
                failed.append(f"a peer with {given!r} was answered: {answered}")
    finally:
        server.stop(0)
    tally.note("peers of a search's chief", 6, failed)


def test_processes_that_begin_together_share_one_token(tally, tmp_path):
    from pipelines.tuning.token import shared_token

    failed = []
    for at in range(20):
        found: list[str] = []
        folder = tmp_path / str(at)
        threads = [
            threading.Thread(target=lambda f=folder, o=found: o.append(shared_token(f)))
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if len(set(found)) != 1 or len(found) != 4:
            failed.append(f"{len(set(found))} tokens of {len(found)}")
    tally.note("tokens made at once", 20, failed)


def test_a_taken_port_is_not_shared(tmp_path):
    """By default gRPC listens beside whoever listens there already."""
    first = grpc.server(None, options=[("grpc.so_reuseport", 0)])
    port = first.add_insecure_port("127.0.0.1:0")
    second = grpc.server(None, options=[("grpc.so_reuseport", 0)])
    with pytest.raises(RuntimeError):
        second.add_insecure_port(f"127.0.0.1:{port}")
    first.stop(0)
    source = (CODE / "pipelines" / "tuning" / "distributed.py").read_text()
    assert '("grpc.so_reuseport", 0)' in source


def test_nothing_listens_unasked(tally):
    """A search's chief and `ganaug serve` do; nobody else: `socket.bind`, HTTP, TensorBoard."""
    times, failed = 0, []
    allowed = {"distributed.py": "add_insecure_port", "serve.py": "create_server"}
    opening = (".bind((", ".listen(", "create_server", "HTTPServer", "socketserver")
    for package in PACKAGES:
        for path in sorted((CODE / package).rglob("*.py")):
            text = path.read_text("utf-8")
            times += 1
            for word in (*opening, "add_insecure_port"):
                if word in text and allowed.get(path.name) != word:
                    failed.append(f"{path.name}: {word}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert parse_address(f"127.0.0.1:{free.getsockname()[1]}")[0] == "127.0.0.1"
    tally.note("modules that do not listen", times, failed)
