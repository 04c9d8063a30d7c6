"""Image classifiers: builders by name, training, scores, ensembles, explanations.

It knows no GAN and no data set. The rooms, in the order in which data flows; each imports only from
those above it (`make lint` holds that):

- ground         `errors`, `config` (every setting of a training)
- `models/`      the registry, the families, transfer models; `backbones/` with ImageNet weights
- `optim/`       optimisers, learning-rate schedules, losses, by name
- `inference/`   probabilities, ensembles, export to other runtimes
- `training/`    training one network, in one phase or several
- `frozen/`      features of a frozen backbone, and heads and probes on them
- `evaluation/`  scores, mistakes, explanations, charts, cost

A model is one function in `models/` under `register_model` (`docs/adding.md`). Classifiers end in
logits, float32, in a layer named ``logits``.

Public names load on first use, so that ``import classifiers`` stays free of Keras.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
