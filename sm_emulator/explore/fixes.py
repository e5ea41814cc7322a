"""What a program can do so that a cause does not break it, by what AWS promises."""

from __future__ import annotations

from collections.abc import Sequence

from sm_emulator.explore.results import Break
from sm_emulator.journal.exchange import Exchange
from sm_emulator.schedule.causes import FAULT_KINDS, SLOW, Cause, Fault, Label, Late, Outcome


def fixes(found: Break) -> list[str]:
    """Return for each cause of a break, in their order, how the program can survive it."""
    return [_fix(cause, found.run.exchanges) for cause in found.schedule.causes]


def _fix(cause: Cause, exchanges: Sequence[Exchange]) -> str:
    match cause:
        case Late():
            missed = any(str(cause) in each.causes and each.stale_miss for each in exchanges)
            return _of_late(cause, missed=missed)
        case Fault():
            return _of_fault(cause.label, happened=FAULT_KINDS[cause.kind].phase == "after")
        case Outcome(name=name) if name == SLOW:
            return "wait by status, not by time, and longer: it is not over before Describe says so"
        case Outcome():
            return (
                "when it is over, compare the status and what Describe shows with what was requested; "
                "report FailureReason as an error, and delete what is not wanted"
            )
    return "at the start, look for what an earlier run has left: go on from there, or delete it"


def _of_late(cause: Late, *, missed: bool) -> str:
    operation, subject = cause.label.operation, cause.subject
    if operation.startswith("List"):
        return (
            "decide nothing by what a list lacks: create the resource, and where AWS answers that it is "
            "already existing, verify that by Describe"
        )
    if not missed:
        return (
            f"wait until {operation} shows the change itself, such as the new EndpointConfigName, not "
            "only a status that it may have had before"
        )
    if operation.startswith("Describe"):
        return (
            f"after the creation, repeat {operation} while AWS answers that it could not find {subject}"
            ", until a deadline; the waiters of SDKs take that answer for the end"
        )
    return (
        f"repeat {operation} with back-off while AWS answers that it could not find {subject}, for "
        "longer than reads are late; SDKs do not, and no Describe before it proves that it is found"
    )


def _of_fault(label: Label, *, happened: bool) -> str:
    operation = label.operation
    if not happened:
        return f"nothing has happened: repeat {operation} with back-off and jitter, more often"
    if operation.startswith(("Create", "Add")):
        return (
            f"{operation} has happened, and the SDK repeats it: where that is refused as already "
            "existing, compare what Describe shows with what was requested, and go on"
        )
    if operation.startswith("Update"):
        return (
            f"{operation} has begun, and the SDK repeats it: where that is refused as in progress, wait "
            "by Describe until it is over, and compare what it shows with what was requested"
        )
    if operation.startswith("Delete"):
        return (
            f"{operation} has happened, and the SDK repeats it: where that is not found, or refused as "
            "in progress, the resource is deleted or will be; go on"
        )
    return f"repeat {operation}: it changes nothing"
