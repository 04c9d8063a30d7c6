"""What instances share, and the correlation of their differences that follows."""

import pytest

from pipelines.data.overlap import overlap_of
from pipelines.data.pool import in_memory
from pipelines.data.protocols import make_instances
from pipelines.data.sources import Source
from pipelines.recipes.data import DataConfig


def of(source: Source, **settings):
    design = DataConfig(**settings).design(source)
    return overlap_of(
        [(one.train.hashes(), one.test.hashes()) for one in make_instances(source, design)]
    )


def test_folds_share_all_images(make_images):
    shared = of(Source("own", in_memory(make_images(20)), None, own=True))
    assert shared.pooled == 1
    assert shared.correlation == pytest.approx(1 / 5)  # Bouckaert and Frank: n_test / n


def test_draws_from_a_small_pool_share_many(make_images):
    pool = Source("small", in_memory(make_images(60)), None)
    shared = of(pool, per_class=40, test_per_class=20)
    assert shared.correlation == pytest.approx(1 / 3)  # Nadeau and Bengio: n_test / n
    assert 0 < of(pool, per_class=20, test_per_class=10).correlation < 1 / 3


def test_disjoint_draws_share_nothing():
    shared = overlap_of([(["a", "b"], ["c"]), (["d", "e"], ["f"]), (["g", "h"], ["i"])])
    assert (shared.pooled, shared.correlation) == (0, 0)


def test_one_split_with_other_seeds_says_nothing_of_other_images(make_images):
    source = Source("own", in_memory(make_images(10)), in_memory(make_images(5, seed=1)), own=True)
    assert of(source).correlation == 1
