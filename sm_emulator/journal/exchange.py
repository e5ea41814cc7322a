"""One request and its answer, as the journal keeps them: no body, no credential."""

from __future__ import annotations

from dataclasses import dataclass

from sm_emulator.store import Read


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    `at` is when it came, by the scenario's clock; `wall` by the wall clock, both in seconds since 1970;
    `duration` the seconds until its answer was ready, by the wall clock. `operation` is "" where none
    could be told. `code` is the error's, "" for a success. `faults` names the rules that acted,
    `delivery` how the answer failed to arrive, "" where it did arrive. `reads` are those that fell under
    the consistency model. `origin` is who answered: sm-emulator or moto.
    """

    request_id: str
    at: float
    wall: float
    duration: float
    operation: str
    resource: str
    region: str
    session: str
    invocation: str
    attempt: int
    status: int
    code: str
    faults: tuple[str, ...]
    delivery: str
    reads: tuple[Read, ...]
    request_bytes: int
    response_bytes: int
    origin: str = "sm-emulator"
