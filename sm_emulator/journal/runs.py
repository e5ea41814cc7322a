"""Runs of a program: a session is split where one process has ended and another begins."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from sm_emulator.journal.exchange import Exchange

# Seconds: longer than SDKs and tools wait before they try again
LONGEST_WAIT = 30.0
# Seconds that an interpreter and an SDK need to start. A program that makes another client for each try
# may wait as long; it is taken for another run.
_START = 0.5
# Names that no client chose. Each command of the AWS CLI is a process, and a script has many.
_DERIVED = re.compile(r"(?!aws-cli/)\S+ [0-9a-f]{12}")


def split_runs(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges, oldest first, in which each further run of a program is a session of its own.

    No SDK sends what distinguishes processes. Another run begins with a first attempt after which no
    earlier connection is used: after a pause longer than any back-off, or after a shorter one if the
    client kept a connection, which a process in its back-off would have used again.
    """
    sessions: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in sorted(exchanges, key=lambda e: e.wall):
        sessions[exchange.session].append(exchange)
    each = (
        exchange
        for name, session in sessions.items()
        for exchange in (_runs(session) if _DERIVED.fullmatch(name) else session)
    )
    return sorted(each, key=lambda e: e.wall)


def _runs(session: list[Exchange]) -> Iterator[Exchange]:
    last_uses = {exchange.connection: number for number, exchange in enumerate(session)}
    run, used_until, ended = 1, -1, session[0].wall
    seen: set[int] = set()
    kept: set[int] = set()  # connections that were used again, and did not break
    for number, exchange in enumerate(session):
        pause = exchange.wall - ended
        if used_until < number and exchange.attempt == 1 and pause > (_START if kept else LONGEST_WAIT):
            run += 1
            kept.clear()
        if exchange.delivery:
            kept.discard(exchange.connection)
        elif exchange.connection in seen:
            kept.add(exchange.connection)
        seen.add(exchange.connection)
        used_until = max(used_until, last_uses[exchange.connection])
        ended = max(ended, exchange.ended)
        yield exchange if run == 1 else replace(exchange, session=f"{exchange.session} run {run}")
