import numpy as np

from pipelines.data.images import Images
from pipelines.report.mistakes import find_mistakes
from pipelines.tasks.predictions import write_predictions
from tests.made_comparison import make_comparison

SURE, LIKELY, UNLIKELY = [0.02, 0.98], [0.3, 0.7], [0.9, 0.1]


def answered(tmp_path, *instances):
    """A comparison of one arm, whose instances answer the same images; the first two are a."""
    made = make_comparison(
        tmp_path, instances=len(instances), arms=["real"], draws=[["a", "b"]], pictures=False
    )
    count = len(instances[0])
    pixels = np.random.default_rng(0).integers(0, 256, (count, 8, 8, 3), dtype=np.uint8)
    test = Images(pixels, np.array([0, 0, *[1] * (count - 2)]), ("a", "b"), "thin air")
    for run, rows in zip(made.trainings, instances, strict=True):
        write_predictions(tmp_path / run.folder, np.array(rows), test)
    return find_mistakes(made, "real", tmp_path), test.image_hashes()


def test_each_image_stands_once_the_surest_mistake_first(tmp_path):
    found, names = answered(
        tmp_path, [LIKELY, UNLIKELY, SURE, SURE], [SURE, LIKELY, UNLIKELY, SURE]
    )
    assert found.images == 4
    assert [one.image for one in found.all] == [names[0], names[2], names[1]]
    first, second, _ = found.all
    assert (first.worst.label, first.worst.said, first.worst.run.instance) == ("a", "b", 1)
    assert (first.wrong, first.tested, second.wrong, second.tested) == (2, 2, 1, 2)


def test_a_label_is_doubted_where_the_answers_are_as_sure_as_of_that_class(tmp_path):
    found, names = answered(tmp_path, [SURE, LIKELY, *[SURE] * 9])
    assert {one.image: one.doubted for one in found.all} == {names[0]: True, names[1]: False}
    assert found.doubted == 1


def test_who_is_often_sure_and_wrong_doubts_no_label(tmp_path):
    """Wrong in 1 of 6 of its sure answers; the test above: in 1 of 10."""
    found, _ = answered(tmp_path, [SURE, LIKELY, *[SURE] * 5])
    assert len(found.all) == 2
    assert found.doubted == 0


def test_nothing_is_said_where_no_answers_were_kept(plain, tmp_path):
    assert find_mistakes(plain, "real", tmp_path) is None
