"""keras-tuner's chief and its workers: one search on several machines or in several terminals.

The chief hands out trials over gRPC and trains nothing; workers train. All of them share the
outputs folder. keras-tuner 1.4.8 alone waits for ever for a worker that died, and its workers wait
an hour for a chief that did. So each of them touches a file every few seconds: who has not for a
while is lost, and with it the trial that it was at.
"""

import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import keras_tuner as kt
from keras_tuner.src import protos
from keras_tuner.src.distribute import oracle_chief, oracle_client

from groundwork.terminal import say
from pipelines.errors import InputError
from pipelines.recipes.address import parse_address
from pipelines.tuning.results import read_trials
from pipelines.tuning.token import Asked, Asking, shared_token
from pipelines.tuning.tuner import FoldTuner, run_search

BEAT = 2.0
"""Seconds between signs of life."""
LOST_AFTER = 60.0
"""Seconds without one: a busy machine may be late."""
PATIENCE = 120.0
"""Seconds that a worker waits for the chief to answer: it may still be starting."""
CHIEF = "chief"


def name_of_worker() -> str:
    """Return a name that no other process has."""
    return f"worker-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"


def join_as(name: str, address: str) -> None:
    """Tell keras-tuner, by its environment variables, what this process is.

    Raises
    ------
    InputError
        If the address is not ``host:port``.
    """
    host, port = parse_address(address)
    os.environ |= {
        "KERASTUNER_TUNER_ID": name,
        "KERASTUNER_ORACLE_IP": host,
        "KERASTUNER_ORACLE_PORT": str(port),
    }


@contextmanager
def sign_of_life(folder: Path, name: str) -> Iterator[None]:
    """Touch ``folder/alive/<name>`` as long as this process lives."""
    path = folder / "alive" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT):
            path.touch()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        path.unlink(missing_ok=True)


def run_chief(tuner: FoldTuner, address: str) -> None:
    """Hand out trials until the search is over and every worker knows.

    Raises
    ------
    InputError
        If the address is taken, or no such one is this machine's.
    """
    host, port = parse_address(address)
    tuner.save()  # with this file, a chief that is started again goes on
    server = grpc.server(
        oracle_chief.futures.ThreadPoolExecutor(max_workers=1),
        interceptors=[Asked(shared_token(tuner.folder))],
        options=[("grpc.so_reuseport", 0)],  # else a second chief would share the port
    )
    servicer = oracle_chief.OracleServicer(tuner.oracle)
    protos.get_service_grpc().add_OracleServicer_to_server(servicer, server)
    try:
        listens_at = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError as error:
        raise InputError(f"--address {address} cannot be listened at: is it taken?") from error
    if listens_at != port:
        raise InputError(f"--address {address} cannot be listened at, only port {listens_at}")
    server.start()
    tuner.oracle.verbose = 0
    told = {trial.trial for trial in read_trials(tuner.folder)}
    with sign_of_life(tuner.folder, CHIEF):
        while not _is_over(tuner.oracle, servicer.stop_triggered):
            time.sleep(BEAT)
            for trial in read_trials(tuner.folder):
                if trial.trial not in told:
                    say(str(trial))
                    told.add(trial.trial)
            _drop_the_lost(tuner)
    server.stop(grace=BEAT).wait()


def run_worker(tuner: FoldTuner, name: str) -> int:
    """Train trials until the chief has none left, or is gone; return how many.

    Raises
    ------
    InputError
        If no chief answers, or three trials in a row failed by a mistake of ours.
    """
    oracle_client.TIMEOUT = PATIENCE
    address = f"{os.environ['KERASTUNER_ORACLE_IP']}:{os.environ['KERASTUNER_ORACLE_PORT']}"
    channel = grpc.intercept_channel(
        grpc.insecure_channel(address), Asking(shared_token(tuner.folder))
    )
    tuner.oracle.stub = protos.get_service_grpc().OracleStub(channel)
    try:
        with sign_of_life(tuner.folder, name):
            run_search(tuner)
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.UNAUTHENTICATED:
            raise InputError(
                f"the chief at {address} is that of another search: give both the same command "
                "and --outputs"
            ) from error
        if not tuner.done:
            raise InputError(
                f"no chief answers at {address} within {PATIENCE:.0f} s; start it with --role chief"
            ) from error
    return tuner.done


def _is_over(oracle: Any, stopped: bool) -> bool:
    """Tell whether no trial is left and no worker waits for an answer."""
    exhausted = oracle.max_trials and len(oracle.trials) >= oracle.max_trials
    return bool((stopped or exhausted) and not oracle.ongoing_trials and not oracle.tuner_ids)


def _drop_the_lost(tuner: FoldTuner) -> None:
    """Give up the trials of workers that have shown no sign of life."""
    oracle = tuner.oracle
    # Who keeps the folder also says what time it is: clocks of several machines differ.
    now = (tuner.folder / "alive" / CHIEF).stat().st_mtime
    for name in list(oracle.tuner_ids):
        path = tuner.folder / "alive" / name
        if path.is_file() and now - path.stat().st_mtime < LOST_AFTER:
            continue
        trial = oracle.ongoing_trials.get(name)
        if trial is not None:
            trial.status = kt.engine.trial.TrialStatus.FAILED
            trial.message = f"{name} was lost"
            oracle.end_trial(trial)
            tuner.record(trial, error=trial.message)
        oracle.tuner_ids.discard(name)
        path.unlink(missing_ok=True)
