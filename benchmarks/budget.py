"""Where the microseconds of a request go, stage by stage.

    python benchmarks/budget.py

A connection is fed in this process, without a socket, and each stage's own time is taken, less that of
the stages within it; the batch that took least counts, so that a busy machine matters little. What
sockets and the event loop take is the rest of the processor time that a server needs under load.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import orjson
from judge import table
from load import drive
from messages import MODEL, create, creates, describes, request
from servers import ours, serving

from sm_emulator import Emulator
from sm_emulator.contract import Contract
from sm_emulator.faults.active import Faults
from sm_emulator.gateway import gateway
from sm_emulator.journal.exchange import Exchange
from sm_emulator.journal.journal import Journal
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.server.connection import Connection, Limits
from sm_emulator.server.pipeline import ResponsePipeline
from sm_emulator.store.store import Store
from sm_emulator.wire import awsjson
from sm_emulator.wire.call import Call

BATCHES, BATCH = 300, 25
# What awsjson.py is to take for orjson, whose own functions cannot be replaced
_CODEC = SimpleNamespace(**vars(orjson))
PRESETS = ("strong", "dynamodb")
KINDS = {"create": creates, "describe": describes}
OPERATION = "operation"
# Each stage, and whose attributes are its functions
STAGES: dict[str, list[tuple[Any, str]]] = {
    "reading HTTP": [(Connection, "data_received")],
    "who calls, which attempt": [
        (gateway, "identify"),
        (gateway, "parse_call"),
        (Call, "set_operation"),
    ],
    "JSON": [(_CODEC, "loads"), (_CODEC, "dumps")],
    "contract": [(Contract, "check")],
    "faults": [(Faults, "act")],
    OPERATION: [],  # its functions are in a table
    "store": [(Store, "leader_value"), (Store, "read"), (Store, "write")],
    "journal": [(Exchange, "complete"), (Journal, "record")],
    "steps": [(ResponsePipeline, "_run")],
    "writing HTTP": [(ResponsePipeline, "_deliver")],
}
SOCKETS, SUM = "sockets and event loop", "in all"


class Meter:
    """The nanoseconds of each stage, without those of the stages within it."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(STAGES, 0)
        self._within = [0]

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Time a function as part of a stage."""

        def run(*args: Any, **kwargs: Any) -> Any:
            self._within.append(0)
            began = time.perf_counter_ns()
            try:
                return function(*args, **kwargs)
            finally:
                taken = time.perf_counter_ns() - began
                self.spent[stage] += taken - self._within.pop()
                self._within[-1] += taken

        return run


class _Nowhere(asyncio.Transport):
    """A transport whose client takes everything."""

    def __init__(self) -> None:
        super().__init__({"socket": SimpleNamespace(setsockopt=lambda *_: None)})

    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@contextmanager
def metered() -> Iterator[Meter]:
    """Meter every stage of this process meanwhile."""
    meter = Meter()
    with ExitStack() as stack:
        for stage, places in STAGES.items():
            for owner, name in places:
                timed = meter.timed(stage, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, timed))
        for name, function in OPERATIONS.items():
            stack.enter_context(patch.dict(OPERATIONS, {name: meter.timed(OPERATION, function)}))
        yield meter


async def stages(preset: str, kind: str) -> dict[str, float]:
    """Measure the stages of a kind of request, in microseconds."""
    emulator = Emulator(preset=preset)
    limits = Limits(body=0, connections=1)
    connection = Connection(emulator.gateway, set(), None, limits)  # type: ignore[arg-type]
    connection.connection_made(_Nowhere())
    connection.data_received(request("CreateModel", MODEL))
    emulator.scenario().settle()
    connection.data_received(create("known"))
    emulator.scenario().settle()
    message = KINDS[kind]()
    batches = [_batch(connection, message) for _ in range(BATCHES)]
    connection.connection_lost(None)
    return min(batches, key=lambda spent: sum(spent.values()))


def _batch(connection: Connection, message: Callable[[], bytes]) -> dict[str, float]:
    sent = [message() for _ in range(BATCH)]
    with metered() as meter:
        for data in sent:
            connection.data_received(data)
    return {stage: spent / BATCH / 1000 for stage, spent in meter.spent.items()}


def whole(preset: str, kind: str) -> float:
    """Measure the processor time of a server for a request, in microseconds."""
    server = ours(preset=preset)
    with serving(server):
        time.sleep(5)  # until every late write is seen: bounds.max_lag of preset dynamodb
        taken = []
        for _ in range(5):
            before = server.processor_seconds()
            load = drive(server.port, KINDS[kind](), 8, 0.5)
            taken.append((server.processor_seconds() - before) / (load.rate * 0.5) * 1e6)
    return min(taken)


def main() -> None:
    """Measure, and print."""
    awsjson.orjson = _CODEC  # type: ignore[assignment,attr-defined]
    columns = {}
    for preset in PRESETS:
        for kind in KINDS:
            spent = asyncio.run(stages(preset, kind))
            total = whole(preset, kind)
            spent |= {SOCKETS: total - sum(spent.values()), SUM: total}
            columns[f"{kind}, {preset}"] = spent
    rows = [
        [stage, *(f"{column[stage]:.0f}" for column in columns.values())]
        for stage in (*STAGES, SOCKETS, SUM)
    ]
    print("Microseconds of processor time for a request.\n")
    print(table(["", *columns], rows))


if __name__ == "__main__":
    main()
