"""A client's life with configurations: create, describe, list, delete; it knows which answers are true.

Under eventual consistency and faults a refusal is only right where the answer itself explains it: by
the stale read in `x-sm-emulator-read`, or by the fault in `x-sm-emulator-fault`.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from http import HTTPStatus

from client import Client
from messages import create, describe, request

LIVE = 200
STALE = re.compile("stale=[1-9]")


@dataclass
class Tally:
    """Latencies in seconds, expected refusals by their reason, and answers that nothing explains."""

    latencies: list[float] = field(default_factory=list)
    expected: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Life:
    """One connection's configurations, at most `LIVE` of them at a time; `made` counts its steps."""

    def __init__(self, client: Client, prefix: str, tally: Tally) -> None:
        self._client = client
        self._prefix = prefix
        self._tally = tally
        self.made = 0
        self._live: deque[str] = deque()

    async def fill(self) -> None:
        """Step until as many configurations live as ever will."""
        while len(self._live) < LIVE:
            await self._step()

    async def live(self, until: float, every: float, phase: float) -> None:
        """Take a step each `every` seconds until the time `until` of perf_counter; 0: without waiting.

        The first comes after the share `phase` of `every`.
        """
        due = time.perf_counter() + every * phase
        while due < until:
            await asyncio.sleep(max(0, due - time.perf_counter()))
            await self._step()
            due = due + every if every else time.perf_counter()

    async def _step(self) -> None:
        """Create one, describe it and the oldest, and end the oldest; now and then read a page."""
        name = f"{self._prefix}-{self.made}"
        self.made += 1
        if await self._send(create(name)) == HTTPStatus.OK:
            self._live.append(name)
            await self._describe(name, there=True)
        await self._describe(self._live[0], there=True)
        if self.made % 5 == 0:
            await self._send(request("ListEndpointConfigs", {"MaxResults": 10}))
        if len(self._live) > LIVE:
            await self._end(self._live[0])

    async def _end(self, name: str) -> None:
        gone = await self._send(request("DeleteEndpointConfig", {"EndpointConfigName": name}))
        if gone == HTTPStatus.OK:
            self._live.popleft()
            await self._describe(name, there=False)

    async def _describe(self, name: str, *, there: bool) -> None:
        await self._send(describe(name), HTTPStatus.OK if there else HTTPStatus.BAD_REQUEST)

    async def _send(self, data: bytes, truth: HTTPStatus = HTTPStatus.OK) -> int:
        """Send a request and return the status; count unexpected ones by their reason."""
        began = time.perf_counter()
        answer = await self._client.exchange(data)
        self._tally.latencies.append(time.perf_counter() - began)
        if "x-sm-emulator-fault" in answer.headers:
            self._tally.expected[f"fault {answer.headers['x-sm-emulator-fault']}"] += 1
        elif answer.status != truth:
            if STALE.search(answer.headers.get("x-sm-emulator-read", "")):
                self._tally.expected[f"stale read, {answer.status}"] += 1
            else:
                self._tally.wrong.append(f"{answer.status} {answer.body.decode()}")
        return answer.status
