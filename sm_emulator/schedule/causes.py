"""The causes of a schedule, and their text.

Characters of a name that the text needs for itself are percent-encoded, as in a URL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote

from sm_emulator.faults.registry import Phase


class FaultKind(NamedTuple):
    """A fault of a schedule: its phase, and its effect as a fault rule writes it."""

    phase: Phase
    effect: Mapping[str, str]


# The kinds of faults, by the word of the text form
FAULT_KINDS: Mapping[str, FaultKind] = {
    "lost": FaultKind("after", {"fault": "close"}),
    "503": FaultKind("before", {"fault": "error", "code": "ServiceUnavailable"}),
    "throttle": FaultKind("before", {"fault": "throttle"}),
    "500-after": FaultKind("after", {"fault": "error", "code": "InternalFailure"}),
    "reset": FaultKind("before", {"fault": "reset"}),
}
SLOW = "slow"
# Written for a count without an end
ALL = "all"


def resource_text(operation_or_type: str, name: str) -> str:
    """Return `CreateEndpoint(ep)`, or `EndpointConfig(cfg)`."""
    return f"{operation_or_type}({quote(name, safe='/:~', errors='surrogatepass')})"


@dataclass(frozen=True, order=True)
class Label:
    """The `number`-th request of `operation` on `resource` ("": none), counted from 1."""

    operation: str
    resource: str
    number: int

    def __str__(self) -> str:
        return f"{resource_text(self.operation, self.resource)}#{self.number}"


@dataclass(frozen=True)
class Late:
    """From the request `label` on, its reader sees the newest version of `subject` late.

    The reader is the operation on the resource of the label: its next `reads` reads of `subject` return
    what precedes that version; None: for as long as this is legal. `versions`: the read returns what is
    this many versions behind, of those that differ, and so misses the version after that.
    """

    label: Label
    subject: str
    reads: int | None = None
    versions: int = 1

    @property
    def count(self) -> int | None:
        """How often it acts at most, None: without end."""
        return self.reads

    def __str__(self) -> str:
        behind = f" by {self.versions}" if self.versions > 1 else ""
        return f"{self.label} late {self.subject}{behind}{_times(self.reads, None)}"


@dataclass(frozen=True)
class Fault:
    """The request `label`, and the `times` - 1 requests like it that follow, fail; None: all."""

    label: Label
    kind: str
    times: int | None = 1

    @property
    def count(self) -> int | None:
        """How often it acts at most, None: without end."""
        return self.times

    def __str__(self) -> str:
        return f"{self.label} {self.kind}{_times(self.times, 1)}"


@dataclass(frozen=True)
class Outcome:
    """What the request `label` begins fails, by a failure of `lifecycle`; or it is `slow`."""

    label: Label
    name: str

    @property
    def count(self) -> int | None:
        """How often it acts at most."""
        return 1

    def __str__(self) -> str:
        return f"{self.label} {self.name if self.name == SLOW else f'fails {self.name}'}"


@dataclass(frozen=True)
class Crash:
    """The answer to the write number `after` is never sent: the program ends, and starts again."""

    after: int

    @property
    def count(self) -> int | None:
        """How often it acts at most."""
        return 1

    def __str__(self) -> str:
        return f"crash after {self.after}"


Cause = Late | Fault | Outcome | Crash


def _times(count: int | None, default: int | None) -> str:
    return "" if count == default else f" x{ALL if count is None else count}"
