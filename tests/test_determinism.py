"""The same seed and the same requests give the same bytes; other traffic changes nothing."""

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.local_gateway import VARIANT, Local

ROOT = Path(__file__).resolve().parent.parent
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


VARYING = {"request_id", "wall", "duration"}


def recorded(exchanges: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the exchanges of a journal but for ids and wall times."""
    return [{name: value for name, value in e.items() if name not in VARYING} for e in exchanges]


def digest() -> str:
    """Return the digest of all answers, and of the history and the journal that they leave."""
    from sm_emulator.control.history import to_json

    local = Local(TABLE, seed=5)
    answers = play(local, 0)
    history = json.dumps([to_json(event) for event in local.scenario.store.history.snapshot()])
    journal = json.dumps(recorded(exchange.as_json() for exchange in local.scenario.journal))
    assert journal.count("invocation") == len(answers)
    return hashlib.sha256(b"\n".join(answers) + history.encode() + journal.encode()).hexdigest()


def digest_of(python: str | Path, code: str, hash_seed: str = "0") -> str:
    """Return the digest that a process of its own finds, with this process's packages."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONDONTWRITEBYTECODE": "1"}
    environment["PYTHONPATH"] = os.pathsep.join((str(ROOT), sysconfig.get_path("purelib")))
    code = f"{code}; from tests.test_determinism import digest; print(digest())"
    done = subprocess.run(
        [python, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_histories_journals_and_answers_are_byte_identical_in_processes_that_hash_otherwise():
    assert {digest_of(sys.executable, "pass", seed) for seed in ("0", "1", "4242")} == {digest()}


# A package compiled for one version alone; what it writes is written by json the same way
WITHOUT_ORJSON = """
import json, sys, types
orjson = sys.modules["orjson"] = types.ModuleType("orjson")
orjson.loads, orjson.JSONDecodeError = json.loads, json.JSONDecodeError
def dumps(value, *_, **__):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
orjson.dumps = dumps
"""


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_histories_journals_and_answers_are_byte_identical_in_all_versions_of_python(version):
    # pyenv's shims are there also for versions that are not selected
    installed = [*Path.home().glob(f".pyenv/versions/{version}.*/bin/python")]
    python = next(iter(installed), shutil.which(f"python{version}"))
    if python is None or subprocess.run([python, "--version"], check=False).returncode:
        pytest.skip(f"Python {version} is not installed")
    assert digest_of(python, f"exec({WITHOUT_ORJSON!r})") == digest()


SERVE = f"{sys.executable} -m sm_emulator serve --port 0 --clock virtual --seed 5"
HOSTED = """
from sm_emulator.emulator import Emulator
from sm_emulator.server.app import create_app
emulator = Emulator(clock="virtual", seed=5)
server = make_server("127.0.0.1", 0, create_app(emulator.gateway, emulator.control, []))
print(f"ready http://127.0.0.1:{server.server_address[1]}", flush=True)
server.serve_forever()
"""
WSGI_SERVERS = ("wsgiref.simple_server", "werkzeug.serving")


@contextmanager
def running(command: list[str], hash_seed: str) -> Iterator[str]:
    """Run a server that prints its URL when it is ready."""
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environment, stdout=pipe, stderr=subprocess.DEVNULL, text=True, cwd=ROOT
    ) as server:
        assert server.stdout
        yield server.stdout.readline().split()[-1]
        server.terminate()


def drive(url: str) -> tuple[bytes, list[dict]]:
    """Play a client over HTTP; return the history, and the journal but for ids and wall times."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

    def send(method: str, path: str, body: object = None, **headers: str) -> bytes:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **named})
        return connection.getresponse().read()

    scenario, random = "/_emulator/scenarios/default", Random(0)
    send("PUT", f"{scenario}/consistency", TABLE)
    for _ in range(150):
        name = random.choice(NAMES)
        operation, members = random.choice(
            [
                ("CreateModel", {"ModelName": name, "PrimaryContainer": {"Image": "i"}}),
                ("DescribeModel", {"ModelName": name}),
                ("DeleteModel", {"ModelName": name}),
                ("ListModels", {"MaxResults": 2}),
            ]
        )
        target, session = f"SageMaker.{operation}", random.choice("st")
        send("POST", "/", members, X_Amz_Target=target, X_Sm_Emulator_Session=session)
        send("POST", f"{scenario}/clock", {"advance_seconds": random.random() / 10})
    journal = json.loads(send("GET", f"{scenario}/journal"))["exchanges"]
    return send("GET", f"{scenario}/history"), recorded(journal)


@pytest.mark.slow
def test_histories_and_journals_are_byte_identical_under_every_server():
    from sm_emulator import Emulator  # needs packages that other versions of Python do not have here

    with Emulator(clock="virtual", seed=5) as emulator:
        expected = drive(emulator.url)
    assert len(expected[1]) == 150
    assert any(read["stale"] for entry in expected[1] for read in entry["reads"])
    hosted = [f"from {server} import make_server\n{HOSTED}" for server in WSGI_SERVERS]
    commands = [SERVE.split(), *([sys.executable, "-c", program] for program in hosted)]
    for command, hash_seed in zip(commands, ("1", "4242", "random"), strict=True):
        with running(command, hash_seed) as url:
            assert drive(url) == expected


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
