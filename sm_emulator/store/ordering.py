"""Order across keys: what must be visible on a replica before something else is.

Within one key the last writer wins, so order is given. Across keys it is a lower bound on the times
from which a new write is visible: `prefix` bounds it by all that was written before, monotonic
writes by what its session wrote, writes-follow-reads by what its session read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sm_emulator.store.rule import SURFACES, Consistency, Guarantee, Surface
from sm_emulator.store.version import Holdback

# More sessions than this are looked through for what is past
_MANY_SESSIONS = 1024

Times = dict[tuple[Surface, int], float]


@dataclass(slots=True)
class Ordering:
    """The latest times, by surface and replica: of all writes, and of what each session knows."""

    everyone: Times = field(default_factory=dict)
    sessions: dict[tuple[Guarantee, str], Times] = field(default_factory=dict)

    def floor(self, consistency: Consistency, session: str, surface: Surface, replica: int) -> float:
        """Give the time before which a write of `session` must not be visible there."""
        place = (surface, replica)
        times = [
            self.sessions.get((guarantee, session), {}).get(place, 0.0)
            for guarantee in consistency.session & {"mw", "wfr"}
        ]
        if consistency.order == "prefix":
            times.append(self.everyone.get(place, 0.0))
        return max(times, default=0.0)

    def wrote(
        self, consistency: Consistency, session: str, holdbacks: Iterable[Holdback], now: float
    ) -> None:
        """Note a write of `session`, held back so."""
        if consistency.order == "prefix":
            _note(self.everyone, holdbacks)
        if "mw" in consistency.session:
            self._know("mw", session, holdbacks, now)

    def saw(self, session: str, holdbacks: Iterable[Holdback], now: float) -> None:
        """Note that `session`, for whom writes follow reads, read a version that is held back so."""
        self._know("wfr", session, holdbacks, now)

    def _know(
        self, guarantee: Guarantee, session: str, holdbacks: Iterable[Holdback], now: float
    ) -> None:
        if len(self.sessions) > _MANY_SESSIONS:
            self.sessions = {
                known: times
                for known, times in self.sessions.items()
                if max(times.values(), default=0.0) > now
            }
        _note(self.sessions.setdefault((guarantee, session), {}), holdbacks)


def _note(times: Times, holdbacks: Iterable[Holdback]) -> None:
    for holdback in holdbacks:
        for surface in SURFACES:
            for replica, time in enumerate(holdback.visible.get(surface, ())):
                place = (surface, replica)
                times[place] = max(time, times.get(place, 0.0))
