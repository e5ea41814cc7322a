"""Freeing large states in small steps: one large step would stop all threads meanwhile."""

import gc
import sys

# The references to an object that only `dispose` has: its variable, and the argument of getrefcount
_OURS = 2
# What is freed quickly, with what refers to it
_ATOMS = frozenset({str, bytes, int, float, bool, type(None)})


def dispose(held: list[object]) -> None:
    """Empty a list; what nothing else refers to is freed object by object, the outermost first."""
    while held:
        found = held.pop()
        if sys.getrefcount(found) <= _OURS:
            held += [part for part in gc.get_referents(found) if type(part) not in _ATOMS]
