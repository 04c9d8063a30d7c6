"""What is computed on."""

import os

import pytest

from groundwork import machine
from groundwork.errors import InputError
from groundwork.machine import DEVICE, check_backend, computing_on, has_gpu
from pipelines.cli import main
from tests.pipelines.verbs.command import failing


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_finds_gpu", lambda: os.environ.get(SEEN) != "-1")
    monkeypatch.delenv(SEEN, raising=False)


SEEN = "CUDA_VISIBLE_DEVICES"


@pytest.mark.usefixtures("with_gpu")
def test_the_processor_is_chosen_beside_a_gpu() -> None:
    assert has_gpu()
    with computing_on("cpu"):
        assert not has_gpu()
        assert (os.environ[DEVICE], os.environ[SEEN]) == ("cpu", "-1")
    assert has_gpu()
    assert {DEVICE, SEEN}.isdisjoint(os.environ)


@pytest.mark.usefixtures("with_gpu")
def test_one_of_several_gpus_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    with computing_on("gpu:1"):
        assert os.environ[SEEN] == "1"
    monkeypatch.setenv(SEEN, "4,6")  # what a queue has given
    with computing_on("gpu:1"):
        assert os.environ[SEEN] == "6"
    assert os.environ[SEEN] == "4,6"
    with pytest.raises(InputError, match="gpu:2: Keras finds no such GPU"), computing_on("gpu:2"):
        pass
    with computing_on("gpu"):
        assert os.environ[SEEN] == "4,6"


def test_a_device_that_is_not_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "_finds_gpu", lambda: False)
    assert "--device gpu:0: Keras finds no such GPU" in failing(
        capsys, "recipes", "--device", "gpu:0"
    )
    assert "--device 'tpu': give cpu, gpu, or gpu:1" in failing(capsys, "recipes", "--device=tpu")
    assert "--device: give cpu" in failing(capsys, "recipes", "--device")
    assert main(["--device", "cpu", "recipes"]) == 0
    assert "pereira-p9" in capsys.readouterr().out
    assert DEVICE not in os.environ


@pytest.mark.parametrize("name", ["torch", "nonsense", "x" * 500])
def test_a_backend_that_is_none_of_ours_is_named(name, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", name)
    with pytest.raises(InputError, match="ganaug can with tensorflow or jax"):
        check_backend()


def test_a_backend_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setattr(machine, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="with jax, which is not installed: pip install jax"):
        check_backend()
    monkeypatch.setattr(machine, "find_spec", lambda name: name)
    check_backend()
