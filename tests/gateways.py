"""An emulator's gateway without a socket, on a virtual clock: fast, and the same every time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conforming import conforms

from sm_emulator.clock import VirtualClock
from sm_emulator.faults import Wanted
from sm_emulator.gateway import Gateway
from sm_emulator.lifecycle import lifecycle
from sm_emulator.scenario import Behaviour, Quotas, Scenario, Scenarios, Start
from sm_emulator.wire import Elsewhere, Outcome, Request, follow

ACCOUNT = "123456789012"
JSON = "application/x-amz-json-1.1"
VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "m",
    "InitialInstanceCount": 1,
    "InstanceType": "ml.m5.large",
}


@dataclass(frozen=True)
class Answer:
    """An outcome, read."""

    outcome: Outcome

    @property
    def status(self) -> int:
        return self.outcome.status

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.outcome.headers)

    @property
    def body(self) -> Any:
        return json.loads(self.outcome.body)

    @property
    def code(self) -> str:
        return self.body["__type"]

    @property
    def message(self) -> str | None:
        return self.body.get("message", self.body.get("Message"))

    @property
    def read(self) -> str:
        return self.headers.get("x-sm-emulator-read", "")


class Local:
    """Calls a gateway of its own in this thread."""

    def __init__(
        self,
        preset: str | Mapping[str, Any] = "strong",
        seed: int = 0,
        *,
        debug_headers: bool = True,
        elsewhere: Elsewhere | None = None,
        life: Mapping[str, Any] | None = None,
        quotas: Mapping[str, Any] | None = None,
        faults: Wanted = (),
        **behaviour: Any,
    ) -> None:
        table = {"preset": preset} if isinstance(preset, str) else preset
        behave = Behaviour(lifecycle=lifecycle(life or {}), quotas=Quotas(**(quotas or {})), **behaviour)
        self.scenarios = Scenarios(Start(seed, table, behave, VirtualClock, faults=faults))
        ids = itertools.count()
        self.gateway = Gateway(
            self.scenarios,
            lambda: f"00000000-0000-4000-8000-{next(ids):012x}",
            lambda: self.scenario.clock(),
            elsewhere,
            debug_headers=debug_headers,
        )

    @property
    def scenario(self) -> Scenario:
        return self.scenarios[ACCOUNT]

    def send(self, body: bytes, method: str = "POST", **headers: str) -> Answer:
        """Send a body; headers by name with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask(Request(method, named, body))

    def ask(self, request: Request) -> Answer:
        """Send a request as it is."""
        return Answer(follow(self.gateway(request), self.scenario.clock.advance))

    def call(self, operation: str, members: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Call an operation with `members`."""
        sent = json.dumps(members or {}).encode()
        answer = self.send(sent, content_type=JSON, x_amz_target=f"SageMaker.{operation}", **headers)
        if answer.status == 200:
            conforms(operation, answer.outcome, answer.outcome.body and answer.body)
        return answer

    def ok(self, operation: str, members: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """Call an operation that must succeed; give its answer's body."""
        answer = self.call(operation, members, **headers)
        assert answer.status == 200, answer.outcome.body
        return answer.body if answer.outcome.body else None

    def model(self, name: str = "m", **members: Any) -> None:
        self.ok("CreateModel", {"ModelName": name, "PrimaryContainer": {"Image": "i"}, **members})
        self.scenario.store.settle()

    def config(self, name: str = "c", **members: Any) -> None:
        variants = {"EndpointConfigName": name, "ProductionVariants": [VARIANT]}
        self.ok("CreateEndpointConfig", {**variants, **members})
