"""Which replicas a read asks, and when its question reaches them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sm_emulator.store.chance import uniform
from sm_emulator.store.lag import Wars
from sm_emulator.store.rule import Consistency, Replicas, Rule
from sm_emulator.store.version import Key
from sm_emulator.store.visibility import one_way


def ask(
    consistency: Consistency,
    seed: int,
    key: Key,
    rule: Rule,
    session: str,
    nth: tuple[int, int],
    newest: Callable[[int], int],
) -> list[tuple[int, float]]:
    """Pick the replicas whose answers count for a read under `rule`, each with the delay until asked.

    The parameters are those of `choose` and `first_to_respond`.
    """
    if isinstance(rule.lag, Wars):
        return first_to_respond(consistency.replicas, seed, rule.lag, key, session, nth)
    return [(replica, 0.0) for replica in choose(consistency.replicas, seed, key, session, nth, newest)]


def choose(
    replicas: Replicas,
    seed: int,
    key: Key,
    session: str,
    nth: tuple[int, int],
    newest: Callable[[int], int],
) -> Sequence[int]:
    """Pick `read_replicas` different replicas of `key` for a read of `session`.

    `nth` is (how often the key was written, how often this session read it since); `newest` gives
    the position in the chain of the newest version that a replica shows.

    `session` enters the draw as the name that the client chose for itself ("" where it chose
    none): were it the access key or the User-Agent, a seed would mean something else on the next
    machine.
    """
    everyone = range(replicas.count)
    asked = replicas.read_replicas
    written, read = nth
    match replicas.choice:
        case "random":
            return _draw(asked, replicas.count, seed, "replica", *key, session, written, read)
        case "sticky":
            return _draw(asked, replicas.count, seed, "sticky", *key, session)
        case "round_robin":
            return [(read + r) % replicas.count for r in range(asked)]
        case "stalest":
            return sorted(everyone, key=newest)[:asked]
        case "freshest":
            return sorted(everyone, key=newest, reverse=True)[:asked]
    return everyone[:asked]  # the leader first


def first_to_respond(
    replicas: Replicas, seed: int, wars: Wars, key: Key, session: str, nth: tuple[int, int]
) -> list[tuple[int, float]]:
    """Pick the replicas whose answers return first, each with the delay until it is asked."""
    label = (*key, session, *nth)
    arrivals = one_way(wars.r, wars.remote, replicas.count, seed, "r", *label)
    returns = one_way(wars.s, wars.remote, replicas.count, seed, "s", *label)
    by_answer = sorted(range(replicas.count), key=lambda r: arrivals[r] + returns[r])
    return [(replica, arrivals[replica]) for replica in by_answer[: replicas.read_replicas]]


def _draw(asked: int, count: int, seed: int, purpose: str, *key: object) -> list[int]:
    """Draw `asked` of `count` replicas, without putting any back."""
    left = list(range(count))
    return [left.pop(int(uniform(seed, purpose, *key, i) * len(left))) for i in range(asked)]
