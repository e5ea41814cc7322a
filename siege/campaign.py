"""One attack after the other, each on a server of its own: what is measured, and what must hold."""

from __future__ import annotations

import json
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from siege.server import MOST_TO_STOP, Bystander, Server
from siege.upstream import serving

SECOND = {False: (), True: (143, -signal.SIGTERM)}  # a second signal ends it in whatever way
ENOUGH = 1000  # of a bystander's requests, to judge one in a thousand
TRIES = 5  # the machine can only add to a figure: the best of these counts
# Seconds that `_slowness` counts for on the machine that the limits are written for
NOMINAL = 0.0025


@dataclass(frozen=True)
class Limits:
    """The most that an attack may cost: milliseconds of a bystander, megabytes, seconds to stop.

    On a machine that is slower just then, the limits of time are higher by as much.
    """

    worst: float = 50
    p999: float = 50
    p99: float = 50
    memory: float = 300
    stop: float = 1.0


@dataclass(frozen=True)
class Attack:
    """What is done to a server that has `settings`; UPSTREAM in them is the URL of an `upstream`."""

    name: str
    run: Callable[[Siege], None]
    settings: Mapping[str, Any]
    environment: Mapping[str, str]
    limits: Limits
    quick: bool
    seconds: float
    signal: signal.Signals
    twice: bool
    watched: bool
    upstream: str
    filled: tuple[str, int] | None


ATTACKS: list[Attack] = []


def attack(
    name: str,
    settings: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    quick: bool = True,
    seconds: float = 60,
    by: signal.Signals = signal.SIGTERM,
    twice: bool = False,
    watched: bool = True,
    upstream: str = "is silent",
    filled: tuple[str, int] | None = None,
) -> Callable[[Callable[[Siege], None]], Callable[[Siege], None]]:
    """Declare an attack: it ends after `seconds`, and the server then by the signal `by`.

    Without `watched` no bystander sends requests meanwhile, and no latency is limited. `filled` is a
    type and a number: the server has as many resources of it when it is ready.
    """

    def declare(run: Callable[[Siege], None]) -> Callable[[Siege], None]:
        ATTACKS.append(
            Attack(
                *(name, run, settings or {}, environment or {}, limits or Limits()),
                *(quick, seconds, by, twice, watched, upstream, filled),
            )
        )
        return run

    return declare


@dataclass
class Siege:
    """A server under one attack. An attack calls `expect`, and `later` for what need not end."""

    server: Server
    quick: bool
    tries: int = 0
    problems: list[str] = field(default_factory=list)
    kept: list[Any] = field(
        default_factory=list
    )  # connections that stay open until the server has ended

    def size(self, whole: int, quick: int) -> int:
        """Return how often an attack does something, in the whole form and in the quick one."""
        return quick if self.quick else whole

    def expect(self, problem: str, *, holds: bool) -> None:
        """Count a try, and note the problem where it does not hold; the first of a kind is enough."""
        self.tries += 1
        if not holds and problem not in self.problems:
            self.problems.append(problem)

    def later(self, function: Callable[[], object]) -> None:
        """Call in a thread that nothing waits for."""
        self.tries += 1
        threading.Thread(target=function, daemon=True).start()


@dataclass(frozen=True)
class Row:
    """What an attack did: milliseconds, megabytes, seconds."""

    name: str
    tries: int
    p999: float
    worst: float
    memory: float
    stop: float
    problems: list[str]
    too_much: list[str]

    @property
    def verdict(self) -> str:
        return "; ".join([*self.problems, *self.too_much]) or "holds"


def run(attacks: Iterable[Attack], *, quick: bool) -> Iterable[Row]:
    """Run the attacks; one that only costs too much is tried again, and the cheapest try counts."""
    for each in attacks:
        row = _run(each, quick=quick)
        for _ in range(TRIES - 1):
            if row.problems or not row.too_much:
                break
            again = _run(each, quick=quick)
            row = again if len(again.too_much) <= len(row.too_much) else row
        yield row


def _run(attack: Attack, *, quick: bool) -> Row:
    with serving(attack.upstream) as url:
        settings = json.loads(json.dumps(attack.settings).replace("UPSTREAM", url))
        try:
            server = Server(settings, attack.environment, attack.filled)
        except RuntimeError as error:
            return Row(attack.name, 0, 0, 0, 0, 0, [str(error)], [])
        return _besiege(attack, server, quick=quick)


def _besiege(attack: Attack, server: Server, *, quick: bool) -> Row:
    siege = Siege(server, quick)
    slowness = _slowness()
    try:
        bystander = Bystander(server) if attack.watched else None
        worker = threading.Thread(target=_attack, args=(attack, siege), daemon=True)
        worker.start()
        worker.join(attack.seconds)
        siege.expect(f"not over after {attack.seconds:.0f} s", holds=not worker.is_alive())
        if siege.problems and worker.is_alive():
            server.process.kill()  # a bystander that waits for it would never end
        seen = (
            bystander.end()
            if bystander
            else {"requests": 0, "p99": 0, "p999": 0, "worst": 0, "errors": []}
        )
        siege.expect("the server has ended", holds=server.lives())
        siege.expect("another client got no answer", holds=not seen["errors"])
        memory = server.megabytes()
        took, code = server.stop(attack.signal, twice=attack.twice)
        siege.expect(f"exit code {code}", holds=code in {0, None, *SECOND[attack.twice]})
    finally:
        server.kill()
        for connection in siege.kept:
            connection.close()
    return Row(
        attack.name,
        siege.tries,
        seen["p999"],
        seen["worst"],
        memory,
        took,
        siege.problems,
        _too_much(attack.limits, seen, memory, took, max(slowness, _slowness())),
    )


def _attack(attack: Attack, siege: Siege) -> None:
    try:
        attack.run(siege)
    except Exception:  # noqa: BLE001  a defect of the attack, or of its target
        siege.problems.append(traceback.format_exc(limit=-1).strip().splitlines()[-1])


def _slowness() -> float:
    """Return how many times as long as nominal the machine takes to compute; 1 where it takes less."""

    def seconds() -> float:
        begun = time.perf_counter()
        for _ in range(100_000):
            pass
        return time.perf_counter() - begun

    return max(1.0, min(seconds() for _ in range(7)) / NOMINAL)


def _too_much(
    limits: Limits, seen: Mapping[str, Any], memory: float, took: float, slowness: float
) -> list[str]:
    found = [
        f"{name} {seen[name]:.0f} ms, at most {limit:.0f}"
        for name in ("p99", "p999", "worst")
        if seen[name] > (limit := getattr(limits, name) * slowness)
        and (name != "p999" or seen["requests"] >= ENOUGH)
    ]
    if memory > limits.memory:
        found.append(f"{memory:.0f} MB, at most {limits.memory:.0f}")
    if took >= MOST_TO_STOP:
        found.append(f"not stopped after {MOST_TO_STOP:.0f} s")
    elif took > limits.stop * slowness:
        found.append(f"stopped in {took:.1f} s, at most {limits.stop * slowness:.1f}")
    return found
