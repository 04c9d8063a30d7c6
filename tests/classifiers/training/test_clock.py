"""Times of epochs, and what happens once told apart from them."""

from collections.abc import Sequence

import pytest

from classifiers.training import clock as module
from classifiers.training.clock import Clock
from classifiers.training.train import fit, train
from tests.classifiers.tiny import SHAPE, batches, settings, tiny


def timed(monkeypatch: pytest.MonkeyPatch, epochs: Sequence[Sequence[float]]) -> Clock:
    """Run a clock through epochs of executions that take so many seconds each."""
    now = [0.0]
    monkeypatch.setattr(module.time, "perf_counter", lambda: now[0])
    clock = Clock()
    clock.on_train_begin()
    for epoch, executions in enumerate(epochs):
        clock.on_epoch_begin(epoch)
        for batch, seconds in enumerate(executions):
            now[0] += seconds
            clock.on_train_batch_end(batch)
        clock.on_epoch_end(epoch)
        now[0] += 100  # a test, which is not counted
    return clock


def test_compiling_is_told_from_the_epochs(monkeypatch):
    clock = timed(monkeypatch, [[5.0, 2.0], [2.0, 2.0], [2.5, 2.5]])
    assert clock.seconds() == ((4.0, 4.0, 5.0), 3.0)


def test_one_execution_an_epoch_is_enough(monkeypatch):
    assert timed(monkeypatch, [[7.0], [1.5]]).seconds() == ((1.5, 1.5), 5.5)


def test_a_single_execution_tells_nothing(monkeypatch):
    assert timed(monkeypatch, [[7.0]]).seconds() == ((7.0,), None)


def test_a_start_is_never_negative(monkeypatch):
    assert timed(monkeypatch, [[1.0], [2.0]]).seconds() == ((1.0, 2.0), 0.0)


def test_a_kept_network_starts_at_once_and_its_epochs_are_as_long():
    shape = {"input_shape": SHAPE, "classes": 2, "steps_per_epoch": 3}
    config = settings(model="pereira_baseline", epochs=4, learning_rate=0.003, momentum=0.314)
    first, second = (train(batches(), config, **shape) for _ in range(2))
    assert len(first.epoch_seconds) == len(second.epoch_seconds) == 4
    assert None not in (first.startup, second.startup)
    assert first.history == second.history  # times are no part of the curves


def test_the_epochs_of_all_phases_are_timed():
    result = fit(tiny(), batches(), settings(epochs=3), steps_per_epoch=3)
    assert len(result.epoch_seconds) == len(result.history["loss"]) == 3
    assert sum(result.epoch_seconds) <= result.seconds
