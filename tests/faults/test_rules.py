"""When a rule acts, and why it does not."""

import re

import pytest

from sm_emulator.consistency.build import FAULT_PRESETS
from sm_emulator.faults.active import Faults
from sm_emulator.faults.registry import NOTHING
from sm_emulator.faults.rule import build_rules
from tests.support.fault_rules import Rules, call, rule

MISMATCHES = {
    "operation": ({"operation": "Describe*"}, call(), "'CreateModel' does not match 'Describe*'"),
    "resource": ({"resource": "a*"}, call(resource="b"), "'b' does not match 'a*'"),
    "region": ({"region": "eu-*"}, call(), "'us-east-1' does not match 'eu-*'"),
    "session": ({"session": "mine"}, call(session="yours"), "'yours' does not match 'mine'"),
    "attempt": ({"attempt": 2}, call(attempt=3), "3 is not 2"),
    "headers.X-Test": ({"headers": {"X-Test": "a"}}, call(x_test="b"), "'b' does not match 'a'"),
}


@pytest.mark.parametrize("condition", MISMATCHES)
def test_a_mismatch_is_counted_by_its_condition(condition):
    match, called, reason = MISMATCHES[condition]
    rules = Rules(rule(match=match))
    assert rules.act(called) == NOTHING
    assert rules.reasons() == {condition: (1, reason)}


@pytest.mark.parametrize(
    ("match", "called"),
    [
        ({}, call()),
        ({"operation": "Create*"}, call()),
        ({"operation": "CreateModel", "resource": "churn-[ab]"}, call(resource="churn-a")),
        ({"region": "us-*", "attempt": 1}, call()),
        ({"session": "mine"}, call(session="mine")),
        ({"session": "key *"}, call()),
        ({"headers": {"X-Test": "*"}}, call(x_test="b")),
        ({"operation": "s3:*"}, call("s3:PUT")),
        ({"operation": "sagemaker:Create*"}, call("sagemaker:CreateTrainingJob")),
        ({"operation": "sagemaker:*"}, call("CreateModel")),
        ({"operation": "sagemaker:Invoke*"}, call("InvokeEndpoint")),
        ({"operation": "*:*"}, call("sagemaker:ListTags")),
        ({"operation": "*:*"}, call("ListTags")),
        ({"operation": "Invoke*"}, call("InvokeEndpoint")),
        ({"operation": "*", "phase": "before"}, call()),
    ],
)
def test_a_rule_acts_on_what_matches(match, called):
    assert Rules(rule(match=match)).acts(called)


@pytest.mark.parametrize("glob", ["*", "[!x]*"])
@pytest.mark.parametrize("operation", ["s3:PUT", "sagemaker:CreateTrainingJob", "sagemaker:ListTags"])
def test_other_services_are_left_alone_unless_a_rule_names_them(operation, glob):
    rules = Rules(rule(match={"operation": glob}))
    assert not rules.acts(call(operation))
    reason = f"{operation!r} belongs to another service; {glob!r} has no 'service:' prefix"
    assert rules.reasons() == {"operation": (1, reason)}


def test_a_prefix_means_one_service():
    assert not Rules(rule(match={"operation": "s3:*"})).acts(call("ListModels"))


@pytest.mark.parametrize("preset", FAULT_PRESETS)
def test_presets_leave_other_services_alone(preset):
    faults = Faults(build_rules(preset), start=0.0)
    others = [call(name) for name in ("s3:DELETE", "sagemaker:CreateTrainingJob")] * 100
    assert {faults.act(phase, each, 0.0, 0) for each in others for phase in ("before", "after")} == {
        NOTHING
    }


def test_a_rule_acts_in_its_phase_only():
    rules = Rules(rule("close"), rule("close", "y", match={"phase": "before"}))
    assert rules.act(phase="before").names == ("y",)
    assert rules.act(phase="after").names == ("x",)


@pytest.mark.parametrize(
    ("when", "pattern"),
    [
        ({"first": 2}, "xx......"),
        ({"every": 3}, "..x..x.."),
        ({"fail": 2, "pass": 1}, "xx.xx.xx"),
        ({"fail": 1, "pass": 3}, "x...x..."),
        ({"times": 3}, "xxx....."),
        ({"every": 2, "times": 2}, ".x.x...."),
        ({"first": 3, "times": 1}, "x......."),
        ({"probability": 1}, "xxxxxxxx"),
        ({"probability": 0}, "........"),
    ],
)
def test_matches_are_selected_by_their_number(when, pattern):
    assert Rules(rule(when=when)).pattern(8) == pattern


@pytest.mark.parametrize(
    ("when", "condition", "reason"),
    [
        ({"first": 1}, "first", "match 2 is not among the first 1"),
        ({"every": 3}, "every", "match 2 is not a multiple of 3"),
        ({"fail": 1, "pass": 2}, "pass", "match 2 is one of 2 that pass after 1 that fail"),
        ({"times": 1}, "times", "it has acted 1 times, the limit"),
        ({"from": "1m"}, "from", "30 s after the scenario's start is before 60 s"),
        ({"until": "10s"}, "until", "30 s after the scenario's start is not before 10 s"),
    ],
)
def test_a_rejected_match_has_a_reason(when, condition, reason):
    rules = Rules(rule(when=when))
    rules.act(now=30)
    rules.act(now=30)
    assert rules.reasons()[condition][1] == reason


def test_a_rule_acts_between_two_times_of_the_scenario():
    rules = Rules(rule(when={"from": "10s", "until": "20s"}))
    assert [now for now in (0, 9.9, 10, 19.9, 20, 30) if rules.acts(now=now)] == [10, 19.9]


def test_a_rule_ends_with_its_time_to_live():
    rules = Rules(rule(ttl="30s"))
    assert rules.acts(now=29.9)
    assert not rules.acts(now=31)
    assert rules.reasons() == {"ttl": (1, "its time to live ended 1 s ago")}
    assert rules.faults["x"].to_dict()["ends"] == 30


def test_matches_can_be_counted_for_each_call_of_an_sdk():
    rules = Rules(rule(when={"first": 1, "per": "call"}))
    one, other = call(invocation="i"), call(invocation="j")
    assert [rules.acts(c) for c in (one, one, other, other, one)] == [True, False, True, False, False]


def test_a_client_without_invocation_ids_makes_one_call_of_each_operation_on_each_resource():
    rules = Rules(rule(when={"times": 1, "per": "call"}))
    calls = [call(), call(), call(resource="n"), call("DeleteModel"), call(session="s")]
    assert [rules.acts(c) for c in calls] == [True, False, True, True, True]


def test_counters_of_old_calls_are_evicted():
    rules = Rules(rule(when={"first": 1, "per": "call"}))
    for n in range(10_001):
        rules.act(call(invocation=str(n)))
    assert rules.acts(call(invocation="0"))
    assert not rules.acts(call(invocation="10000"))


def test_the_caller_is_tested_before_the_resource():
    rules = Rules(rule(match={"operation": "Create*", "resource": "a*", "region": "eu-*"}))
    rules.act(call(resource="b"))
    rules.act(call(resource="b", region="eu-west-1"))
    assert rules.reasons() == {
        "region": (1, "'us-east-1' does not match 'eu-*'"),
        "resource": (1, "'b' does not match 'a*'"),
    }


def test_chance_is_keyed_so_other_traffic_changes_nothing():
    quiet, busy = (Rules(rule(when={"probability": 0.5})) for _ in range(2))
    alone = quiet.pattern(40)
    pattern = ""
    for _ in range(40):
        busy.act(call(resource="other"))
        busy.act(call("DescribeModel"))
        busy.act(call(region="eu-west-1"))
        pattern += "x" if busy.acts() else "."
    assert pattern == alone
    assert 10 < alone.count("x") < 30


def test_chance_depends_on_seed_and_name_of_the_rule():
    def drawn(name: str, seed: int) -> str:
        return Rules(rule(name=name, when={"probability": 0.5}), seed=seed).pattern(40)

    assert drawn("x", 0) == drawn("x", 0)
    assert len({drawn("x", 0), drawn("x", 1), drawn("y", 0)}) == 3


def test_the_reason_names_the_draw():
    rules = Rules(rule(when={"probability": 1e-9}))
    rules.act()
    assert re.fullmatch(r"drew 0\.\d{4}, which is not below 1e-09", rules.reasons()["probability"][1])


def test_rules_apply_in_order_until_one_decides_the_response():
    rules = Rules(
        rule({"fault": "latency", "delay": 1}, "a"),
        rule({"fault": "latency", "delay": 2}, "b"),
        rule("throttle", "c"),
        rule({"fault": "latency", "delay": 4}, "d"),
    )
    effect = rules.act()
    assert (effect.names, effect.delay) == (("a", "b", "c"), 3)
    assert effect.error
    assert rules.reasons("d") == {"order": (1, "an earlier rule ('c') already decided the response")}


def test_a_dry_run_counts_nothing():
    rules = Rules(rule(match={"operation": "Create*", "resource": "a*"}, when={"first": 1}))
    faults = rules.faults
    assert faults["x"].would_apply(call(resource="a"), 0, 0) is None
    assert faults["x"].would_apply(call(resource="b"), 0, 0) == ("resource", "'b' does not match 'a*'")
    assert faults["x"].would_apply(call("DeleteModel"), 0, 0)[0] == "operation"
    assert rules.acts(call(resource="a"))
    assert faults["x"].would_apply(call(resource="a"), 0, 0) == (
        "first",
        "match 2 is not among the first 1",
    )
    described = faults["x"].to_dict()
    assert (described["matched"], described["acted"], described["reasons"]) == (1, 1, [])


def test_a_dry_run_knows_the_next_draw():
    rules = Rules(rule(when={"probability": 0.5}))
    for _ in range(20):
        predicted = rules.faults["x"].would_apply(call(), 0, 0) is None
        assert rules.acts() == predicted


def test_rules_can_be_replaced_and_removed_between_calls():
    rules = Rules(rule(match={"operation": "Describe*"}))
    assert not rules.acts()
    (built,) = Rules(rule()).faults
    rules.faults.put(built.rule, 0)
    assert rules.acts()
    rules.faults.remove("x")
    assert not rules.acts()
    with pytest.raises(KeyError):
        rules.faults.remove("x")


def test_without_rules_a_call_is_not_looked_at():
    assert Faults([], 0).act("before", None, 0, 0) is NOTHING


def test_what_a_rule_keeps_of_clients_is_bounded_and_evictions_are_counted():
    rules = Rules(rule({"fault": "throttle", "rate": 1}, when={"per": "call", "every": 1}))
    for n in range(10_010):
        rules.act(call(f"Create{n}", invocation=str(n)))
    assert rules.faults["x"].to_dict()["evicted"] == 3 * 10
    assert Rules(rule()).faults["x"].to_dict()["evicted"] == 0


def test_a_full_bucket_outlives_requests_for_other_operations():
    rules = Rules(rule({"fault": "throttle", "rate": 1}))
    assert not rules.acts(call("CreateModel"))
    for n in range(9_000):
        rules.act(call(f"Create{n}"))
    assert rules.acts(call("CreateModel"))


@pytest.mark.parametrize("condition", ["operation", "resource", "session"])
def test_a_reason_quotes_no_more_than_the_beginning_of_a_long_value(condition):
    value = "x" * 10_000_000
    rules = Rules(rule(match={condition: "Describe*"}))
    rules.act(call(value) if condition == "operation" else call(**{condition: value}))
    (reason,) = rules.reasons().values()
    assert len(reason[1]) < 300
    rules = Rules(rule())
    rules.act(call(f"s3:{value}"))
    assert len(rules.reasons()["operation"][1]) < 300


@pytest.mark.slow
def test_many_rules_share_a_bound():
    rules = Rules(*(rule("malformed", f"r{n}") for n in range(100)), phase="after")
    for n in range(1_010):
        rules.act(call(resource=f"m{n}"))
    assert {active.to_dict()["evicted"] for active in rules.faults} == {10}
    for n in range(100, 110):
        (added,) = Rules(rule("malformed", f"r{n}")).faults
        rules.faults.put(added.rule, 0)
    for n in range(920):
        rules.act(call(resource=f"m{n}"))
    assert rules.faults["r109"].to_dict()["evicted"] == 920 - 100_000 // 110
