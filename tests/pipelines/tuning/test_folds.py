from pipelines.data.images import Images
from pipelines.recipes.search import TuneConfig
from pipelines.tuning.folds import make_folds


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
