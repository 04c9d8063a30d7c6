"""How good are generated images? Statistics that stay honest at 50 images a class.

All arithmetic runs over feature arrays ``[N, D]`` in NumPy and SciPy; the network that makes the
features is passed in. Public names load on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
