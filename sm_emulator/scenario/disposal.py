"""Freeing large states in small steps: one large step would stop all threads meanwhile."""

import gc
import sys
from typing import Any

# The references to an object that only `dispose` has: its variable, and the argument of getrefcount
_OURS = 2
# What is freed quickly, with what refers to it
_ATOMS = frozenset({str, bytes, int, float, bool, type(None)})
# Items that one step takes from a container
_PART = 1000


def dispose(held: list[object], steps: int = sys.maxsize) -> None:
    """Empty a list; what nothing else refers to is freed object by object, the outermost first.

    After `steps` the rest stays in the list.
    """
    while held and steps:
        steps -= 1
        found = held.pop()
        if sys.getrefcount(found) > _OURS:
            continue
        is_large = isinstance(found, dict | list) and len(found) > _PART
        if is_large:
            held.append(found)
        held += [
            part
            for part in (_take(found) if is_large else gc.get_referents(found))
            if type(part) not in _ATOMS
        ]


def _take(container: Any) -> list[object]:
    """Remove some items of a dict or list, and return them: so that its end frees few."""
    if isinstance(container, dict):
        return [part for _ in range(_PART) for part in container.popitem()]
    parts: list[object] = container[-_PART:]
    del container[-_PART:]
    return parts
