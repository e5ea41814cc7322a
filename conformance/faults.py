"""How often a client attempts one call under each fault, by the emulator's journal."""

from __future__ import annotations

from typing import Any

from clients import SETTINGS, Client
from lifecycles import result, run

from sm_emulator import Emulator

OPERATION = "CreateEndpointConfig"
# The fault of each attempt, and whether an SDK retries
FAULTS: dict[str, tuple[str, dict[str, Any], bool]] = {
    "throttled": ("throttle", {}, True),
    "500": ("error", {"code": "InternalFailure"}, True),
    "503": ("error", {"code": "ServiceUnavailable"}, True),
    "closed": ("close", {"phase": "before"}, True),
    "ValidationException": ("error", {"code": "ValidationException"}, False),
}


def count_attempts(client: Client, command: list[str], name: str) -> dict[str, Any]:
    """Inject a fault at the first CreateEndpointConfig of a program, and count its attempts."""
    kind, settings, retried = FAULTS[name]
    channel = client.all_channels[0]
    with Emulator(settings=SETTINGS) as emulator:
        scenario = emulator.scenario()
        with scenario.fault(kind, operation=OPERATION, **settings):
            ended = run(client, command, emulator.url, channel)
        tried = [len(call.attempts) for call in scenario.calls(OPERATION)]
    promised = client.attempts if retried else 1
    problem = "" if tried == [promised] else f"{tried} attempts, not {promised} at one call"
    title = f"{name}: attempts at {OPERATION}: {sum(tried)}"
    return result(title, channel, ended, problem) | {"fault": name, "attempts": sum(tried)}
