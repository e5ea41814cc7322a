"""Sixty-four clients under faults of every kind, and what is left when the storm is over.

    python benchmarks/storm.py --seconds 60

Each client creates, describes, lists and deletes models of its own, one request after the other, and
hangs up on some. It notes what it must believe of each model: there, gone, or, where an answer was
lost or damaged, either. Afterwards store, journal, history and connections have to agree with that;
exit code 1 and a line for each disagreement if they do not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from client import Answer, Client
from messages import request

from sm_emulator import Emulator

SHARE = 0.04
EFFECTS = [
    {"fault": "latency", "delay": {"dist": "lognormal", "median": "5ms", "p99": "50ms"}},
    {"fault": "error", "code": "ServiceUnavailable"},
    {"fault": "error", "code": "AccessDeniedException"},
    {"fault": "throttle"},
    {"fault": "throttle", "rate": 2000, "burst": 200},
    {"fault": "reset", "phase": "before"},
    {"fault": "close", "phase": "before"},
    {"fault": "latency", "phase": "after", "delay": "10ms"},
    {"fault": "error", "phase": "after", "code": "InternalFailure"},
    {"fault": "malformed"},
    {"fault": "content-type"},
    {"fault": "no-request-id"},
    {"fault": "reset"},
    {"fault": "close"},
    # what has no body arrives whole, and its client may send again before it sees the end
    {"fault": "truncate", "operation": "CreateModel"},
    {"fault": "stall", "operation": "ListModels", "seconds": "50ms"},
]
REFUSED_BEFORE = {"ServiceUnavailable", "AccessDeniedException", "ThrottlingException"}


@dataclass
class Storm:
    """What the clients did: `sent` requests and their `endings`; `there` by model, None for unknown."""

    sent: int = 0
    endings: Counter[str] = field(default_factory=Counter)
    there: dict[str, bool | None] = field(default_factory=dict)


async def rage(storm: Storm, port: int, number: int, until: float) -> None:
    """Be one client until the time comes."""
    random = Random(number)
    client: Client | None = None
    turn = 0
    while time.monotonic() < until:
        turn += 1
        name = f"storm-{number}-{random.randrange(20)}"
        verb = random.choice(("Create", "Create", "Delete", "Describe", "List", "leave"))
        client = client or await Client.connect(port)
        if verb == "leave":  # its own name, because no other step learns the result
            client.send(_request("Create", f"left-{number}-{turn}"))
            storm.sent += 1
            storm.endings["left"] += 1
            client.close()
            client = None
            continue
        storm.sent += 1
        try:
            answer = await client.exchange(_request(verb, name))
        except (OSError, asyncio.IncompleteReadError) as lost:
            client.close()
            client = None
            answer = None
            storm.endings[type(lost).__name__] += 1
        believe(storm, verb, name, answer)
    if client:
        client.close()


def believe(storm: Storm, verb: str, name: str, answer: Answer | None) -> None:
    """Record what an answer shows of a model."""
    code = _code(answer)
    if answer:
        storm.endings[code or str(answer.status)] += 1
    if verb not in {"Create", "Delete"} or code in REFUSED_BEFORE:
        return
    if answer is None or answer.status == 500:
        storm.there[name] = (
            None if storm.there.get(name, False) != (verb == "Create") else verb == "Create"
        )
    else:  # made or there already, deleted or gone already; a damaged body says so by its status
        storm.there[name] = verb == "Create"


def _code(answer: Answer | None) -> str:
    if answer is None or answer.status == 200:
        return ""
    try:
        return str(json.loads(answer.body)["__type"])
    except ValueError:
        return "damaged"


def _request(verb: str, name: str) -> bytes:
    if verb == "List":
        return request("ListModels", {"MaxResults": 5})
    members: dict[str, object] = {"ModelName": name}
    if verb == "Create":
        members["PrimaryContainer"] = {"Image": "i"}
    return request(f"{verb}Model", members)


def rules() -> list[dict[str, object]]:
    """Return a rule of each kind, which acts on some requests in a hundred."""
    listed = []
    for number, effect in enumerate(EFFECTS):
        settings = dict(effect)
        match = {key: settings.pop(key) for key in ("phase", "operation") if key in settings}
        rule = {"name": f"storm-{number}", "effect": settings, "match": match}
        listed.append(rule | {"when": {"probability": SHARE}})
    return listed


def disagreements(storm: Storm, emulator: Emulator, sockets: int) -> list[str]:
    """Compare what is left with what the clients know."""
    scenario = emulator.scenario()
    scenario.faults.replace([])
    wrong = [f"a bug: {bug!r}" for bug in emulator.gateway.bugs]
    _settle(lambda: len(scenario.journal().exchanges) >= storm.sent and _sockets() <= sockets)
    journal = len(scenario.journal().exchanges)
    if journal != storm.sent:
        wrong.append(f"{storm.sent} requests were sent, {journal} are in the journal")
    if _sockets() > sockets:
        wrong.append(f"{_sockets() - sockets} sockets are left open")
    verdict = scenario.check()
    if not verdict["ok"]:
        wrong.append(f"the history: {verdict['violation']}")
    scenario.settle()
    for name, there in storm.there.items():
        held = scenario.resource("Model", name)["leader"] is not None
        if there is not None and held != there:
            wrong.append(f"{name} is {'there' if held else 'gone'}, its client knows better")
    return wrong


def _settle(done: object) -> None:
    """Let the listener come to an end of what is under way."""
    assert callable(done)
    ends = time.monotonic() + 20
    while not done() and time.monotonic() < ends:
        time.sleep(0.01)


def _sockets() -> int:
    """Count the open sockets of this process."""
    count = 0
    for link in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the one that looked
            count += str(link.readlink()).startswith("socket")
    return count


async def blow(port: int, clients: int, seconds: float) -> Storm:
    """Let the clients rage for so long."""
    storm = Storm()
    until = time.monotonic() + seconds
    await asyncio.gather(*(rage(storm, port, number, until) for number in range(clients)))
    await asyncio.sleep(0.1)  # what was hung up is closed in the next turns of the loop
    return storm


def run(clients: int, seconds: float) -> tuple[Storm, Counter[str], list[str]]:
    """Let a storm blow; gives it, how often each fault acted, and the disagreements."""
    settings = {"faults": rules(), "journal.limit": 10_000_000}
    acted: Counter[str] = Counter()
    with Emulator(preset="dynamodb", settings=settings) as emulator:
        sockets = _sockets()
        storm = asyncio.run(blow(urlsplit(emulator.url).port or 0, clients, seconds))
        for rule in emulator.scenario().faults.all():
            acted[rule["effect"]["fault"]] += rule["acted"]
        return storm, acted, disagreements(storm, emulator, sockets)


def main() -> int:
    """Run, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=64)
    options = parser.parse_args()
    storm, acted, wrong = run(options.clients, options.seconds)
    wrong += [f"no {fault} in the whole storm" for fault, times in acted.items() if not times]
    print(f"{storm.sent} requests of {options.clients} clients in {options.seconds:g} s")
    for ending, times in storm.endings.most_common():
        print(f"{times:8}  {ending}")
    print("acted: " + ", ".join(f"{fault} {times}" for fault, times in acted.items()))
    known = [there for there in storm.there.values() if there is not None]
    print(f"{len(known)} of {len(storm.there)} models are known to their clients")
    for line in wrong:
        print(f"WRONG: {line}")
    print("store, journal, history and connections disagree" if wrong else "all agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
