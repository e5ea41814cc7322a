"""How much one scenario keeps of what clients name, and what it evicted to keep to that."""

import logging
from collections import Counter
from typing import Any

_log = logging.getLogger(__name__)


class Bounds:
    """A scenario keeps at most `entries` of each kind, and background jobs of `background_bytes` in all.

    `evicted` counts by kind what had to go; the first of each kind is logged.
    """

    def __init__(self, entries: int = 10_000, background_bytes: int = 256 * 2**20) -> None:
        self.entries, self.background_bytes = entries, background_bytes
        self.evicted: Counter[str] = Counter()

    def keep(self, kind: str, kept: dict[Any, Any]) -> None:
        """Evict the oldest of `kept`, to which one was added, if there are too many."""
        if len(kept) > self.entries:
            del kept[next(iter(kept))]
            self.count(kind)

    def add(self, kind: str, counts: dict[str, int], name: str) -> int:
        """Count a name; return how often it was counted before."""
        nth = counts.get(name, 0)
        counts[name] = nth + 1
        self.keep(kind, counts)
        return nth

    def count(self, kind: str, number: int = 1) -> None:
        """Count evictions of a kind."""
        if kind not in self.evicted:
            _log.warning(
                "evicted %s, see scenarios in the settings; a scenario's summary counts them", kind
            )
        self.evicted[kind] += number
