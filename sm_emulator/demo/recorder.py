"""A boto3 client that keeps, of each request, what came back and what the replicas held."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sm_emulator.control import Scenario

_REPLICAS = 3  # what the presets have


@dataclass(frozen=True, slots=True)
class Step:
    """One request, or one wait between two.

    `at` is the time since the story began, in seconds. `holders` tells for each replica whether it
    had the configuration at that moment; `replica` is the one that the request asked (None: it
    asked none, or they all agreed); `stale` counts the versions that it was behind.
    """

    at: float
    what: str
    surface: str = ""
    status: int = 0
    message: str = ""
    replica: int | None = None
    stale: int = 0
    age: float = 0.0
    holders: tuple[bool, ...] = ()
    sdk_retries: int = 0
    note: str = ""


class Recorder:
    """Calls operations and records every one; `sleep` moves the scenario's virtual clock."""

    def __init__(self, client: Any, scenario: Scenario) -> None:
        self._client = client
        self._scenario = scenario
        self._began = scenario.clock.now
        self.steps: list[Step] = []

    def call(self, operation: str, **members: Any) -> Any:
        """Call an operation by its API name. Raises ClientError as boto3 does."""
        method = re.sub("(?<!^)([A-Z])", r"_\1", operation).lower()
        try:
            answer = getattr(self._client, method)(**members)
        except ClientError as error:
            self._record(operation, members, error.response)
            raise
        self._record(operation, members, answer)
        return answer

    def sleep(self, seconds: float) -> None:
        """Wait as a client would, in virtual time."""
        self.steps.append(Step(self._now(), f"wait {seconds * 1000:.0f} ms"))
        self._scenario.clock.advance(seconds)

    def _now(self) -> float:
        return self._scenario.clock.now - self._began

    def _record(self, operation: str, members: Mapping[str, Any], answer: Any) -> None:
        meta = answer["ResponseMetadata"]
        read = dict(
            part.split("=", 1)
            for part in meta["HTTPHeaders"].get("x-sm-emulator-read", "").split("; ")
            if part
        )
        error = answer.get("Error", {})
        surface = read.get("surface", "load")  # each surface of a replica catches up by itself
        late = {
            item["replica"]
            for item in self._scenario.pending()
            if item["name"] == members.get("EndpointConfigName") and item["surface"] == surface
        }
        step = Step(
            at=self._now(),
            what=operation,
            surface=read.get("surface", ""),
            status=meta["HTTPStatusCode"],
            message=f"{error['Code']}: {error['Message']}" if error else "",
            replica=int(read["replica"]) if read.get("replica", "any") != "any" else None,
            stale=int(read.get("stale", 0)),
            age=float(read.get("age", 0)),
            holders=tuple(replica not in late for replica in range(_REPLICAS)),
            sdk_retries=meta["RetryAttempts"],
            note=answer.get("EndpointStatus", ""),
        )
        self.steps.append(step)
