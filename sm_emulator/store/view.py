"""What the replicas show of one key to one read."""

from __future__ import annotations

from collections.abc import Iterable

from sm_emulator.store.rule import Consistency, Surface
from sm_emulator.store.version import Chain, Holdback, Version


class View:
    """A chain as a read of `session` by `operation` meets it on `surface`, at `now`."""

    def __init__(self, chain: Chain, surface: Surface, operation: str, session: str, now: float) -> None:
        self.chain = chain
        self.versions = chain.versions
        self.surface = surface
        self.session = session
        self.now = now
        self._holdbacks = [version.holdback(surface, operation) for version in self.versions]

    def held(self) -> Holdback | None:
        """Find what holds the newest version back that is held back from this read at all."""
        return next((holdback for holdback in reversed(self._holdbacks) if holdback), None)

    def newest(self, replica: int, later: float = 0.0) -> int:
        """Find the position of the newest version that `replica` shows, asked `later` seconds on.

        The oldest version of a chain is shown by all.
        """
        for position in range(len(self._holdbacks) - 1, 0, -1):
            holdback = self._holdbacks[position]
            if holdback is None or not holdback.hides(
                self.surface, replica, self.session, self.now + later
            ):
                return position
        return 0

    def seen_by(
        self, asked: Iterable[tuple[int, float]], consistency: Consistency
    ) -> tuple[int | None, int]:
        """Take the newest answer of replicas, asked each after a delay, that guarantees allow.

        Gives the replica that answers (None: none that there is) and the position in the chain.
        """
        answers = [(self.newest(replica, later), replica) for replica, later in asked]
        seen, replica = max(answers, key=lambda answer: answer[0])
        floor = self.floor(consistency)
        if seen >= floor:
            return replica, seen
        # a guarantee forbids this answer: as if another replica had answered, the stalest that may
        others = [(self.newest(r), r) for r in range(consistency.replicas.count)]
        seen, other = min((o for o in others if o[0] >= floor), default=(floor, None))
        return other, seen

    def floor(self, consistency: Consistency) -> int:
        """Find the position below which the guarantees in force let this read see nothing."""
        versions = self.versions
        least = 0
        if consistency.session & {"ryw", "mr"}:
            lsn = self.chain.floor(self.session)
            least = next(
                i for i, version in enumerate(versions) if version.lsn >= min(lsn, versions[-1].lsn)
            )
        if consistency.k_staleness is not None:
            least = max(least, len(versions) - 1 - consistency.k_staleness)
        if consistency.max_staleness is not None:
            known = self.now - consistency.max_staleness
            for position in range(len(versions) - 1, least, -1):
                if versions[position].committed <= known and not self._owes(position):
                    return position
        return least

    def spend(self) -> Version | None:
        """Count this read against the oldest version that is hidden for a number of reads."""
        for version, holdback in zip(self.versions, self._holdbacks, strict=True):
            if holdback is not None and holdback.left(self.session) > 0:
                holdback.spend(self.session)
                return version
        return None

    def _owes(self, position: int) -> bool:
        """Tell whether a version is hidden by count, which no bound of time ends."""
        holdback = self._holdbacks[position]
        return holdback is not None and holdback.left(self.session) > 0
