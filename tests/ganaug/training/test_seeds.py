"""What is measured of a training is not what its samples are judged by afterwards."""

import numpy as np
import pytest

from ganaug.latent.sampling import draw_latents
from ganaug.training.guards import MEASURED, PROBED


@pytest.mark.parametrize("seed", [0, 1, 7, 2**31])
def test_the_step_is_chosen_by_latents_that_no_bank_draws(seed: int) -> None:
    banks = {draw_latents(1, 8, [seed, label]).tobytes() for label in range(50)}
    banks.add(draw_latents(1, 8, [seed]).tobytes())
    own = [draw_latents(1, 8, [seed, *tag]).tobytes() for tag in (MEASURED, PROBED)]
    assert len({*own} - banks) == 2
    assert np.frombuffer(own[0], np.float32).std() > 0
