"""Which version of a key a read returns: that of the replicas it is sent to, as guarantees allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sm_emulator.store.chance import uniform
from sm_emulator.store.lag import Wars
from sm_emulator.store.rules import Consistency, ConsistencyRule, DrawContext, Surface
from sm_emulator.store.version import Chain, Key, Version
from sm_emulator.store.visibility import one_way


class Session(NamedTuple):
    """A reader or writer: `identity` is unique, `name` is the name that the client chose, if any."""

    identity: str = ""
    name: str = ""


class Query(NamedTuple):
    """The circumstances of a read."""

    surface: Surface
    operation: str
    session: Session
    now: float


class Read(NamedTuple):
    """The result of a read, and how far it is from the leader's.

    `replica` is None where all replicas agree, so that none was selected. `stale` counts the newer
    versions that the read did not see; `age` is the time since the key was last written, in
    seconds; `rule` is the rule that the read falls under, None where it is consistent.
    """

    value: object | None
    surface: Surface
    replica: int | None = None
    stale: int = 0
    age: float = 0.0
    rule: str | None = None


class View:
    """The versions of an unsettled key, as one query finds them."""

    def __init__(self, chain: Chain, query: Query) -> None:
        self.chain = chain
        self.versions = chain.versions
        self._query = query
        self._holdbacks = [v.holdback(query.surface, query.operation) for v in self.versions]

    @property
    def rule(self) -> ConsistencyRule | None:
        """The rule that holds back the newest version that is held back from this query at all."""
        return next((held.rule for held in reversed(self._holdbacks) if held), None)

    def newest(self, replica: int, delay: float = 0.0) -> int:
        """Return the position of the newest version that `replica` shows `delay` seconds from now.

        The oldest version of a chain is shown by all.
        """
        surface, _, session, now = self._query
        for position in range(len(self._holdbacks) - 1, 0, -1):
            holdback = self._holdbacks[position]
            if holdback is None or not holdback.hides(surface, replica, session.identity, now + delay):
                return position
        return 0

    def answer(
        self, replicas: Iterable[tuple[int, float]], consistency: Consistency
    ) -> tuple[int | None, Version]:
        """Return the newest answer of replicas, each reached after a delay, that guarantees allow.

        That is the replica (None: none has such an answer) and the version.
        """
        answers = [(self.newest(replica, delay), replica) for replica, delay in replicas]
        seen, replica = max(answers, key=lambda answer: answer[0])
        floor = self._floor(consistency)
        if seen >= floor:
            return replica, self.versions[seen]
        # a guarantee forbids this answer: as if another replica had answered, the stalest that may
        others = [(self.newest(r), r) for r in range(consistency.replicas.count)]
        seen, other = min((o for o in others if o[0] >= floor), default=(floor, None))
        return other, self.versions[seen]

    def _floor(self, consistency: Consistency) -> int:
        """Return the position of the oldest version that the guarantees in force allow."""
        versions = self.versions
        least = 0
        if consistency.session & {"ryw", "mr"}:
            lsn = min(self.chain.floor(self._query.session.identity), versions[-1].lsn)
            least = next(i for i, version in enumerate(versions) if version.lsn >= lsn)
        if consistency.k_staleness is not None:
            least = max(least, len(versions) - 1 - consistency.k_staleness)
        if consistency.max_staleness is not None:
            known = self._query.now - consistency.max_staleness
            for position in range(len(versions) - 1, least, -1):
                # no bound of time ends what is hidden by a count of reads
                if versions[position].committed <= known and not self._misses_left(position):
                    return position
        return least

    def use_miss(self) -> Version | None:
        """Count this read against the oldest version that is hidden for a number of reads."""
        for position, version in enumerate(self.versions):
            holdback = self._holdbacks[position]
            if holdback is not None and self._misses_left(position):
                holdback.use_miss(self._query.session.identity)
                return version
        return None

    def _misses_left(self, position: int) -> bool:
        holdback = self._holdbacks[position]
        return holdback is not None and holdback.misses_left(self._query.session.identity) > 0


def select_replicas(
    context: DrawContext,
    key: Key,
    rule: ConsistencyRule,
    session: Session,
    nth: tuple[int, int],
    newest: Callable[[int], int],
) -> list[tuple[int, float]]:
    """Select the replicas whose answers count for a read under `rule`, each with the delay to reach it.

    The parameters are those of `choose`.
    """
    replicas = context.consistency.replicas
    if not isinstance(rule.lag, Wars):
        return [(replica, 0.0) for replica in choose(context, key, session.name, nth, newest)]
    wars, label = rule.lag, (*key, session.name, *nth)
    arrivals = one_way(wars.r, wars.remote, replicas.count, context.seed, "r", *label)
    returns = one_way(wars.s, wars.remote, replicas.count, context.seed, "s", *label)
    by_answer = sorted(range(replicas.count), key=lambda r: arrivals[r] + returns[r])
    return [(replica, arrivals[replica]) for replica in by_answer[: replicas.read_replicas]]


def choose(
    context: DrawContext,
    key: Key,
    session: str,
    nth: tuple[int, int],
    newest: Callable[[int], int],
) -> Sequence[int]:
    """Choose `read_replicas` different replicas of `key` for a read of `session`.

    `nth` is (how often the key was written, how often this session read it since); `newest` returns
    the position of the newest version that a replica shows.

    `session` enters the draw as the name that the client chose for itself ("" where it chose
    none): with the access key or the User-Agent, a seed would mean something else on the next
    machine.
    """
    replicas, seed = context.consistency.replicas, context.seed
    everyone, count = range(replicas.count), replicas.read_replicas
    match replicas.choice:
        case "random":
            return _draw(count, replicas.count, seed, "replica", *key, session, *nth)
        case "sticky":
            return _draw(count, replicas.count, seed, "sticky", *key, session)
        case "round_robin":
            return [(nth[1] + r) % replicas.count for r in range(count)]
        case "stalest":
            return sorted(everyone, key=newest)[:count]
        case "freshest":
            return sorted(everyone, key=newest, reverse=True)[:count]
    return everyone[:count]  # the leader first


def _draw(wanted: int, count: int, seed: int, purpose: str, *key: object) -> list[int]:
    """Draw `wanted` of `count` replicas, without replacement."""
    left = list(range(count))
    return [left.pop(int(uniform(seed, purpose, *key, i) * len(left))) for i in range(wanted)]
