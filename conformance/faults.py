"""How often a client tries one call under each fault, as the emulator's journal tells."""

from __future__ import annotations

from typing import Any

from clients import SETTINGS, Client
from lives import run, tell

from sm_emulator import Emulator

OPERATION = "CreateEndpointConfig"
# What befalls each attempt, and whether an SDK tries again
FAULTS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "throttled": ("throttle", {}, True),
    "500": ("error", {"code": "InternalFailure"}, True),
    "503": ("error", {"code": "ServiceUnavailable"}, True),
    "closed": ("close", {"phase": "before"}, True),
    "ValidationException": ("error", {"code": "ValidationException"}, False),
}


def meet(client: Client, command: list[str], name: str) -> dict[str, Any]:
    """Let the program meet a fault at its first CreateEndpointConfig; count what arrives here."""
    kind, settings, again = FAULTS[name]
    way = client.all_ways[0]
    with Emulator(settings=SETTINGS) as emulator:
        scenario = emulator.scenario()
        with scenario.fault(kind, operation=OPERATION, **settings):
            ended = run(client, command, emulator.url, way)
        tried = [len(call.attempts) for call in scenario.calls(OPERATION)]
    promised = client.attempts if again else 1
    problem = "" if tried == [promised] else f"{tried} attempts, not {promised} at one call"
    title = f"{name}: attempts at {OPERATION}: {sum(tried)}"
    return tell(title, way, ended, problem) | {"fault": name, "attempts": sum(tried)}
