"""Fault rules, and calls to apply them to."""

from __future__ import annotations

from typing import Any

from sm_emulator.config.validation import validate_part
from sm_emulator.faults.active import Faults
from sm_emulator.faults.registry import Effect, Phase
from sm_emulator.faults.rule import build_rules
from sm_emulator.wire.call import Call, Caller
from sm_emulator.wire.message import Outcome, Request

ACCOUNT = "123456789012"
ANSWER = Outcome(
    200,
    (("x-amzn-RequestId", "id"), ("Content-Type", "application/x-amz-json-1.1")),
    b'{"ModelArn":"arn:m"}',
)


def call(
    operation: str = "CreateModel",
    resource: str = "m",
    *,
    region: str = "us-east-1",
    session: str = "",
    invocation: str = "",
    attempt: int = 1,
    **headers: str,
) -> Call:
    caller = Caller(ACCOUNT, region, "sagemaker", session or "key agent", session, strong=False)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(operation, resource, caller, invocation, attempt, Request("POST", named, b""))


def rule(effect: str | dict[str, Any] = "throttle", name: str = "x", **more: Any) -> dict[str, Any]:
    return {"name": name, "effect": {"fault": effect} if isinstance(effect, str) else effect, **more}


class Rules:
    """Rules in force from 0 s on, applied in `phase`."""

    def __init__(self, *tables: dict[str, Any], seed: int = 0, phase: Phase = "before") -> None:
        validate_part(list(tables), "faults")
        self.faults = Faults(build_rules(tables), start=0.0)
        self.seed = seed
        self.phase = phase

    def act(self, called: Call | None = None, now: float = 0.0, phase: Phase | None = None) -> Effect:
        return self.faults.act(phase or self.phase, called or call(), now, self.seed)

    def acts(self, called: Call | None = None, now: float = 0.0) -> bool:
        return bool(self.act(called, now).names)

    def pattern(self, calls: int, called: Call | None = None) -> str:
        """Return one letter a call: whether the rules acted."""
        return "".join("x" if self.acts(called) else "." for _ in range(calls))

    def reasons(self, name: str = "x") -> dict[str, tuple[int, str]]:
        reasons = self.faults[name].to_dict()["reasons"]
        return {reason["condition"]: (reason["count"], reason["last"]) for reason in reasons}
