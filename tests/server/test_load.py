"""A thousand answers that are late at the same time hold no thread, no other client, and little memory."""

import os
import resource
import select
from contextlib import ExitStack
from pathlib import Path
from threading import active_count

import pytest

from sm_emulator import Emulator
from tests.support.raw_http import request, wire

MANY = 1000
FAST = request(b'{"ModelName":"nope"}')
SLOW = request(b'{"ModelName":"m","PrimaryContainer":{"Image":"i"}}', "CreateModel")


def resident() -> int:
    """Return how many bytes of memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture
def many_files():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * MANY + 200
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"needs {wanted} open files, of which {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def readable(wires) -> list[int]:
    poll = select.poll()
    for w in wires:
        poll.register(w.socket, select.POLLIN)
    return [fd for fd, _ in poll.poll(0)]


@pytest.mark.usefixtures("many_files")
def test_a_thousand_delayed_requests_are_all_answered_and_others_meanwhile():
    with Emulator() as emulator, ExitStack() as stack:
        scenario = emulator.scenario()
        scenario.fault("latency", delay="5s", operation="CreateModel", phase="after")
        fast = stack.enter_context(wire(emulator.url))
        slow = [stack.enter_context(wire(emulator.url)) for _ in range(MANY)]
        assert fast.exchange(FAST).status == 400
        threads, before = active_count(), resident()
        for w in slow:
            w.send(SLOW)
        assert [fast.exchange(FAST).status for _ in range(50)] == [400] * 50
        assert readable(slow) == []
        assert active_count() == threads
        assert resident() - before < 50_000_000
        statuses = [w.receive().status for w in slow]
        assert sorted(statuses) == [200] + [400] * (MANY - 1)
        assert len([e for e in scenario.journal().exchanges if e.operation == "CreateModel"]) == MANY
