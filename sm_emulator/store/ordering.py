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
from sm_emulator.store.version import MAX_SESSIONS, Holdback, Key, Version
from sm_emulator.store.visibility import hold_back

Times = dict[tuple[Surface, int], float]


@dataclass(slots=True)
class Ordering:
    """The latest times, by surface and replica: of all writes, and of those that bind a session.

    Beyond MAX_SESSIONS the times of all that came before are merged into `others`, which bind every
    session: writes are held back longer then, never too short.
    """

    all_writes: Times = field(default_factory=dict)
    sessions: dict[tuple[Guarantee, str], Times] = field(default_factory=dict)
    others: dict[Guarantee, Times] = field(default_factory=dict)

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
            self._add("mw", session, held)
        return held

    def add_read(self, session: str, holdbacks: Iterable[Holdback]) -> None:
        """Order what `session` writes after a version with these holdbacks, which it has read."""
        self._add("wfr", session, holdbacks)

    def _floor(self, consistency: Consistency, session: str, surface: Surface, replica: int) -> float:
        """Return the time before which a write of `session` must not be visible there."""
        place = (surface, replica)
        times = [
            known.get(place, 0.0)
            for guarantee in consistency.session & {"mw", "wfr"}
            for known in (self.sessions.get((guarantee, session), {}), self.others.get(guarantee, {}))
        ]
        if consistency.order == "prefix":
            times.append(self.all_writes.get(place, 0.0))
        return max(times, default=0.0)

    def _add(self, guarantee: Guarantee, session: str, holdbacks: Iterable[Holdback]) -> None:
        if len(self.sessions) > MAX_SESSIONS:
            for (dropped, _), times in self.sessions.items():
                shared = self.others.setdefault(dropped, {})
                for place, time in times.items():
                    shared[place] = max(time, shared.get(place, 0.0))
            self.sessions = {}
        _raise(self.sessions.setdefault((guarantee, session), {}), holdbacks)


def _raise(times: Times, holdbacks: Iterable[Holdback]) -> None:
    for holdback in holdbacks:
        for surface in SURFACES:
            for replica, time in enumerate(holdback.visible_at.get(surface, ())):
                place = (surface, replica)
                times[place] = max(time, times.get(place, 0.0))
