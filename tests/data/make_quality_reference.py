"""Make `quality_reference.npz`: what independent libraries say of two small samples.

Run in an environment of its own with `prdc` 0.2, `torch-fidelity` 0.4.0 and `torch` 2.13.0; the
tests need none of them, only the file.
"""

import sys
from pathlib import Path
from unittest.mock import MagicMock

import numpy as np
import torch
from prdc import compute_prdc

# torch-fidelity imports torchvision for its networks, which the two functions here never touch;
# a torchvision that was built for another torch fails to load.
for name in ("", ".datasets", ".models", ".transforms", ".transforms.functional"):
    sys.modules[f"torchvision{name}"] = MagicMock()
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric  # noqa: E402
from torch_fidelity.metric_kid import kid_features_to_metric  # noqa: E402

REAL, FAKE, DIMENSIONS = 40, 60, 8


def main() -> None:
    random = np.random.default_rng(2026)
    scale = np.arange(1, DIMENSIONS + 1) ** -0.5
    real = random.standard_normal((REAL, DIMENSIONS)) * scale
    fake = 0.8 * random.standard_normal((FAKE, DIMENSIONS)) * scale + 0.3
    equal = fake[:REAL]

    fid = fid_statistics_to_metric(
        fid_features_to_statistics(torch.from_numpy(real)),
        fid_features_to_statistics(torch.from_numpy(fake)),
        verbose=False,
    )
    # One subset of all images: the plain unbiased estimate. torch-fidelity wants equal numbers.
    kid = kid_features_to_metric(
        torch.from_numpy(real),
        torch.from_numpy(equal),
        kid_subsets=1,
        kid_subset_size=REAL,
        verbose=False,
    )
    fractions = {f"prdc_{k}": compute_prdc(real, fake, nearest_k=k) for k in (3, 5)}
    np.savez(
        Path(__file__).with_name("quality_reference.npz"),
        real=real,
        fake=fake,
        fid=fid["frechet_inception_distance"],
        kid_equal=kid["kernel_inception_distance_mean"],
        **{
            name: [found[key] for key in ("precision", "recall", "density", "coverage")]
            for name, found in fractions.items()
        },
    )


if __name__ == "__main__":
    main()
