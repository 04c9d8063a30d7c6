import pytest
from pydantic import ValidationError

from pipelines.data.images import Images
from pipelines.errors import InputError
from pipelines.recipes.tuning import TuneConfig
from pipelines.tuning.folds import make_folds


@pytest.mark.parametrize("fit", ["crop", "inner"])  # of which nothing is cut off once more
def test_folds_hold_training_images_only_and_leave_each_out_once(drawn, tmp_path):
    folds = make_folds(drawn, TuneConfig(folds=3), tmp_path)
    assert len(folds) == 6
    for position, one in enumerate(drawn):
        train = set(Images.load(tmp_path / one.at[32].folder / "train.npz").image_hashes())
        test = set(Images.load(tmp_path / one.at[32].folder / "test.npz").image_hashes())
        left_out = []
        for fold in folds[position::2]:
            kept = Images.load(tmp_path / fold.at[32].folder / "train.npz")
            out = Images.load(tmp_path / fold.at[32].folder / "test.npz")
            assert kept.counts().tolist() == [8, 8]
            assert not set(kept.image_hashes()) & set(out.image_hashes())
            left_out += out.image_hashes()
        assert sorted(left_out) == sorted(train)
        assert not set(left_out) & test


def test_validation_images_watch_the_trials_as_they_watch_the_training_at_the_end(
    drawn, watched, tmp_path
):
    folds = make_folds(watched, TuneConfig(folds=2), tmp_path)
    for position, fold in enumerate(folds):
        theirs = watched[position % len(watched)].at[32].folder
        known, found = (
            Images.load(tmp_path / folder / "valid.npz") for folder in (theirs, fold.at[32].folder)
        )
        assert found.image_hashes() == known.image_hashes()
    (plain, *_) = make_folds(drawn, TuneConfig(folds=2), tmp_path)
    assert not (tmp_path / plain.at[32].folder / "valid.npz").exists()


def test_validation_images_stand_in_for_folds(drawn, watched, tmp_path):
    with pytest.raises(InputError, match="no validation images are set apart"):
        make_folds(drawn, TuneConfig(validation=True), tmp_path)
    trials = make_folds(watched, TuneConfig(validation=True), tmp_path)
    for one, trial in zip(watched, trials, strict=True):
        for theirs, ours in (("train.npz", "train.npz"), ("valid.npz", "test.npz")):
            known = Images.load(tmp_path / one.at[32].folder / theirs)
            found = Images.load(tmp_path / trial.at[32].folder / ours)
            assert found.image_hashes() == known.image_hashes()
    assert TuneConfig(validation=True).trainings == 1
    with pytest.raises(ValidationError, match="leave validation out"):
        TuneConfig(validation=True, tuner="halving")
