"""The report of a study: one HTML page for people, one table for the terminal.

Public names load on first use: charts and templates are not needed to start the command line.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
