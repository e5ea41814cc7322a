"""Which version of a key a read returns: that of the replicas it is sent to, as guarantees allow."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sm_emulator.bounds import Bounds
from sm_emulator.store.lag import Wars, uniform
from sm_emulator.store.rules import Consistency, ConsistencyRule, DrawContext, Replicas, Surface
from sm_emulator.store.version import Chain, Holdback, Key, Version
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
    seconds; `rule` is the rule that the read falls under, None where it is consistent; `choice` says
    in words what was chosen, where the version was chosen from outside.
    """

    value: object | None
    surface: Surface
    replica: int | None = None
    stale: int = 0
    age: float = 0.0
    rule: str | None = None
    choice: str = ""


class View:
    """The versions of an unsettled key, as one query finds them.

    What may hide a version from a read is the holdback of its first rule that matches.
    """

    def __init__(self, chain: Chain, query: Query) -> None:
        self.chain = chain
        self.versions = chain.versions
        self._query = query
        self._holdbacks = [
            next((h for h in v.holdbacks if h.rule.matches_read(query.surface, query.operation)), None)
            for v in self.versions
        ]

    @property
    def rule(self) -> ConsistencyRule | None:
        """The rule that holds back the newest version that is held back from this query at all."""
        return next((held.rule for held in reversed(self._holdbacks) if held), None)

    @property
    def surface(self) -> Surface:
        """The surface that is read."""
        return self._query.surface

    def newest(self, replica: int, delay: float = 0.0) -> int:
        """Return the position of the newest version that `replica` shows `delay` seconds from now.

        The oldest version of a chain is shown by all.
        """
        surface, _, session, now = self._query
        for position in range(len(self._holdbacks) - 1, 0, -1):
            holdback = self._holdbacks[position]
            if holdback is None:
                return position
            if holdback.rule.lag is None:
                hides = holdback.misses_left(session.identity) > 0
            else:
                times = holdback.visible_at[surface]
                hides = times[replica % len(times)] > now + delay  # later there may be more replicas
            if not hides:
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
                holdback = self._holdbacks[position]
                # no bound of time ends what is hidden by a count of reads
                counted = holdback is not None and holdback.misses_left(self._query.session.identity)
                if versions[position].committed <= known and not counted:
                    return position
        return least

    def oldest_legal(self, consistency: Consistency) -> int:
        """Return the position of the oldest version that some read of this kind may return now."""
        least = self._floor(consistency)
        for position in range(len(self.versions) - 1, least, -1):
            if not self._may_hide(self._holdbacks[position], consistency.replicas):
                return position
        return least

    def _may_hide(self, holdback: Holdback | None, replicas: Replicas) -> bool:
        """Return whether the replicas that a read queries may all hide a version."""
        if holdback is None:
            return False
        if holdback.rule.lag is None:
            return holdback.misses_left(self._query.session.identity) > 0
        hide = [time > self._query.now for time in holdback.visible_at[self.surface]]
        match replicas.choice:
            case "leader":
                return hide[0]
            case "freshest":
                return all(hide)
            case _:
                return sum(hide) >= replicas.read_replicas

    def use_miss(self, bounds: Bounds) -> Version | None:
        """Count this read against the oldest version that is hidden for a number of reads."""
        session = self._query.session.identity
        for version, holdback in zip(self.versions, self._holdbacks, strict=True):
            if holdback is not None and holdback.misses_left(session):
                holdback.use_miss(session, bounds)
                return version
        return None


def answers(chain: Chain | None, query: Query, count: int) -> list[Read]:
    """Return what each of `count` replicas answers to a query."""
    if chain is None:
        return [Read(None, query.surface, replica) for replica in range(count)]
    view, latest = View(chain, query), chain.latest
    rule = view.rule.name if view.rule else None
    versions = [view.versions[view.newest(replica)] for replica in range(count)]
    age = query.now - latest.committed
    return [
        Read(version.value, query.surface, replica, latest.n - version.n, age, rule)
        for replica, version in enumerate(versions)
    ]


def select_replicas(
    context: DrawContext,
    key: Key,
    rule: ConsistencyRule,
    session: str,
    nth: tuple[int, int],
    newest: Callable[[int], int],
) -> Sequence[tuple[int, float]]:
    """Select `read_replicas` replicas of `key` for a read under `rule`, each with the delay to reach it.

    `nth` is (how often the key was written, how often this session read it since); `newest` returns
    the position of the newest version that a replica shows.

    `session` is the name that the client chose for itself ("" where it chose none): with the access
    key or the User-Agent, a seed would mean something else on the next machine.
    """
    replicas, seed = context.consistency.replicas, context.seed
    count, everyone = replicas.read_replicas, range(replicas.count)
    if isinstance(rule.lag, Wars):
        wars, label = rule.lag, (*key, session, *nth)
        arrivals = one_way(wars.r, wars.remote, replicas.count, seed, "r", *label)
        returns = one_way(wars.s, wars.remote, replicas.count, seed, "s", *label)
        by_answer = sorted(everyone, key=lambda r: arrivals[r] + returns[r])
        return [(replica, arrivals[replica]) for replica in by_answer[:count]]
    selected: Sequence[int] = everyone  # the leader first
    match replicas.choice:
        case "random":
            selected = _draw(count, replicas.count, seed, "replica", *key, session, *nth)
        case "sticky":
            selected = _draw(count, replicas.count, seed, "sticky", *key, session)
        case "round_robin":
            selected = [(nth[1] + r) % replicas.count for r in everyone]
        case "stalest":
            selected = sorted(everyone, key=newest)
        case "freshest":
            selected = sorted(everyone, key=newest, reverse=True)
    return [(replica, 0.0) for replica in selected[:count]]


def _draw(wanted: int, count: int, seed: int, purpose: str, *key: object) -> list[int]:
    """Draw `wanted` of `count` replicas, without replacement."""
    left = list(range(count))
    return [left.pop(int(uniform(seed, purpose, *key, i) * len(left))) for i in range(wanted)]
