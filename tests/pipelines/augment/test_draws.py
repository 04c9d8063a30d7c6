import pytest
import scipy.ndimage
import scipy.stats

from pipelines.augment.draws import Draws


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_weights_follow_the_beta_distribution(alpha):
    drawn = Draws(0, 0, 0).beta([2000], alpha).numpy()
    assert scipy.stats.kstest(drawn, scipy.stats.beta(alpha, alpha).cdf).pvalue > 0.01
