"""Order across keys: what must be visible on a replica before something else is.

Within one key the last writer wins, so order is given. Across keys it is a lower bound on the times
from which a new write is visible: `prefix` bounds it by all previous writes, monotonic writes by
those of its session, writes-follow-reads by those that its session has read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial

from sm_emulator.store.rules import SURFACES, Consistency, DrawContext, Guarantee, Surface
from sm_emulator.store.version import Holdback, Key, Version
from sm_emulator.store.visibility import hold_back

# With more sessions than this, those whose writes are all visible are dropped
_MANY_SESSIONS = 1024

Times = dict[tuple[Surface, int], float]


@dataclass(slots=True)
class Ordering:
    """The latest times, by surface and replica: of all writes, and of those that bind a session."""

    all_writes: Times = field(default_factory=dict)
    sessions: dict[tuple[Guarantee, str], Times] = field(default_factory=dict)

    def hold_back(
        self, context: DrawContext, key: Key, version: Version, session: str, *, late: bool
    ) -> tuple[Holdback, ...]:
        """Draw how a write is held back: by its rules where it is `late`, and by what precedes it."""
        consistency = context.consistency
        if not consistency.orders_writes:
            return hold_back(context, key, version, late=late)
        floor = partial(self._floor, consistency, session)
        held = hold_back(context, key, version, floor, late=late)
        if consistency.order == "prefix":
            _raise(self.all_writes, held)
        if "mw" in consistency.session:
            self._add("mw", session, held, version.committed)
        return held

    def add_read(self, session: str, holdbacks: Iterable[Holdback], now: float) -> None:
        """Order what `session` writes after a version with these holdbacks, which it has read."""
        self._add("wfr", session, holdbacks, now)

    def _floor(self, consistency: Consistency, session: str, surface: Surface, replica: int) -> float:
        """Return the time before which a write of `session` must not be visible there."""
        place = (surface, replica)
        times = [
            self.sessions.get((guarantee, session), {}).get(place, 0.0)
            for guarantee in consistency.session & {"mw", "wfr"}
        ]
        if consistency.order == "prefix":
            times.append(self.all_writes.get(place, 0.0))
        return max(times, default=0.0)

    def _add(
        self, guarantee: Guarantee, session: str, holdbacks: Iterable[Holdback], now: float
    ) -> None:
        if len(self.sessions) > _MANY_SESSIONS:
            self.sessions = {
                known: times
                for known, times in self.sessions.items()
                if max(times.values(), default=0.0) > now
            }
        _raise(self.sessions.setdefault((guarantee, session), {}), holdbacks)


def _raise(times: Times, holdbacks: Iterable[Holdback]) -> None:
    for holdback in holdbacks:
        for surface in SURFACES:
            for replica, time in enumerate(holdback.visible_at.get(surface, ())):
                place = (surface, replica)
                times[place] = max(time, times.get(place, 0.0))
