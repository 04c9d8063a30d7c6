"""What choosing flatters, in miniature."""

import numpy as np

from bench import choosing


def test_features_that_say_nothing_flatter_whoever_is_chosen():
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 200)
    features = [rng.normal(0, 1, (400, 5)).astype(np.float32) for _ in choosing.WAYS]
    found = [
        choosing.repetition(
            features, labels, np.r_[rng.choice(200, 15, False), 200 + rng.choice(200, 15, False)], i
        )
        for i in range(6)
    ]
    said = choosing.summary(found)
    over, error = said["flatters"]
    assert over > 2 * error > 0
    assert said["flatters_nested"][0] < over
    assert said["announced"][0] < over
    assert 40 < said["judged"] < 60
