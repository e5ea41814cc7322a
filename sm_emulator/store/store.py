"""Writes that reach replicas late, and reads that ask a replica: evaluated when a read asks.

Nothing here runs by itself: no thread, no timer. What has settled is collected inside operations.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

from sm_emulator.store.answer import Pending, Read, Session, pending
from sm_emulator.store.history import History, InForce, Saw, Settled, Wrote
from sm_emulator.store.lag import Wars
from sm_emulator.store.ordering import Ordering
from sm_emulator.store.replica import choose, first_to_respond
from sm_emulator.store.rule import Consistency, Kind, Rule, Surface
from sm_emulator.store.version import NEVER, Chain, Holdback, Key, Version
from sm_emulator.store.view import View
from sm_emulator.store.visibility import hold_back

ANYONE = Session()


class Store:
    """The resources of one scenario.

    `clock` gives seconds since 1970 and never goes back; `seed` and `consistency` may be replaced
    at any time, what is already written keeps its visibility. `history` notes what was written and
    read while rules are in force.
    """

    def __init__(self, clock: Callable[[], float], seed: int, consistency: Consistency) -> None:
        self._clock = clock
        self._began = clock()
        self.seed = seed
        self.history = History()
        self.consistency = consistency
        self._lsn = 0
        self._chains: dict[Key, Chain] = {}
        self._unsettled: dict[Key, Chain] = {}
        self._writes: dict[Key, int] = {}
        self._settling: list[tuple[float, int, Key]] = []
        self._ordering = Ordering()

    def __len__(self) -> int:
        return sum(chain.head.value is not None for chain in self._chains.values())

    @property
    def consistency(self) -> Consistency:
        """What decides how late the next writes are seen, and by which reads."""
        return self._consistency

    @consistency.setter
    def consistency(self, consistency: Consistency) -> None:
        self._consistency = consistency
        self.history.append(InForce(self._clock(), consistency))

    def head(self, key: Key) -> object | None:
        """Read the leader: what conditions on the written key itself are judged by."""
        chain = self._chains.get(key)
        return chain.head.value if chain else None

    def write(self, key: Key, value: object | None, kind: Kind, session: Session = ANYONE) -> None:
        """Commit a version of `key`; a `value` of None deletes it."""
        now = self._clock()
        self._collect(now)
        self._lsn += 1
        n = self._writes[key] = self._writes.get(key, 0) + 1
        holdbacks = self._hold_back(key, kind, n, now, session)
        version = Version(self._lsn, n, kind, now, value, holdbacks)
        if self._consistency.rules:
            self.history.append(Wrote(now, session.identity, key, n, version.lsn, kind))
        if not holdbacks:
            self._settle(key, version)
            return
        chain = self._chains.get(key)
        if chain is None:
            # its lsn is above all that was ever seen of the key, whatever was deleted before
            chain = self._chains[key] = Chain([Version(self._lsn - 1, n - 1, "delete", now, None)])
        chain.append(version)
        if "ryw" in self._consistency.session:
            chain.raise_floor(session.identity, version.lsn)
        self._unsettled[key] = chain
        self._await_settling(key, version)

    def read(
        self,
        key: Key,
        surface: Surface,
        operation: str,
        session: Session = ANYONE,
        *,
        consistent: bool = False,
    ) -> Read:
        """Read `key` as one replica shows it to `operation`, on `surface`; `consistent`: the leader."""
        now = self._clock()
        self._collect(now)
        chain = self._chains.get(key)
        if chain is None:
            absent = Version(0, self._writes.get(key, 0), "delete", now, None)
            return self._answer(key, None, absent, surface, operation, session, now)
        if consistent or key not in self._unsettled:
            rule = None if consistent else self._rule(key, surface, operation)
            return self._answer(key, chain, chain.head, surface, operation, session, now, rule=rule)
        view = View(chain, surface, operation, session.identity, now)
        held = view.held()
        if held is None:
            return self._answer(key, chain, chain.head, surface, operation, session, now)
        nth = (chain.head.n, chain.count_read(session.identity))
        replica, seen = self._ask(key, view, held.rule, session.name, nth)
        version = chain.versions[seen]
        spent = view.spend()
        if spent is not None:
            self._await_settling(key, spent)
        return self._answer(
            key, chain, version, surface, operation, session, now, rule=held.rule, replica=replica
        )

    def settle(self) -> None:
        """Make everything visible everywhere, now."""
        self._ordering = Ordering()
        self.history.append(Settled(self._clock()))
        for key, chain in list(self._unsettled.items()):
            self._settle(key, chain.head)

    def pending(self) -> Iterator[Pending]:
        """List what some read cannot see yet, oldest write first."""
        now = self._clock()
        self._collect(now)
        versions = [(v, key) for key, chain in self._unsettled.items() for v in chain.versions]
        for version, key in sorted(versions, key=lambda pair: pair[0].lsn):
            for holdback in version.holdbacks:
                yield from pending(key, version, holdback, now)

    # -- reading ------------------------------------------------------------------------------

    def _rule(self, key: Key, surface: Surface, operation: str) -> Rule | None:
        for rule in self._consistency.rules:
            if rule.meets(surface, operation) and rule.concerns(key.type, key.name):
                return rule
        return None

    def _ask(
        self, key: Key, view: View, rule: Rule, session: str, nth: tuple[int, int]
    ) -> tuple[int | None, int]:
        """Ask replicas; give the one whose answer counts (None: no single one), and its position."""
        replicas = self._consistency.replicas
        if isinstance(rule.lag, Wars):
            asked = first_to_respond(replicas, self.seed, rule.lag, key, session, nth)
        else:
            asked = [(r, 0.0) for r in choose(replicas, self.seed, key, session, nth, view.newest)]
        answers = [(view.newest(replica, later), replica) for replica, later in asked]
        seen, replica = max(answers, key=lambda answer: answer[0])
        floor = view.floor(self._consistency)
        if seen >= floor:
            return replica, seen
        # a guarantee forbids this answer: as if another replica had answered, the stalest that may
        others = [(view.newest(r), r) for r in range(replicas.count)]
        seen, other = min((o for o in others if o[0] >= floor), default=(floor, None))
        return other, seen

    def _answer(
        self,
        key: Key,
        chain: Chain | None,
        version: Version,
        surface: Surface,
        operation: str,
        session: Session,
        now: float,
        *,
        rule: Rule | None = None,
        replica: int | None = None,
    ) -> Read:
        """Answer with `version`, and remember what guarantees and checks will ask for."""
        head = chain.head if chain else version
        name = rule.name if rule else None
        if chain and "mr" in self._consistency.session:
            chain.raise_floor(session.identity, version.lsn)
        self._ordering.saw(self._consistency, session.identity, version.holdbacks, now)
        if self._consistency.rules:
            self.history.append(
                Saw(now, session.identity, key, surface, operation, replica, version.n, head.n, name)
            )
        return Read(version.value, surface, replica, head.n - version.n, now - head.committed, name)

    # -- writing and settling -----------------------------------------------------------------

    def _hold_back(
        self, key: Key, kind: Kind, n: int, now: float, session: Session
    ) -> tuple[Holdback, ...]:
        consistency = self._consistency
        late = consistency.quiesce_after is None or now - self._began < consistency.quiesce_after

        def floor(surface: Surface, replica: int) -> float:
            return self._ordering.floor(consistency, session.identity, surface, replica)

        holdbacks = tuple(hold_back(consistency, self.seed, key, kind, n, now, floor, late=late))
        self._ordering.wrote(consistency, session.identity, holdbacks, now)
        return holdbacks

    def _await_settling(self, key: Key, version: Version) -> None:
        at = version.settles_at()
        if at < NEVER:
            heapq.heappush(self._settling, (at, version.lsn, key))

    def _collect(self, now: float) -> None:
        while self._settling and self._settling[0][0] <= now:
            _, lsn, key = heapq.heappop(self._settling)
            self._drop_older(key, lsn)

    def _drop_older(self, key: Key, lsn: int) -> None:
        """Forget what came before a version that everyone sees now."""
        chain = self._unsettled.get(key)
        if chain is None or chain.versions[0].lsn >= lsn:
            return  # a later version settled before this one did, or the key was settled by hand
        chain.versions = [version for version in chain.versions if version.lsn >= lsn]
        if len(chain.versions) == 1:
            self._settle(key, chain.head)

    def _settle(self, key: Key, version: Version) -> None:
        self._unsettled.pop(key, None)
        if version.value is None:
            self._chains.pop(key, None)
        else:
            version.holdbacks = ()
            self._chains[key] = Chain([version])
