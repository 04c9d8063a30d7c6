"""Which test was used and why, in plain words, said once for the page and for the terminal."""

from pipelines.data.overlap import Overlap


def method(
    overlap: Overlap | None, instances: int, comparisons: int = 1, *, over_images: bool = False
) -> str:
    """Say which test was used, and why.

    Parameters
    ----------
    overlap
        What the instances share; None where that was not written down.
    instances
        How many both arms have.
    comparisons
        Arms that were compared with the reference.
    over_images
        Whether there are intervals over the test images, which are named where there is no test.

    Examples
    --------
    >>> method(None, 1, over_images=True)
    'Method: no test over instances, for there is one; intervals are a bootstrap over test images.'
    >>> method(Overlap(instances=10, train_images=80, test_images=40, train=0.67, test=0.33,
    ...     pooled=1.0, own_test=False), 10)
    'Method: corrected resampled t test (Nadeau and Bengio 2003), because two instances share 67 % \
of their training and 33 % of their test images; it takes their differences for correlated (0.33).'
    """
    instead = "; intervals are a bootstrap over test images" if over_images else ""
    if instances == 1:
        return f"Method: no test over instances, for there is one{instead}."
    correlation = overlap.correlation if overlap else 0.0
    if correlation == 1:
        return (
            "Method: no test over instances, because all of them have the same training images: "
            f"only the chance of training differs{instead}."
        )
    holm = f"; p values corrected for {comparisons} comparisons (Holm)" if comparisons > 1 else ""
    if not correlation:
        return f"Method: paired t test and sign-flip test, {_because(overlap)}{holm}."
    assert overlap is not None  # else there is no correlation
    return (
        "Method: corrected resampled t test (Nadeau and Bengio 2003), because two instances share "
        f"{_shared(overlap)}; it takes their differences for correlated ({correlation:.2f}){holm}."
    )


def _because(overlap: Overlap | None) -> str:
    if overlap is None:
        return "as if instances shared no images: what they share was not written down"
    if not (overlap.train or overlap.test):
        return "because instances share no images"
    what = "training images" if overlap.own_test else "images"
    few = "few" if overlap.train else "no"
    return f"because two instances share {few} {what} ({_shared(overlap)})"


def _shared(overlap: Overlap) -> str:
    train, test = f"{100 * overlap.train:.0f} %", f"{100 * overlap.test:.0f} %"
    return f"{train} of their training and {test} of their test images"
