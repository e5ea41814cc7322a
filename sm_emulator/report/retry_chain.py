"""An effort: a call and the application's repetitions of it; what a program wanted once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sm_emulator.journal import Exchange, LogicalCall
from sm_emulator.report.verdict import transient


class Wait(NamedTuple):
    """Seconds between two attempts, and who waited."""

    seconds: float
    by: Literal["sdk", "application", "unknown"]


@dataclass(frozen=True, slots=True)
class RetryChain:
    """Logical calls, each but the first a repetition of the failed one before."""

    calls: tuple[LogicalCall, ...]

    @property
    def attempts(self) -> list[Exchange]:
        """All attempts of all its calls."""
        return [attempt for call in self.calls for attempt in call.attempts]

    @property
    def last(self) -> Exchange:
        """The attempt that it ended with."""
        return self.calls[-1].last

    @property
    def waits(self) -> list[Wait]:
        """The waits between its attempts, in order."""
        waits = []
        for call in self.calls:
            if call.waited is not None:
                waits.append(Wait(call.waited, "application"))
            waits += [
                Wait(seconds, "sdk" if call.last.invocation else "unknown") for seconds in call.waits
            ]
        return waits

    @property
    def own_waits(self) -> list[float]:
        """The waits that the program is answerable for: all but the SDK's."""
        return [wait.seconds for wait in self.waits if wait.by != "sdk"]

    @property
    def given_up(self) -> bool:
        """Tell whether it ended with a failure that another attempt might have mended."""
        return transient(self.last) or self.last.stale_miss


def efforts(calls: Iterable[LogicalCall]) -> list[RetryChain]:
    """Follow the links from each call to the one that it repeats; in order of the first calls."""
    chains: dict[str, list[LogicalCall]] = {}
    for call in calls:
        chain = chains.pop(call.retry_of, []) if call.retry_of else []
        chains[call.id] = [*chain, call]
    ordered = sorted(chains.values(), key=lambda chain: chain[0].attempts[0].wall)
    return [RetryChain(tuple(chain)) for chain in ordered]
