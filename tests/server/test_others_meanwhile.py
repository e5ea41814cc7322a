"""Whatever models and questions of the admin API take, other clients are answered meanwhile."""

import json
from contextlib import ExitStack
from threading import Barrier, Event

import pytest

from sm_emulator import Emulator
from sm_emulator.wire import awsjson
from tests.support import python_models
from tests.support.raw_http import request, wire

MODELS = [
    {"match": {"endpoints": "outer"}, "python": "tests.support.python_models:calls_back"},
    {"match": {"endpoints": "inner"}, "body": "inner"},
]
MISSING = request(b'{"ModelName":"of-no-one"}')
# More than the threads that all work once shared
MANY = 20


def invocation(endpoint: str) -> bytes:
    return f"POST /endpoints/{endpoint}/invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode()


def test_models_that_call_s3_and_an_endpoint_of_the_emulator_all_answer(monkeypatch):
    all_run = Barrier(MANY)

    def calls_back(_):
        all_run.wait(60)
        with wire(emulator.url) as w:
            inner = w.exchange(invocation("inner"))
        return inner.body + json.dumps(s3.list_buckets()["Buckets"]).encode()

    monkeypatch.setattr(python_models, "calls_back", calls_back, raising=False)
    with Emulator(settings={"models.responses": MODELS}) as emulator, ExitStack() as stack:
        s3, sagemaker = (emulator.client(service) for service in ("s3", "sagemaker"))
        sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
        variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large"}
        sagemaker.create_endpoint_config(
            EndpointConfigName="c", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
        )
        for name in ("outer", "inner"):
            sagemaker.create_endpoint(EndpointName=name, EndpointConfigName="c")
        wires = [stack.enter_context(wire(emulator.url)) for _ in range(MANY)]
        for w in wires:
            w.send(invocation("outer"))
        assert [w.receive().body for w in wires] == [b"inner[]"] * MANY


@pytest.mark.parametrize(
    ("question", "computed_by"),
    [
        ("report", "sm_emulator.report.report.report_of"),
        ("history", "sm_emulator.control.history.to_json"),
        ("calls", "sm_emulator.control.scenario.group"),
        ("pending", "sm_emulator.store.visibility.hold_back"),
    ],
)
def test_a_question_of_the_admin_api_holds_up_no_other_client(question, computed_by, monkeypatch):
    from importlib import import_module

    module, _, name = computed_by.rpartition(".")
    original = getattr(import_module(module), name)
    computing, others_answered = Event(), Event()

    def compute(*arguments, **options):
        computing.set()
        assert others_answered.wait(60)
        return original(*arguments, **options)

    settings = {"consistency.preset": "dynamodb", "clock.mode": "virtual"}
    with Emulator(settings=settings) as emulator, wire(emulator.url) as asking, wire(emulator.url) as w:
        w.exchange(request(b'{"ModelName":"m","PrimaryContainer":{"Image":"i"}}', "CreateModel"))
        monkeypatch.setattr(computed_by, compute)
        asking.send(
            f"GET /_emulator/scenarios/default/{question} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )
        assert computing.wait(60)
        assert w.exchange(MISSING).status == 400
        others_answered.set()
        assert asking.receive().status == 200


def test_a_long_body_that_is_decoded_holds_up_no_other_client(monkeypatch):
    original, others_answered = awsjson.has_more_tokens, Event()

    def count(body, most):
        assert len(body) < 100 or others_answered.wait(60)
        return original(body, most)

    monkeypatch.setattr(awsjson, "has_more_tokens", count)
    with Emulator() as emulator, wire(emulator.url) as long, wire(emulator.url) as w:
        long.send(request(json.dumps({"ModelName": "m" * 2_000_000}).encode()))
        assert w.exchange(MISSING).status == 400
        others_answered.set()
        refused = json.loads(long.receive().body)
    assert refused["__type"] == "ValidationException"
    assert "length less than or equal to 63" in refused["message"]
