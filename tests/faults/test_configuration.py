"""Which fault rules are valid, and the errors of those that are not."""

import pytest

from sm_emulator import ConfigurationError, Emulator
from sm_emulator.config.settings import Override, from_environment, load
from sm_emulator.config.validation import validate, validate_part
from sm_emulator.consistency.build import FAULT_PRESETS, PRESETS
from sm_emulator.consistency.build import build as build_consistency
from sm_emulator.faults.rule import build_rules
from tests.support.fault_rules import rule

REFUSED = {
    "no list": ({"name": "x"}, 'faults: {"name": "x"} is not an array or a string'),
    "no preset": ("lost-replies", "faults: 'lost-replies' is not a fault preset"),
    "a near preset": ("lost-replys", "did you mean 'lost-reply'?"),
    "no rule": ([5], "faults[0]: 5 is not an object"),
    "no name": ([{"effect": {"fault": "reset"}}], "faults[0].name: is missing"),
    "no effect": ([{"name": "x"}], "faults[0].effect: is missing"),
    "a bad name": ([rule(name="a b")], 'faults[0].name: "a b" is invalid; allowed: Letters'),
    "a name twice": ([rule(), rule("reset")], "faults[1].name: 'x' is the name of another rule"),
    "an unknown key": (
        [rule(matches={})],
        "faults[0].matches: unknown key; did you mean 'match'?",
    ),
    "no fault": ([rule({})], "faults[0].effect.fault: is missing"),
    "an unknown fault": (
        [rule("throtle")],
        'faults[0].effect.fault: "throtle" is not one of error, throttle',
    ),
    "a setting of another fault": (
        [rule({"fault": "throttle", "bytes": 5})],
        "faults[0].effect.bytes: unknown key; allowed: fault, rate, burst",
    ),
    "an unknown operation": (
        [rule(match={"operation": "CreateEndpont"})],
        "faults[0].match.operation: 'CreateEndpont' is not an operation of SageMaker; "
        "did you mean 'CreateEndpoint'?",
    ),
    "an unknown operation with a prefix": (
        [rule(match={"operation": "sagemaker:CreateTraningJob"})],
        "faults[0].match.operation: 'sagemaker:CreateTraningJob' is not an operation of SageMaker; "
        "did you mean 'sagemaker:CreateTrainingJob'?",
    ),
    "an operation that others answer": (
        [rule(match={"operation": "*TrainingJob*"})],
        "faults[0].match.operation: '*TrainingJob*' is not implemented by sm-emulator; to match it, use "
        "'sagemaker:*TrainingJob*'",
    ),
    "no glob": (
        [rule(match={"resource": "a[b"})],
        "faults[0].match.resource: 'a[b' is an invalid glob: unclosed [",
    ),
    "no glob of a header": (
        [rule(match={"headers": {"x": "["}})],
        "faults[0].match.headers.x: '[' is an invalid glob",
    ),
    "no attempt": ([rule(match={"attempt": 0})], "faults[0].match.attempt: 0 is below"),
    "an impossible phase": (
        [rule("truncate", match={"phase": "before"})],
        "faults[0].match.phase: truncate cannot act before the operation; allowed: after",
    ),
    "two ways to count": (
        [rule(when={"first": 1, "every": 2})],
        "faults[0].when.every: first and every exclude each other",
    ),
    "fail without pass": ([rule(when={"fail": 1})], "faults[0].when.fail: requires pass"),
    "pass without fail": ([rule(when={"pass": 1})], "faults[0].when.pass: requires fail"),
    "an end before the beginning": (
        [rule(when={"from": "2s", "until": 1})],
        "faults[0].when.until: 1 is not after from, 2s",
    ),
    "nothing to count": ([rule(when={"per": "call"})], "faults[0].when.per: requires first"),
    "a chance above one": ([rule(when={"probability": 2})], "faults[0].when.probability: 2 is above"),
    "no life": ([rule(ttl=0)], "faults[0].ttl: must be greater than 0"),
    "an unknown code": (
        [rule({"fault": "error", "code": "ThrotlingException"})],
        "faults[0].effect.code: 'ThrotlingException' is not a known error: add a status; "
        "did you mean 'ThrottlingException'?",
    ),
    "no status of an error": (
        [rule({"fault": "error", "code": "InternalFailure", "status": 200})],
        "faults[0].effect.status: 200 is below the minimum, 400",
    ),
    "a burst without rate": (
        [rule({"fault": "throttle", "burst": 2})],
        "faults[0].effect.burst: requires rate",
    ),
    "no delay": ([rule("latency")], "faults[0].effect.delay: is missing"),
    "a negative delay": (
        [rule({"fault": "latency", "delay": -1})],
        "faults[0].effect.delay: -1 is below",
    ),
    "a delay of nothing": (
        [rule({"fault": "latency", "delay": []})],
        "faults[0].effect.delay: [] is not",
    ),
    "a wrong distribution": (
        [rule({"fault": "latency", "delay": {"dist": "uniform", "low": 2, "high": 1}})],
        "faults[0].effect.delay.low: 2 is above high, 1",
    ),
    "neither sigma nor p99": (
        [rule({"fault": "latency", "delay": {"dist": "lognormal", "median": 1}})],
        "faults[0].effect.delay: exactly one of sigma and p99 must be given",
    ),
    "p99 below the median": (
        [rule({"fault": "latency", "delay": {"dist": "lognormal", "median": 2, "p99": 1}})],
        "faults[0].effect.delay.p99: 1 is below median, 2, or that is 0",
    ),
    "a median of nothing": (
        [rule({"fault": "latency", "delay": {"dist": "lognormal", "median": 0, "p99": 1}})],
        "faults[0].effect.delay.p99: 1 is below median, 0, or that is 0",
    ),
}


@pytest.mark.parametrize(("rules", "message"), REFUSED.values(), ids=REFUSED)
def test_an_invalid_rule_is_refused_with_path_value_and_reason(rules, message):
    scenario = Emulator().scenario()
    scenario.fault("reset")
    before = scenario.faults.all()
    with pytest.raises(ConfigurationError) as refused:
        scenario.faults.replace(rules)
    assert message in str(refused.value)
    assert scenario.faults.all() == before
    with pytest.raises(ConfigurationError) as refused:
        validate({"faults": rules})
    assert message in str(refused.value)


@pytest.mark.parametrize("preset", FAULT_PRESETS.values(), ids=lambda preset: preset.name)
def test_every_preset_is_valid(preset):
    validate_part(preset.name, "faults")
    assert [rule.name for rule in build_rules(preset.name)]
    assert preset.consistency["preset"] in {other.name for other in PRESETS}


def test_names_of_presets_are_used_once():
    names = [preset.name for preset in (*PRESETS, *FAULT_PRESETS.values())]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("preset", FAULT_PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_is_a_bundle_of_consistency_and_faults(preset):
    settings = load([Override("preset", preset.name, "--preset")])
    assert settings["faults"] == preset.name
    assert settings["consistency.preset"] == preset.consistency["preset"]
    emulator = Emulator(preset=preset.name)
    assert [rule["name"] for rule in emulator.scenario().faults.all()] == [
        rule["name"] for rule in preset.faults
    ]


def test_a_preset_of_consistency_leaves_the_faults_alone():
    settings = {"faults": [rule()], "consistency.preset": "dynamodb"}
    assert [r["name"] for r in Emulator(settings=settings).scenario().faults.all()] == ["x"]


def test_the_environment_can_name_a_bundle():
    settings = load(from_environment({"SM_EMULATOR_PRESET": "brown-out"}))
    assert (settings["faults"], settings["consistency.preset"]) == ("brown-out", "dynamodb")
    assert settings.origin("faults") == "environment SM_EMULATOR_PRESET"
    assert load(from_environment({"SM_EMULATOR_FAULTS": "lost-reply"}))["faults"] == "lost-reply"


def test_what_is_set_beside_a_fault_preset_overrides_it_in_every_layer():
    variables = {"SM_EMULATOR_PRESET": "brown-out", "SM_EMULATOR_FAULTS": "lost-reply"}
    settings = load(from_environment(variables))
    assert (settings["faults"], settings["consistency.preset"]) == ("lost-reply", "dynamodb")
    assert settings.origin("faults") == "environment SM_EMULATOR_FAULTS"
    variables = {"SM_EMULATOR_PRESET": "brown-out", "SM_EMULATOR_CONSISTENCY_PRESET": "strong"}
    assert load(from_environment(variables))["consistency.preset"] == "strong"
    settings = Emulator(preset="brown-out", settings={"faults": "lost-reply"}).settings
    assert (settings["faults"], settings["consistency.preset"]) == ("lost-reply", "dynamodb")
    scenario = Emulator().new_scenario("111122223333", preset="brown-out", faults=[rule()])
    assert [each["name"] for each in scenario.faults.all()] == ["x"]


def test_a_fault_preset_is_not_a_consistency_preset():
    with pytest.raises(ConfigurationError, match="is not a preset of consistency but of faults"):
        Emulator().scenario().consistency("lost-reply")
    with pytest.raises(
        ConfigurationError, match="did you mean 'lost-reply'.*allowed: strong.*lost-reply"
    ):
        Emulator(preset="lost-repli")


def test_lags_of_consistency_accept_a_p99():
    lag = {"dist": "lognormal", "median": 1, "p99": 1}
    built = build_consistency({"rules": [{"name": "x", "lag": lag}]})
    assert built.rules[0].lag.sigma == 0


def test_a_rule_has_at_most_ten_headers():
    headers = {f"x-{n}": "*" for n in range(11)}
    with pytest.raises(ConfigurationError, match="match.headers: .* has more than 10 keys"):
        validate_part([rule(match={"headers": headers})], "faults")
