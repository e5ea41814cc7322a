"""Attacks by what works for the server: model functions, moto, upstreams."""

from __future__ import annotations

import json
import time

from siege.campaign import Limits, Siege, attack
from siege.server import Answer, together
from siege.upstream import BEHAVIOURS

ENDINGS = (
    *("sys_exit", "keyboard_interrupt", "generator_exit", "stop_iteration", "base_exception"),
    *("recursion", "exits_in_a_stream"),
)
ODD_TYPES = (
    *("a_bytearray", "a_memoryview", "a_set", "an_object", "strings", "a_wrong_reply"),
    "a_unicode_reply",
)


def models(*functions: str) -> dict[str, object]:
    """Return settings by which each function answers for the endpoint of its name, with dashes."""
    answers = [
        {"match": {"endpoints": name.replace("_", "-")}, "python": f"models:{name}"}
        for name in functions
    ]
    return {"models.responses": answers}


def _is_model_error(answer: Answer) -> bool:
    return answer.status == 424


@attack("model functions that raise SystemExit and its like", models(*ENDINGS))
def endings(siege: Siege) -> None:
    for function in ENDINGS:
        name = function.replace("_", "-")
        siege.server.endpoint(name)
        for path in ("invocations", "invocations-response-stream"):
            answer = siege.server.request("POST", f"/endpoints/{name}/{path}", b"x", timeout=5)
            fine = _is_model_error(answer) or (path.endswith("stream") and answer.status == 200)
            siege.expect(f"{name}: {answer.status or 'no answer'}", holds=fine)


@attack("model functions that return something else", models(*ODD_TYPES))
def odd_types(siege: Siege) -> None:
    for function in ODD_TYPES:
        name = function.replace("_", "-")
        siege.server.endpoint(name)
        answer = siege.server.invoke(name, timeout=5)
        siege.expect(f"{name}: {answer.status or 'no answer'}", holds=answer.status in {200, 424})


@attack("a model function whose answer never ends", models("endless") | {"runtime.timeout_seconds": 2})
def endless(siege: Siege) -> None:
    siege.server.endpoint("endless")
    answer = siege.server.invoke("endless", timeout=15)
    siege.expect(f"{answer.status or 'no answer'}", holds=_is_model_error(answer))


@attack("a model function that returns 200 MB", models("huge"))
def huge(siege: Siege) -> None:
    siege.server.endpoint("huge")
    answer = siege.server.invoke("huge", timeout=30)
    siege.expect(f"{answer.status or 'no answer'}", holds=answer.status in {200, 424})


@attack(
    "model functions that take longer than they may", models("slow") | {"runtime.timeout_seconds": 1}
)
def too_slow(siege: Siege) -> None:
    siege.server.endpoint("slow")
    for answer in together(siege.size(64, 20), lambda _: siege.server.invoke("slow", timeout=5)):
        siege.expect(f"{answer.status or 'no answer'} after 5 s", holds=_is_model_error(answer))


@attack(
    "200 model functions that call S3 and another endpoint",
    models("calls_back", "echo"),
    limits=Limits(worst=1000, p999=1000, p99=200),
    seconds=120,
)
def calls_back(siege: Siege) -> None:
    for name in ("echo", "calls-back"):
        siege.server.endpoint(name)
    siege.server.s3("GET", "/")  # moto is loaded
    number = siege.size(200, 40)
    for answer in together(number, lambda _: siege.server.invoke("calls-back", timeout=60)):
        siege.expect(f"{answer.status or 'no answer'}", holds=answer.body == b"[200, 200]")


@attack(
    "200 SQS long polls, with PutObject meanwhile",
    # 200 polls are 200 threads of moto's, which look at their queues several times a second
    limits=Limits(worst=200, p999=200, p99=20),
)
def long_polls(siege: Siege) -> None:
    server = siege.server
    queue = json.loads(server.sqs("CreateQueue", {"QueueName": "q"}).body)["QueueUrl"]
    server.s3("PUT", "/bucket")
    poll = {"QueueUrl": queue, "WaitTimeSeconds": 20}
    for _ in range(siege.size(200, 60)):
        siege.later(lambda: server.sqs("ReceiveMessage", poll, timeout=30))
    time.sleep(2)
    for number in range(10):
        put = server.s3("PUT", f"/bucket/{number}", b"x", timeout=5)
        siege.expect(f"PutObject: {put.status or 'no answer'}", holds=put.status == 200)
        siege.expect("PutObject took over 200 ms", holds=put.seconds < 0.2)


@attack("S3 answers with headers outside Latin-1")
def unicode_headers(siege: Siege) -> None:
    siege.server.s3("PUT", "/bucket")
    siege.server.s3("PUT", "/bucket/key", b"content")
    for name in (
        "%E6%97%A5%E6%9C%AC.txt",
        "%E2%82%AC.csv",
        "%C3%A9.csv",
        "%F0%9F%90%8D",
        "a%0D%0Ab",
        "%00",
    ):
        for header in ("content-disposition", "content-type", "cache-control"):
            path = f"/bucket/key?response-{header}=attachment%3B%20filename%3D%22{name}%22"
            answer = siege.server.s3("GET", path, timeout=3)
            siege.expect(f"{name}: {answer.status or 'no answer'}", holds=answer.status != 0)


SHORT = {"runtime.timeout_seconds": 2, "backend.timeout": 2}

for behaviour in BEHAVIOURS:

    @attack(
        f"a container and an upstream that {behaviour}",
        {"models.responses": [{"url": "UPSTREAM"}], "fallthrough": "UPSTREAM", **SHORT},
        limits=Limits(memory=700),
        upstream=behaviour,
        quick=behaviour in {"is silent", "answers without end"},
    )
    def misbehaves(siege: Siege) -> None:
        server = siege.server
        server.endpoint("m")
        for answer in together(4, lambda _: server.invoke("m", timeout=10)):
            siege.expect(f"container: {answer.status or 'no answer'}", holds=_is_model_error(answer))
        for answer in together(4, lambda _: server.s3("GET", "/", timeout=10)):
            siege.expect(f"upstream: {answer.status or 'no answer'}", holds=answer.status in {502, 504})
