"""The same seed and the same requests give the same bytes; other traffic changes nothing."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from tests.support.local_gateway import VARIANT, Local

TESTS = Path(__file__).resolve().parent
# Touches every draw: replicas, lags, chances, numbers of reads, coordinators
TABLE = {
    "bounds": {"max_lag": "2s"},
    "rules": [
        {"name": "counted", "match": {"names": "a*"}, "reads": {"ends": 0.4}},
        {"name": "sometimes", "match": {"types": ["Model"]}, "probability": 0.5, "reads": 1},
        {"name": "late", "lag": {"dist": "lognormal", "median": "300ms", "sigma": 1.0}},
    ],
}
NAMES = ["a1", "a2", "b1", "b2", "c1"]


def play(local: Local, seed: int, names: list[str] = NAMES, steps: int = 200) -> list[bytes]:
    """Drive every kind of read and write through the gateway, and give all answers."""
    random = Random(seed)
    answers = []
    for _ in range(steps):
        name = random.choice(names)
        operation, members = random.choice(
            [
                ("CreateModel", {"ModelName": name, "PrimaryContainer": {"Image": "i"}}),
                ("DescribeModel", {"ModelName": name}),
                (
                    "CreateEndpointConfig",
                    {"EndpointConfigName": name, "ProductionVariants": [{**VARIANT, "ModelName": name}]},
                ),
                ("DescribeEndpointConfig", {"EndpointConfigName": name}),
                ("DeleteEndpointConfig", {"EndpointConfigName": name}),
                ("CreateEndpoint", {"EndpointName": name, "EndpointConfigName": name}),
                ("ListEndpointConfigs", {"MaxResults": 2}),
            ]
        )
        answer = local.call(operation, members, x_sm_emulator_session=random.choice("st"))
        answers.append(answer.outcome.body + answer.read.encode())
        local.scenario.clock.advance(random.random() / 10)
    return answers


def digest() -> str:
    from sm_emulator.control.history import to_json

    local = Local(TABLE, seed=5)
    answers = play(local, 0)
    history = json.dumps([to_json(event) for event in local.scenario.store.history.snapshot()])
    return hashlib.sha256(b"\n".join(answers) + history.encode()).hexdigest()


def test_histories_and_answers_are_byte_identical_in_processes_that_hash_otherwise():
    def backend(hash_seed: str) -> str:
        code = "from test_determinism import digest; print(digest())"
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(TESTS)}
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()

    assert {backend("0"), backend("1"), backend("4242")} == {digest()}


def test_another_seed_is_another_history():
    assert play(Local(TABLE, seed=5), 0) != play(Local(TABLE, seed=6), 0)


def lone_traffic(local: Local, disturb=lambda step: None) -> list[bytes]:
    """Write and read one configuration by one session, and let others do what they like between."""
    local.ok("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}})
    local.scenario.store.settle()
    answers = []
    for step in range(120):
        disturb(step)
        operation = ("CreateEndpointConfig", "DescribeEndpointConfig", "DescribeEndpointConfig")[
            step % 3
        ]
        members = {"EndpointConfigName": "lone"}
        if step % 12 == 11:
            operation = "DeleteEndpointConfig"
        elif operation.startswith("Create"):
            members["ProductionVariants"] = [VARIANT]
        answer = local.call(operation, members, x_sm_emulator_session="me")
        answers.append(answer.outcome.body + answer.read.encode())
        local.scenario.clock.advance(0.05)
    return answers


LATE = {"preset": "iam-4s"}


def other_keys(local: Local, step: int) -> None:
    name = f"other-{step % 7}"
    variants = {"EndpointConfigName": name, "ProductionVariants": [VARIANT]}
    local.call("CreateEndpointConfig", variants, x_sm_emulator_session="me")
    local.call("DescribeEndpointConfig", {"EndpointConfigName": name}, x_sm_emulator_session="me")
    local.call("ListEndpointConfigs", {}, x_sm_emulator_session="me")


def other_sessions(local: Local, step: int) -> None:
    for _ in range(step % 4):
        members = {"EndpointConfigName": "lone"}
        local.call("DescribeEndpointConfig", members, x_sm_emulator_session=f"they-{step % 3}")


def other_scenarios(local: Local, step: int) -> None:
    credential = "AWS4-HMAC-SHA256 Credential=999999999999/20260101/us-east-1/sagemaker/aws4_request"
    members = {"ModelName": f"m{step}", "PrimaryContainer": {"Image": "i"}}
    local.call("CreateModel", members, authorization=credential)
    local.scenarios["999999999999"].state.clock.advance(3)
    local.scenarios["999999999999"].state.store.settle()


@pytest.mark.parametrize("others", [other_keys, other_sessions, other_scenarios])
def test_other_traffic_changes_nothing_for_a_key_and_a_session(others):
    disturbed = Local(LATE, seed=3)
    alone = lone_traffic(Local(LATE, seed=3))
    assert lone_traffic(disturbed, lambda step: others(disturbed, step)) == alone
    assert any(b"stale=1" in answer for answer in alone)
    assert any(b"stale=0" in answer for answer in alone)
