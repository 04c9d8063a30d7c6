import numpy as np
import pytest

from pipelines.recipes.mix import MixConfig
from pipelines.synthetic.origins import synthesise


@pytest.mark.slow
def test_a_teacher_labels_what_it_is_shown(tiny_images, tmp_path):
    """The labels are those of the whole classifier that a probe of these images makes."""
    import classifiers

    config = MixConfig(origin="copies", per_class=6, teacher="efficientnet_lite0")
    made = synthesise(config, tiny_images, 0, cache=tmp_path)
    plain = synthesise(MixConfig(origin="copies", per_class=6), tiny_images, 0)
    np.testing.assert_array_equal(made.images.pixels, plain.images.pixels)
    probe = {"model": "efficientnet_lite0", "model_params": {"size": 160}, "probe": "logistic"}
    fitted = classifiers.fit_probe(
        tiny_images.pixels,
        tiny_images.labels,
        classifiers.TrainConfig(**probe),
        classes=2,
    )
    expected = classifiers.probabilities(fitted.model, made.images.pixels)
    np.testing.assert_allclose(made.targets, expected, atol=1e-3)
    assert made.targets.dtype == np.float32
    assert np.median(made.targets.max(1)) < 1 - 1e-5, "labels stay soft"
    assert (made.targets.argmax(1) == made.images.labels).all()
