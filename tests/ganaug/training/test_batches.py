import numpy as np

from ganaug.training.batches import batches


def test_stream_is_balanced_and_a_function_of_the_step(images):
    whole = np.concatenate(list(batches(images, None, 8, 0, 10, flip=False, seed=[1])))
    tail = np.concatenate(list(batches(images, None, 8, 6, 10, flip=False, seed=[1])))
    assert (whole[48:] == tail).all()
    counts = [(whole == image).all(axis=(1, 2, 3)).sum() for image in images]
    assert counts == [8] * 10
    doubled = np.concatenate(list(batches(images, None, 10, 0, 2, flip=True, seed=[1])))
    assert {i.tobytes() for i in doubled} == {
        i.tobytes() for i in np.concatenate([images, images[:, :, ::-1]])
    }
