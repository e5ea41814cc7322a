"""`sm-emulator serve` that has many resources when it is ready: to request them would take minutes.

    python filled.py TYPE NUMBER ARGUMENT ...

The default scenario has NUMBER copies of one resource, and the resources that it depends on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from sm_emulator.cli import main
from sm_emulator.operations.state import Record
from sm_emulator.server.listener import Listener
from sm_emulator.store.reading import Session
from sm_emulator.store.version import Key
from sm_emulator.wire.call import DEFAULT_ACCOUNT, DEFAULT_REGION
from sm_emulator.wire.message import Request
from sm_emulator.wire.steps import run_steps

VARIANT = {"VariantName": "a", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
ORIGINALS = {
    "Model": {"ModelName": "m", "PrimaryContainer": {"Image": "i"}},
    "EndpointConfig": {
        "EndpointConfigName": "c",
        "ProductionVariants": [{**VARIANT, "ModelName": "m"}],
    },
    "Endpoint": {"EndpointName": "e", "EndpointConfigName": "c"},
    "InferenceComponent": {
        "InferenceComponentName": "i",
        "EndpointName": "e",
        "Specification": {
            "ModelName": "m",
            "ComputeResourceRequirements": {"MinMemoryRequiredInMb": 128},
        },
        "RuntimeConfig": {"CopyCount": 1},
    },
}


def fill(listener: Listener, type_: str, number: int) -> None:
    """Create the originals by requests, and write copies of one into the store."""
    gateway = listener._handler._gateway  # type: ignore[attr-defined]  # noqa: SLF001
    for each, members in ORIGINALS.items():
        headers = {
            "x-amz-target": f"SageMaker.Create{each}",
            "content-type": "application/x-amz-json-1.1",
        }
        run_steps(gateway(Request("POST", headers, json.dumps(members).encode())), time.sleep)
    store = gateway._scenarios[DEFAULT_ACCOUNT].state.store  # noqa: SLF001
    original = store.leader_value(Key(DEFAULT_REGION, type_, ORIGINALS[type_][f"{type_}Name"]))
    assert isinstance(original, Record)
    for each in range(number):
        name = f"{type_.lower()}{each}"
        record = replace(original, request={**original.request, f"{type_}Name": name})
        store.write(Key(DEFAULT_REGION, type_, name), record, "create", Session("filled"))


def run_filled(type_: str, number: int) -> None:
    """Let a listener be ready once it is full: its garbage collector is tuned by then."""
    run = Listener.run

    def run_full(listener: Listener, ready: Callable[[], None]) -> None:
        def full() -> None:
            fill(listener, type_, number)
            ready()

        run(listener, full)

    Listener.run = run_full  # type: ignore[method-assign]


if __name__ == "__main__":
    run_filled(sys.argv.pop(1), int(sys.argv.pop(1)))
    main()
