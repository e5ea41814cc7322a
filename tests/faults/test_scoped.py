"""Faults set from Python, with flat settings."""

import pytest

from sm_emulator import ConfigurationError, ConflictError, Emulator, NotFoundError
from tests.support.fault_rules import rule


@pytest.fixture
def scenario():
    return Emulator(clock="virtual").scenario()


def names(scenario) -> list[str]:
    return [rule["name"] for rule in scenario.faults.all()]


def test_leaving_the_with_removes_the_fault_and_keeps_its_counts(scenario):
    with scenario.fault("throttle", operation="CreateEndpoint", times=2) as fault:
        assert names(scenario) == ["throttle"]
        assert (fault.name, fault.matched, fault.acted, fault.reasons) == ("throttle", 0, 0, [])
    assert names(scenario) == []
    assert fault.acted == 0


def test_a_fault_stays_without_with_until_it_is_removed(scenario):
    fault = scenario.fault("reset")
    assert names(scenario) == ["reset"]
    fault.remove()
    fault.remove()
    assert names(scenario) == []


def test_an_error_in_the_with_removes_the_fault_too(scenario):
    with pytest.raises(ZeroDivisionError), scenario.fault("reset"):
        raise ZeroDivisionError
    assert names(scenario) == []


def test_leaving_the_with_after_a_reset_removes_nothing_else(scenario):
    with scenario.fault("reset"):
        scenario.reset()
        scenario.fault("reset")
    assert names(scenario) == ["reset"]


def test_faults_are_named_by_kind_and_number_or_as_given(scenario):
    for settings in ({}, {"name": "mine"}, {}, {}):
        scenario.fault("reset", **settings)
    assert names(scenario) == ["reset", "mine", "reset-2", "reset-3"]
    with pytest.raises(ConflictError, match="there is a fault 'mine' already"):
        scenario.fault("close", name="mine")


def test_flat_settings_are_nested_as_in_a_rule(scenario):
    scenario.fault(
        "stall",
        seconds=1,
        bytes=3,
        operation="Create*",
        resource="a",
        attempt=1,
        headers={"x": "y"},
        fail=1,
        pass_=2,
        from_="1s",
        ttl="1m",
        name="all",
    )
    (rule,) = scenario.faults.all()
    assert (
        rule.items()
        >= {
            "name": "all",
            "ttl": "1m",
            "match": {"operation": "Create*", "resource": "a", "attempt": 1, "headers": {"x": "y"}},
            "when": {"fail": 1, "pass": 2, "from": "1s"},
            "effect": {"fault": "stall", "seconds": 1, "bytes": 3},
            "phase": "after",
        }.items()
    )


@pytest.mark.parametrize(
    ("fault", "settings", "message"),
    [
        ("throtle", {}, "fault: 'throtle' is not one of error, .*; did you mean 'throttle'"),
        (5, {}, "fault: 5 is not one of"),
        (
            "throttle",
            {"opertion": "x"},
            "opertion: unknown setting of throttle; did you mean 'op",
        ),
        ("throttle", {"bytes": 1}, "bytes: unknown setting of throttle"),
        ("throttle", {"effect": {}}, "effect: unknown setting of"),
        ("error", {}, r"faults\[0\].effect.code: is missing"),
        ("reset", {"times": "2"}, r'faults\[0\].when.times: "2" is not an integer'),
    ],
)
def test_wrong_settings_are_refused_and_change_nothing(scenario, fault, settings, message):
    with pytest.raises(ConfigurationError, match=message):
        scenario.fault(fault, **settings)
    assert names(scenario) == []


def test_a_rule_replaces_the_one_of_its_name(scenario):
    scenario.faults.replace([rule(name="a"), rule(name="b")])
    scenario.faults.put("a", {"effect": {"fault": "reset"}})
    assert [(r["name"], r["effect"]["fault"]) for r in scenario.faults.all()] == [
        ("a", "reset"),
        ("b", "throttle"),
    ]
    with pytest.raises(ConfigurationError, match="name: 'a' is not 'c', as in the path"):
        scenario.faults.put("c", rule(name="a"))


def test_an_unknown_rule_is_not_found_and_the_nearest_is_suggested(scenario):
    scenario.fault("reset", name="mine")
    for verb in (scenario.faults.one, scenario.faults.remove):
        with pytest.raises(NotFoundError, match="there is no fault 'mina'; did you mean 'mine'"):
            verb("mina")
    with pytest.raises(NotFoundError):
        scenario.faults.would_apply("nope", "CreateModel")


def test_would_apply_returns_the_condition(scenario):
    scenario.fault("reset", name="mine", operation="Create*", headers={"X-Test": "a"})
    faults = scenario.faults
    assert faults.would_apply("mine", "CreateModel", headers={"x-test": "a"}) == {
        "acts": True,
        "condition": None,
        "reason": None,
    }
    assert faults.would_apply("mine", "CreateModel")["condition"] == "headers.X-Test"
    assert faults.would_apply("mine", "DeleteModel")["condition"] == "operation"


@pytest.mark.parametrize("operation", ["CreateTrainingJob", "sagemaker:CreateTrainingJob"])
def test_would_apply_takes_either_name_of_an_operation_of_another_service(scenario, operation):
    scenario.fault("reset", name="ours")
    scenario.fault("reset", name="all", operation="sagemaker:*")
    assert scenario.faults.would_apply("ours", operation)["condition"] == "operation"
    assert scenario.faults.would_apply("all", operation)["acts"]


def test_a_fault_ends_by_the_clock_of_the_scenario(scenario):
    scenario.fault("reset", name="mine", ttl="10s")
    assert scenario.faults.would_apply("mine", "CreateModel")["acts"]
    scenario.clock.advance(10)
    assert scenario.faults.would_apply("mine", "CreateModel")["condition"] == "ttl"


def test_a_scenario_names_its_faults(scenario):
    scenario.fault("reset")
    assert scenario.summary()["faults"] == ["reset"]
