"""The pictures of what a classifier gets wrong."""

from types import SimpleNamespace

import numpy as np

from pipelines.report import explained


def test_grad_cam_shows_what_speaks_for_the_class_that_was_answered(make_images, monkeypatch):
    """By the views that it was tested with, not by the one image that is shown."""
    test = make_images(2)
    asked = []

    def grad_cam(network, images, classes=None):
        asked.append(None if classes is None else classes.tolist())
        return np.zeros(images.shape[:3], np.float32)

    monkeypatch.setattr(explained, "grad_cam", grad_cam)
    one = SimpleNamespace(
        test=test,
        class_names=test.class_names,
        network=None,
        probabilities=lambda pixels: np.tile([0.4, 0.6], (len(pixels), 1)),
    )
    assert explained._mistakes(one, 5, cam=True) is not None
    assert asked == [[1, 1]]
