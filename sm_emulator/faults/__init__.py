"""Fault injection: rules decide when, faults decide what. A fault returns data and performs no I/O.

Every module of this package is imported, which registers the faults that it defines.
"""

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
