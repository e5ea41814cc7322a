"""A boto3 client that records, of each request, the response and the state of the replicas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from sm_emulator.control import Scenario
from sm_emulator.journal import ReadSummary

_REPLICAS = 3  # as many as the presets have


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, or one wait between two requests.

    `at` is the time since the program began, in seconds. `holders` says for each replica whether it
    had the configuration then; `read` is the read of the request, None if none was under a rule.
    """

    at: float
    label: str
    status: int = 0
    message: str = ""
    read: ReadSummary | None = None
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
        meta, error = answer["ResponseMetadata"], answer.get("Error")
        read = next(iter(self._scenario.journal().exchanges[-1].reads), None)
        surface = read.surface if read else "load"  # each surface of a replica catches up on its own
        late = {
            item["replica"]
            for item in self._scenario.pending()
            if item["name"] == members.get("EndpointConfigName") and item["surface"] == surface
        }
        entry = Entry(
            at=self._now(),
            label=operation,
            status=meta["HTTPStatusCode"],
            message=f"{error['Code']}: {error['Message']}" if error else "",
            read=read,
            holders=tuple(replica not in late for replica in range(_REPLICAS)),
            sdk_retries=meta["RetryAttempts"],
            note=answer.get("EndpointStatus", ""),
        )
        self.entries.append(entry)
