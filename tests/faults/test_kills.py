"""SIGKILL at random moments: what is there is whole, nothing is done twice, the end is the same."""

import contextlib
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.runs import (
    command,
    differences,
    finished,
    kill,
    left_behind,
    make_folder,
    run,
    said,
    start,
    what_counts,
)
from tests.faults.tally import Tally

SECONDS = 1.5
"""That an answer to Ctrl-C may take on a machine with nothing else to do."""


@pytest.mark.parametrize("verb", ["gan", "classify", "tune", "compare", "study"])
def test_kills(verb: str, tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]) -> None:
    kills = tries(0, 16)  # in every run `test_same_numbers` kills `classify`
    if not kills:
        pytest.skip("with --long")
    seed, failed = random.SystemRandom().randrange(10**6), []
    rng = random.Random(seed)
    make_folder(tmp_path)
    words = command(verb, tmp_path)
    seconds = run(words, tmp_path / "whole")
    expected, done = what_counts(tmp_path / "whole"), 0
    while done < kills:
        outputs = tmp_path / "killed"
        stamps: dict[Path, int] = {}
        for _ in range(min(kills - done, 4)):
            process = start(words, outputs)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(rng.uniform(0, seconds))
            kill(process, rng.choice(["group", "parent", "worker"]))
            process.wait(1200)
            now = finished(outputs)
            failed += [f"{path} was made twice" for path in stamps if stamps[path] != now.get(path)]
            stamps, done = now, done + 1
        try:
            run(words, outputs)
        except AssertionError as error:
            failed.append(str(error))
            break
        now = finished(outputs)
        failed += [f"{path} was made twice" for path in stamps if stamps[path] != now.get(path)]
        failed += [f"{name} differs" for name in differences(expected, what_counts(outputs))]
        failed += [f"{name} was left" for name in left_behind(outputs)]
        shutil.rmtree(outputs)
    tally.note(f"kill -9 of ganaug {verb}, then the same command", done, failed, seed)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_answered_at_once(
    sent: signal.Signals, tmp_path: Path, tally: Tally, tries: Callable[[int, int], int]
) -> None:
    failed, times = [], tries(int(sent == signal.SIGINT), 8)
    if not times:
        pytest.skip("with --long")
    make_folder(tmp_path)
    for number in range(times):
        # A shell that starts a job in the background has it ignore Ctrl-C.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        outputs = tmp_path / f"{number}"
        process = start([*command("classify", tmp_path), "--train.epochs", "100000"], outputs)
        signal.signal(signal.SIGINT, before)
        until = time.monotonic() + 120
        while not list((outputs / "train").glob("*/tensorboard/*")) and process.poll() is None:
            assert time.monotonic() < until, said(outputs)
            time.sleep(0.1)
        begun = time.monotonic()
        process.send_signal(sent)
        code, taken = process.wait(120), time.monotonic() - begun
        if code != {signal.SIGINT: 130, signal.SIGTERM: 143}[sent]:
            failed.append(f"exit status {code}: {said(outputs)}")
        if "finished tasks are kept; the same command goes on" not in said(outputs):
            failed.append(f"not said: {said(outputs)}")
        if taken > 10 * SECONDS:  # others may keep the machine busy
            failed.append(f"took {taken:.1f} s")
    tally.note(f"{sent.name}, answered within {SECONDS:g} s", times, failed)
