"""A trainer that is used again, and what it says of each epoch."""

from typing import Any

import numpy as np
import pytest

from classifiers.errors import InputError
from classifiers.training.train import fit, new_model
from classifiers.training.trainer import Trainer
from tests.classifiers.tiny import SHAPE, batches, fingerprint, labelled, settings, tiny


@pytest.mark.slow
def test_testing_does_not_change_the_training() -> None:
    config = settings(ema=0.9, evaluate_at=(1, 2, 3))
    trainer = Trainer(tiny(), config, steps_per_epoch=3)
    tested = trainer.fit(tiny(), batches(), test=labelled(7))
    plain = trainer.fit(tiny(), batches())
    assert fingerprint(plain.model) == fingerprint(tested.model)


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"ema": 0.9, "schedule": "plateau", "schedule_params": {"patience": 1}},
        {"optimizer": "schedule_free_adamw"},  # keeps a copy of the first weights
        {"optimizer": "muon"},
        {"precision": "mixed_float16"},
    ],
)
def test_a_reused_network_trains_as_a_new_one(changes: dict[str, Any]) -> None:
    config = settings(epochs=3, weight_decay=0.01, **changes)
    trainer = Trainer(tiny(99), config, steps_per_epoch=3)
    trainer.fit(tiny(5), batches(5), test=labelled(5))  # what it leaves behind must not matter
    again = trainer.fit(tiny(1), batches(1))
    alone = fit(tiny(1), batches(1), config, steps_per_epoch=3)
    assert again.history == alone.history
    assert fingerprint(again.model) == fingerprint(alone.model)


def test_another_architecture_is_refused() -> None:
    trainer = Trainer(tiny(), settings(), steps_per_epoch=3)
    other = new_model(settings(), SHAPE, 2)
    with pytest.raises(InputError, match="make a trainer of this model"):
        trainer.fit(other, batches())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schedule", "params", "factor"),
    [
        ("exponential", {"factor": 0.5}, 0.5),
        ("constant", {}, 1),
        ("step", {"factor": 0.5, "every": 1}, 0.5),
    ],
)
def test_the_learning_rate_of_an_epoch_is_the_one_it_had(
    schedule: str, params: dict[str, float], factor: float
) -> None:
    config = settings(epochs=3, schedule=schedule, schedule_params=params, frozen_epochs=1)
    for one in (config, config.model_copy(update={"frozen_epochs": 0})):
        rates = fit(tiny(), batches(), one, steps_per_epoch=3).history["learning_rate"]
        np.testing.assert_allclose(rates, [0.01, 0.01 * factor, 0.01 * factor**2], rtol=1e-6)


@pytest.mark.slow
def test_plateau_lowers_the_learning_rate() -> None:
    config = settings(
        epochs=5,
        learning_rate=1e-9,  # too small for any progress
        schedule="plateau",
        schedule_params={"factor": 0.5, "patience": 2},
    )
    rates = fit(tiny(), batches(), config, steps_per_epoch=3).history["learning_rate"]
    assert rates[0] == pytest.approx(1e-9)
    assert rates[-1] < 0.6e-9
