"""Small-data image synthesis: images of one class in, a generator and its samples out.

Public names load on first use, so that ``import ganaug`` stays free of Keras.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
