"""Does a history keep the guarantees that were in force? In linear time, since reads know versions.

Every read names the write that it saw by its number within the key, so nothing has to be searched
for: each guarantee is a comparison with what the events before it have established.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sm_emulator.store.history import ConsistencyChanged, Event, ReadEvent, WriteEvent
from sm_emulator.store.rule import Consistency, Guarantee, Rule, Surface
from sm_emulator.store.version import Key

Place = tuple[Surface, int]

_NAMES = {
    "ryw": "read your writes",
    "mr": "monotonic reads",
    "mw": "monotonic writes",
    "wfr": "writes follow reads",
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A guarantee that was broken, why, and the events that show it, the last being the read."""

    guarantee: str
    message: str
    events: tuple[Event, ...]


@dataclass(slots=True)
class _Session:
    """What a session wrote and read, in order, as far as orders across keys may ask for it."""

    wrote: list[WriteEvent] = field(default_factory=list)
    read: list[WriteEvent] = field(default_factory=list)


@dataclass(slots=True)
class _Replica:
    """What a replica has shown on a surface, and so must go on showing: by key, and why."""

    exposed: dict[Key, tuple[int, Guarantee, WriteEvent]] = field(default_factory=dict)
    done: dict[tuple[Guarantee, str], int] = field(default_factory=dict)
    newest: WriteEvent | None = None


class Checker:
    """Takes events one by one. `session`: guarantees to expect instead of those in force."""

    def __init__(self, session: frozenset[Guarantee] | None = None) -> None:
        self._expected = session
        self._consistency = Consistency()
        self._max_lag = 0.0
        self._lsn = 0
        self._settled = 0
        self._writes: dict[Key, dict[int, WriteEvent]] = {}
        self._counted: set[Rule] = set()
        self._floors: dict[tuple[str, Key], ReadEvent | WriteEvent] = {}
        self._forget_order()

    def take(self, event: Event) -> Violation | None:
        """Take the next event; tell what it violates, if anything."""
        if isinstance(event, ReadEvent):
            return self._saw(event)
        if isinstance(event, WriteEvent):
            self._wrote(event)
        elif isinstance(event, ConsistencyChanged):
            self._in_force(event.consistency)
        else:
            self._settled = self._lsn
            self._forget_order()
        return None

    def _in_force(self, consistency: Consistency) -> None:
        if self._expected is not None:
            consistency = replace(consistency, session=self._expected)
        self._consistency = consistency
        self._max_lag = max(self._max_lag, consistency.max_lag)
        self._counted |= {rule for rule in consistency.rules if rule.lag is None}
        self._forget_order()

    def _forget_order(self) -> None:
        """Begin anew: orders hold among what is written while they are in force."""
        self._sessions: dict[str, _Session] = {}
        self._replicas: dict[Place, _Replica] = {}
        self._position: dict[tuple[Key, int], tuple[int, int]] = {}

    def _wrote(self, event: WriteEvent) -> None:
        self._lsn = event.lsn
        self._writes.setdefault(event.key, {})[event.n] = event
        if "ryw" in self._consistency.session:
            self._floors[event.session, event.key] = event
        session = self._sessions.setdefault(event.session, _Session())
        self._position[event.key, event.n] = (len(session.wrote), len(session.read))
        session.wrote.append(event)

    def _saw(self, event: ReadEvent) -> Violation | None:
        violation = None
        if event.rule is not None:
            violation = self._single_key(event) or self._order(event)
        self._remember(event)
        return violation

    def _remember(self, event: ReadEvent) -> None:
        if "mr" in self._consistency.session:
            before = self._floors.get((event.session, event.key))
            if before is None or before.n <= event.n:
                self._floors[event.session, event.key] = event
        seen = self._writes.get(event.key, {}).get(event.n)
        if seen is not None:
            self._sessions.setdefault(event.session, _Session()).read.append(seen)

    # -- one key ------------------------------------------------------------------------------

    def _single_key(self, event: ReadEvent) -> Violation | None:
        writes = self._writes.get(event.key, {})
        newest = next(reversed(writes), event.head)  # they are noted in the order of their numbers
        if event.n > event.head or event.head > newest:
            return Violation("provenance", "it saw a write that nobody made", (event,))
        missed = writes.get(event.n + 1)
        if missed is not None and not self._is_counted(event.key):
            violation = self._bounded(event, missed)
            if violation:
                return violation
        k = self._consistency.k_staleness
        if k is not None and event.head - event.n > k and missed:
            message = f"it is {event.head - event.n} versions behind, and k_staleness is {k}"
            return Violation("k_staleness", message, (missed, event))
        floor = self._floors.get((event.session, event.key))
        if floor is not None and event.n < floor.n and self._consistency.session & {"ryw", "mr"}:
            guarantee = "ryw" if isinstance(floor, WriteEvent) else "mr"
            did = "wrote" if isinstance(floor, WriteEvent) else "saw"
            message = f"its session {did} version {floor.n} before, and it saw version {event.n}"
            return Violation(_NAMES[guarantee], message, (floor, event))
        return None

    def _bounded(self, event: ReadEvent, missed: WriteEvent) -> Violation | None:
        age = event.at - missed.at
        if missed.lsn <= self._settled:
            return Violation("convergence", "all was settled after what it missed", (missed, event))
        if event.at >= missed.at + self._max_lag:
            message = f"it missed what was {age:g} s old, and max_lag is {self._max_lag:g} s"
            return Violation("convergence", message, (missed, event))
        bound = self._consistency.max_staleness
        if bound is not None and missed.at <= event.at - bound:
            message = f"it missed what was {age:g} s old, and max_staleness is {bound:g} s"
            return Violation("max_staleness", message, (missed, event))
        return None

    def _is_counted(self, key: Key) -> bool:
        """Tell whether the key may be missed by a number of reads, which no bound of time ends."""
        return any(rule.concerns(key.type, key.name) for rule in self._counted)

    # -- across keys --------------------------------------------------------------------------

    def _order(self, event: ReadEvent) -> Violation | None:
        if event.replica is None:
            return None  # every replica agreed, or none did: no replica's order is shown
        replica = self._replicas.setdefault((event.surface, event.replica), _Replica())
        missed = self._writes.get(event.key, {}).get(event.n + 1)
        newest = replica.newest
        if (
            self._consistency.order == "prefix"
            and missed
            and newest
            and missed.lsn < newest.lsn
            and (missed.key, missed.n) in self._position  # written while the order was in force
        ):
            message = "its replica had shown a later commit, but not the one that it missed"
            return Violation("prefix", message, (missed, newest, event))
        required, guarantee, because = replica.exposed.get(event.key, (0, "mw", None))
        if event.n < required and because is not None and missed is not None:
            message = "its replica had shown what comes after the one that it missed"
            return Violation(_NAMES[guarantee], message, (missed, because, event))
        seen = self._writes.get(event.key, {}).get(event.n)
        if seen is not None:
            self._expose(replica, seen)
        return None

    def _expose(self, replica: _Replica, seen: WriteEvent) -> None:
        """Note what a replica must show, because it has shown `seen`."""
        if replica.newest is None or seen.lsn > replica.newest.lsn:
            replica.newest = seen
        position = self._position.get((seen.key, seen.n))
        if position is None:
            return  # written before the present order was in force
        session = self._sessions[seen.session]
        befores = (("mw", session.wrote, position[0]), ("wfr", session.read, position[1]))
        for guarantee, before, until in befores:
            if guarantee not in self._consistency.session:
                continue
            done = replica.done.get((guarantee, seen.session), 0)
            for write in before[done:until]:  # each is passed once, hence linear time
                known = replica.exposed.get(write.key, (0, guarantee, seen))
                if write.n > known[0]:
                    replica.exposed[write.key] = (write.n, guarantee, seen)
            replica.done[guarantee, seen.session] = max(done, until)


def check(events: Iterable[Event], session: frozenset[Guarantee] | None = None) -> Violation | None:
    """Find the first violation in a history; None where there is none.

    `session` are the session guarantees to expect instead of those that were in force.
    """
    checker = Checker(session)
    return next((v for v in map(checker.take, events) if v), None)
