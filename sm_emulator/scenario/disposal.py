"""Freeing large states in small steps: one large step would stop all threads meanwhile."""

from __future__ import annotations

import gc
import sys

# The references to an object that only `dispose` has: its variable, and the argument of getrefcount
_OURS = 2


def dispose(held: list[object]) -> None:
    """Empty a list; what nothing else refers to is freed object by object, the outermost first."""
    while held:
        found = held.pop()
        if sys.getrefcount(found) <= _OURS:
            held += filter(gc.is_tracked, gc.get_referents(found))
