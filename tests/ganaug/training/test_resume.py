import os
import signal

import pytest

import ganaug
from ganaug import GanConfig
from groundwork.files import read_json
from tests.forks import FORKS
from tests.ganaug.tiny import TINY, same, weights


def train(folder, config, images, **options):
    quality = (lambda samples: float(samples.std())) if config.judge else None  # grows at first
    return ganaug.train(images, config, folder, class_name="noise", quality=quality, **options)


def train_until_killed(folder, config, images, at):
    def kill(step, total):
        if step == at:
            os.kill(os.getpid(), signal.SIGKILL)

    train(folder, config, images, progress=kill)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "killed_at", "resumed_at"),
    [
        ({}, 4, 5),  # right after a checkpoint
        ({"lecam_weight": 0.3, "ada_target": 0.6, "judge": "mean", "quality_every": 1}, 5, 5),
    ],
)
def test_killed_and_resumed_training_ends_bit_for_bit_the_same(
    options, killed_at, resumed_at, images, tmp_path
):
    config = GanConfig.model_validate(TINY.model_dump() | options)
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    record = train(whole, config, images)
    killed = FORKS.Process(target=train_until_killed, args=(cut, config, images, killed_at))
    killed.start()
    killed.join()
    assert killed.exitcode == -signal.SIGKILL
    assert not (cut / "config.json").exists()
    seen = []
    resumed = train(cut, config, images, progress=lambda step, _: seen.append(step))
    assert seen[0] == resumed_at
    assert resumed.history == record.history
    assert same(weights(whole), weights(cut))
    assert (whole / "grid.png").read_bytes() == (cut / "grid.png").read_bytes()
    records = [read_json(folder / "record.json") | {"seconds": 0} for folder in (whole, cut)]
    assert records[0] == records[1]
    assert not config.judge or records[0]["kept_step"] < killed_at
