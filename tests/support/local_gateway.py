"""An emulator's gateway without a socket, on a virtual clock: fast, and the same every time."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sm_emulator.auth.verifier import Verify, skip_verification
from sm_emulator.clock import VirtualClock
from sm_emulator.containers import responses
from sm_emulator.faults.rule import FaultSpec
from sm_emulator.gateway.gateway import Gateway
from sm_emulator.operations.state import catch_up
from sm_emulator.scenario.lifecycle import Lifecycle
from sm_emulator.scenario.scenario import (
    Behaviour,
    Quotas,
    Runtime,
    ScenarioConfig,
    ScenarioState,
)
from sm_emulator.scenario.scenarios import Scenarios
from sm_emulator.wire.message import Backend, Outcome, Request
from sm_emulator.wire.steps import Steps, run_steps
from tests.support.conformity import conforms, conforms_rest

ACCOUNT = "123456789012"
JSON = "application/x-amz-json-1.1"
VARIANT = {
    "VariantName": "AllTraffic",
    "ModelName": "m",
    "InitialInstanceCount": 1,
    "InstanceType": "ml.m5.large",
}


_PATHS = {
    "InvokeEndpoint": "invocations",
    "InvokeEndpointAsync": "async-invocations",
    "InvokeEndpointWithResponseStream": "invocations-response-stream",
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
        found = self.headers.get("x-amzn-ErrorType")
        return found.partition(":")[0] if found else self.body["__type"]

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
        backend: Backend | None = None,
        verify: Verify = skip_verification,
        life: Mapping[str, Any] | None = None,
        quotas: Mapping[str, Any] | None = None,
        faults: FaultSpec = (),
        models: Iterable[Mapping[str, Any]] = (),
        runtime: Mapping[str, Any] | None = None,
        **behaviour: Any,
    ) -> None:
        table = {"preset": preset} if isinstance(preset, str) else preset
        behave = Behaviour(
            lifecycle=Lifecycle(life or {}),
            quotas=Quotas(**(quotas or {})),
            runtime=Runtime(responses(models), **(runtime or {})),
            **behaviour,
        )
        self.scenarios = Scenarios(
            ScenarioConfig(seed, table, behave, VirtualClock, catch_up, faults=faults)
        )
        ids = itertools.count()
        self.gateway = Gateway(
            self.scenarios,
            lambda: f"00000000-0000-4000-8000-{next(ids):012x}",
            lambda: self.scenario.clock(),
            lambda: self.scenario.clock(),
            backend,
            verify=verify,
            debug_headers=debug_headers,
        )

    @property
    def scenario(self) -> ScenarioState:
        return self.scenarios[ACCOUNT].state

    def send(self, body: bytes, method: str = "POST", path: str = "/", **headers: str) -> Answer:
        """Send a body; headers by name with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.exchange(Request(method, named, body, path))

    def exchange(self, request: Request) -> Answer:
        """Send a request as it is."""
        return Answer(run_steps(self.gateway(request), self.scenario.clock.advance))

    def call(self, operation: str, members: Mapping[str, Any] | None = None, **headers: str) -> Answer:
        """Call an operation with `members`."""
        sent = json.dumps(members or {}).encode()
        answer = self.send(sent, content_type=JSON, x_amz_target=f"SageMaker.{operation}", **headers)
        if answer.status == 200:
            conforms(operation, answer.outcome, answer.outcome.body and answer.body)
        return answer

    def infer(
        self, body: bytes = b"", to: str = "e", how: str = "InvokeEndpoint", **headers: str
    ) -> Answer:
        """Send a body to the runtime; headers by name without `X-Amzn-SageMaker-`."""
        # each operation has some headers of HTTP's own and the others of SageMaker's
        plain = {"InvokeEndpoint": {"content_type", "accept"}, "InvokeEndpointAsync": set()}
        own = plain.get(how, {"content_type"}) | {"authorization"}
        named = {
            name if name in own or name[:2] == "x_" else f"x_amzn_sagemaker_{name}": value
            for name, value in headers.items()
        }
        return self.send(body, path=f"/endpoints/{to}/{_PATHS[how]}", **named)

    def invoke(
        self, body: bytes = b"", to: str = "e", how: str = "InvokeEndpoint", **headers: str
    ) -> dict[str, Any]:
        """Invoke what must answer; gives what botocore reads."""
        answer = self.infer(body, to, how, **headers)
        assert answer.status in {200, 202}, answer.outcome.body
        return conforms_rest(how, answer.outcome)

    def way(
        self, to: str = "e", how: str = "InvokeEndpoint", body: bytes = b"", **headers: str
    ) -> Steps:
        """Begin an invocation, for who follows its steps by hand; headers of SageMaker's own."""
        named = {f"x-amzn-sagemaker-{name}": value for name, value in headers.items()}
        return self.gateway(Request("POST", named, body, f"/endpoints/{to}/{_PATHS[how]}"))

    def end(self, way: Steps) -> Outcome:
        """Run steps to their end."""
        return run_steps(way, self.scenario.clock.advance)

    def endpoint(self, name: str = "e", **members: Any) -> None:
        """Deploy an endpoint; variants by name, with what they have of their own."""
        variants = members.pop("variants", {"AllTraffic": {}})
        made = [{**VARIANT, "VariantName": each, **own} for each, own in variants.items()]
        self.config(f"{name}-config", ProductionVariants=made, **members)
        self.ok("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": f"{name}-config"})

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
