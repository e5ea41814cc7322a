"""Unreachable rules are reported; those that may act are not."""

import pytest

from sm_emulator.consistency.build import FAULT_PRESETS
from sm_emulator.faults.registry import FAULTS
from sm_emulator.faults.rule import build_rules, unreachable_rules
from tests.support.fault_rules import Rules, rule

ERROR = {"fault": "error", "code": "InternalFailure"}
LATENCY = {"fault": "latency", "delay": 1}
CREATES = {"operation": "Create*"}


def warnings(*tables) -> list[str]:
    return [str(problem) for problem in unreachable_rules(build_rules(tables))]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (rule("throttle"), rule(LATENCY)),
        (rule("throttle", match=CREATES), rule(ERROR, match={"operation": "CreateModel"})),
        (rule(ERROR, match={"region": "us-*"}), rule("throttle", match={"region": "us-east-1"})),
        (rule("close", match={"resource": "*"}), rule("truncate", match={"resource": "m"})),
        (rule("reset", match={"attempt": 1}), rule("stall", match={"attempt": 1, **CREATES})),
        (rule("throttle"), rule("malformed")),
        (rule("throttle", match={"headers": {"x": "a*"}}), rule(ERROR, match={"headers": {"x": "ab"}})),
    ],
)
def test_a_rule_after_one_that_always_decides_never_acts(first, second):
    assert warnings(first, {**second, "name": "y"}) == [
        "faults[1]: 'y' never acts: 'x' always decides the response first"
    ]


def test_phase_before_applies_first_whatever_the_order_of_rules():
    assert warnings(rule("close"), rule("throttle", "y")) == [
        "faults[0]: 'x' never acts: 'y' always decides the response first"
    ]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (rule("close"), rule(LATENCY)),
        (rule(LATENCY), rule("throttle")),
        (rule({"fault": "throttle", "rate": 1}), rule(ERROR)),
        (rule("throttle", when={"first": 2}), rule(ERROR)),
        (rule("throttle", when={"probability": 0.9}), rule(ERROR)),
        (rule("throttle", ttl="1s"), rule(ERROR)),
        (rule("throttle", match=CREATES), rule(ERROR)),
        (rule("throttle", match={"attempt": 1}), rule(ERROR, match={"attempt": 2})),
        (rule("throttle", match={"headers": {"x": "a"}}), rule(ERROR)),
        (rule("throttle", match={"resource": "m?"}), rule(ERROR, match={"resource": "m*"})),
        (rule("throttle"), rule(ERROR, match={"operation": "s3:*"})),
    ],
)
def test_a_rule_that_may_act_is_reachable(first, second):
    assert warnings(first, {**second, "name": "y"}) == []


@pytest.mark.parametrize("preset", FAULT_PRESETS.values(), ids=lambda preset: preset.name)
def test_every_rule_of_a_preset_is_reachable(preset):
    assert warnings(*preset.faults) == []


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_decisive_if_its_effect_decides_the_response(kind):
    effect = {"fault": kind, **({"code": "InternalFailure"} if kind == "error" else {})}
    if kind == "latency":
        effect["delay"] = 1
    decides = Rules(rule(effect), phase=FAULTS[kind].phases[0]).act().decides
    assert FAULTS[kind].decisive(effect) == decides
