"""A boto3 client that records, of each request, the response and the state of the replicas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sm_emulator.control import Scenario

_REPLICAS = 3  # as many as the presets have


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, or one wait between two requests.

    `at` is the time since the program began, in seconds. `holders` says for each replica whether it
    had the configuration then; `replica` is the one that was read (None: none was, or they all agreed);
    `stale` is the number of versions that it was behind.
    """

    at: float
    label: str
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
    """Calls operations and records each; `sleep` advances the scenario's virtual clock."""

    def __init__(self, client: Any, scenario: Scenario) -> None:
        self._client = client
        self._scenario = scenario
        self._began = scenario.clock.now
        self.entries: list[Entry] = []

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
        self.entries.append(Entry(self._now(), f"wait {seconds * 1000:.0f} ms"))
        self._scenario.clock.advance(seconds)

    def _now(self) -> float:
        return self._scenario.clock.now - self._began

    def _record(self, operation: str, members: Mapping[str, Any], answer: Any) -> None:
        meta = answer["ResponseMetadata"]
        header = meta["HTTPHeaders"].get("x-sm-emulator-read", "")
        read = dict(part.split("=", 1) for part in header.split("; ") if part)
        error = answer.get("Error")
        surface = read.get("surface", "load")  # each surface of a replica catches up on its own
        late = {
            item["replica"]
            for item in self._scenario.pending()
            if item["name"] == members.get("EndpointConfigName") and item["surface"] == surface
        }
        entry = Entry(
            at=self._now(),
            label=operation,
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
        self.entries.append(entry)
