"""Does a history keep the guarantees that were in force? Checked in linear time.

Every read names the version that it saw, so nothing has to be searched for: each guarantee is a
comparison with what earlier events have established. Anomalies have the names of Adya (G0, G1a,
G-single) and of Terry et al. (the session guarantees).
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sm_emulator.store.history import ConsistencyChanged, Event, ReadEvent, WriteEvent
from sm_emulator.store.rules import Consistency, ConsistencyRule, Guarantee, Surface
from sm_emulator.store.version import Key

_SESSION_GUARANTEES = {
    "ryw": "read your writes",
    "mr": "monotonic reads",
    "mw": "monotonic writes",
    "wfr": "writes follow reads",
}
# The anomaly that breaks a guarantee; a broken session guarantee is called by its own name
_ANOMALIES = {
    "version order": "G0",
    "provenance": "G1a",
    "prefix": "G-single",
    "convergence": "stale read",
    "max_staleness": "stale read",
    "k_staleness": "stale read",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A guarantee that was broken, why, and the events that show it, the last being the culprit."""

    guarantee: str
    message: str
    events: tuple[Event, ...]

    @property
    def anomaly(self) -> str:
        """The name of the anomaly in the literature."""
        return _ANOMALIES.get(self.guarantee, self.guarantee)


@dataclass(slots=True)
class _Replica:
    """The least version of each key that a replica must show on a surface, and why.

    `passed` counts, by guarantee and session, the writes that are already among `required`.
    """

    required: dict[Key, tuple[int, Guarantee, WriteEvent]] = field(default_factory=dict)
    passed: dict[tuple[Guarantee, str], int] = field(default_factory=dict)
    newest: WriteEvent | None = None


class Checker:
    """Checks events one by one. `session`: guarantees to expect instead of those in force."""

    def __init__(self, session: frozenset[Guarantee] | None = None) -> None:
        self._expected = session
        self._consistency = Consistency()
        self._max_lag = 0.0
        self._lsn = 0
        self._settled = 0
        self._writes: dict[Key, dict[int, WriteEvent]] = {}
        self._counting: set[ConsistencyRule] = set()
        self._floors: dict[tuple[str, Key], ReadEvent | WriteEvent] = {}
        self._restart_order()

    def check(self, event: Event) -> Violation | None:
        """Check the next event; return what it violates, if anything."""
        if isinstance(event, ReadEvent):
            return self._check_read(event)
        if isinstance(event, WriteEvent):
            return self._check_write(event)
        if isinstance(event, ConsistencyChanged):
            self._change(event.consistency)
        else:
            self._settled = self._lsn
            self._restart_order()
        return None

    def _change(self, consistency: Consistency) -> None:
        if self._expected is not None:
            consistency = replace(consistency, session=self._expected)
        self._consistency = consistency
        self._max_lag = max(self._max_lag, consistency.max_lag)
        self._counting |= {rule for rule in consistency.rules if rule.lag is None}
        self._restart_order()

    def _restart_order(self) -> None:
        """Drop what is known of order: it holds among the writes made while it is in force."""
        self._wrote: defaultdict[str, list[WriteEvent]] = defaultdict(list)
        self._read: defaultdict[str, list[WriteEvent]] = defaultdict(list)
        self._replicas: defaultdict[tuple[Surface, int], _Replica] = defaultdict(_Replica)
        self._position: dict[tuple[Key, int], tuple[int, int]] = {}

    def _check_write(self, event: WriteEvent) -> Violation | None:
        writes = self._writes.setdefault(event.key, {})
        last = writes[next(reversed(writes))] if writes else None
        if last is not None and (last.version >= event.version or last.lsn >= event.lsn):
            message = f"versions {last.version} and {event.version} of its key are not in commit order"
            return Violation("version order", message, (last, event))
        self._lsn = event.lsn
        writes[event.version] = event
        if "ryw" in self._consistency.session:
            self._floors[event.session, event.key] = event
        wrote, read = self._wrote[event.session], self._read[event.session]
        self._position[event.key, event.version] = (len(wrote), len(read))
        wrote.append(event)
        return None

    def _check_read(self, event: ReadEvent) -> Violation | None:
        violation = None
        if event.rule is not None:
            violation = self._check_key(event) or self._check_order(event)
        if "mr" in self._consistency.session:
            before = self._floors.get((event.session, event.key))
            if before is None or before.version <= event.version:
                self._floors[event.session, event.key] = event
        seen = self._writes.get(event.key, {}).get(event.version)
        if seen is not None:
            self._read[event.session].append(seen)
        return violation

    # -- one key ------------------------------------------------------------------------------

    def _check_key(self, event: ReadEvent) -> Violation | None:
        writes = self._writes.get(event.key, {})
        newest = next(reversed(writes), event.latest)  # they are in the order of their numbers
        if event.version > event.latest or event.latest > newest:
            return Violation("provenance", "it saw a write that was never committed", (event,))
        missed = writes.get(event.version + 1)
        counted = any(rule.matches_key(event.key.type, event.key.name) for rule in self._counting)
        # no bound of time ends what a number of reads miss
        if missed is not None and not counted and (violation := self._check_age(event, missed)):
            return violation
        k, behind = self._consistency.k_staleness, event.latest - event.version
        if k is not None and behind > k and missed:
            message = f"it is {behind} versions behind, and k_staleness is {k}"
            return Violation("k_staleness", message, (missed, event))
        bound = self._consistency.session & {"ryw", "mr"}
        floor = self._floors.get((event.session, event.key)) if bound else None
        if floor is not None and event.version < floor.version:
            guarantee, did = ("ryw", "wrote") if isinstance(floor, WriteEvent) else ("mr", "saw")
            message = (
                f"its session {did} version {floor.version} before, and it saw version {event.version}"
            )
            return Violation(_SESSION_GUARANTEES[guarantee], message, (floor, event))
        return None

    def _check_age(self, event: ReadEvent, missed: WriteEvent) -> Violation | None:
        age = event.at - missed.at
        bound = self._consistency.max_staleness
        if missed.lsn <= self._settled:
            message = "all writes were settled after the one that it missed"
        elif event.at >= missed.at + self._max_lag:
            message = f"it missed a write {age:g} s old, and max_lag is {self._max_lag:g} s"
        elif bound is not None and missed.at <= event.at - bound:
            message = f"it missed a write {age:g} s old, and max_staleness is {bound:g} s"
            return Violation("max_staleness", message, (missed, event))
        else:
            return None
        return Violation("convergence", message, (missed, event))

    # -- across keys --------------------------------------------------------------------------

    def _check_order(self, event: ReadEvent) -> Violation | None:
        if event.replica is None:
            return None  # every replica agreed, or none did: no replica's order is shown
        replica = self._replicas[event.surface, event.replica]
        missed = self._writes.get(event.key, {}).get(event.version + 1)
        newest = replica.newest
        if (
            self._consistency.order == "prefix"
            and missed
            and newest
            and missed.lsn < newest.lsn
            and (missed.key, missed.version) in self._position  # written while the order was in force
        ):
            message = "its replica had shown a later commit, but not the one that it missed"
            return Violation("prefix", message, (missed, newest, event))
        required, guarantee, because = replica.required.get(event.key, (0, "mw", None))
        if event.version < required and because is not None and missed is not None:
            message = "its replica had shown a write that follows the one that it missed"
            return Violation(_SESSION_GUARANTEES[guarantee], message, (missed, because, event))
        seen = self._writes.get(event.key, {}).get(event.version)
        if seen is not None:
            self._require_before(replica, seen)
        return None

    def _require_before(self, replica: _Replica, seen: WriteEvent) -> None:
        """Require of a replica all that precedes `seen`, because it has shown `seen`."""
        if replica.newest is None or seen.lsn > replica.newest.lsn:
            replica.newest = seen
        position = self._position.get((seen.key, seen.version))
        if position is None:
            return  # written before the present order was in force
        mw: tuple[Guarantee, list[WriteEvent], int] = ("mw", self._wrote[seen.session], position[0])
        wfr: tuple[Guarantee, list[WriteEvent], int] = ("wfr", self._read[seen.session], position[1])
        for guarantee, before, until in (mw, wfr):
            if guarantee not in self._consistency.session:
                continue
            passed = replica.passed.get((guarantee, seen.session), 0)
            for write in before[passed:until]:  # each is passed once: linear time
                if write.version > replica.required.get(write.key, (0,))[0]:
                    replica.required[write.key] = (write.version, guarantee, seen)
            replica.passed[guarantee, seen.session] = max(passed, until)


def check(events: Iterable[Event], session: frozenset[Guarantee] | None = None) -> Violation | None:
    """Return the first violation in a history; None where there is none.

    `session` are the session guarantees to expect instead of those that were in force.
    """
    checker = Checker(session)
    return next((v for v in map(checker.check, events) if v), None)
