"""Answers that fail to arrive, are late, or lose their client, over a socket."""

import errno
import json
import select
import socket
import struct
from contextlib import ExitStack
from threading import Event, Thread

import pytest

from sm_emulator import Emulator
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.server.connection import Limits
from sm_emulator.server.dispatcher import immediate
from sm_emulator.server.listener import Listener
from sm_emulator.wire.message import Outcome, Request
from sm_emulator.wire.steps import Background, Work
from tests.support.fake_connection import Fed, Inline
from tests.support.raw_http import request, wire

CREATE = b'{"ModelName":"m","PrimaryContainer":{"Image":"i"}}'
MISSING = request(b'{"ModelName":"nope"}')


@pytest.fixture
def emulator():
    with Emulator() as emulator:
        yield emulator
        with wire(emulator.url) as after:  # whatever was done: it still answers
            emulator.scenario().faults.replace([])
            assert after.exchange(MISSING).status == 400


@pytest.fixture
def scenario(emulator):
    return emulator.scenario()


def create(name: str = "m") -> bytes:
    return request(
        json.dumps({"ModelName": name, "PrimaryContainer": {"Image": "i"}}).encode(), "CreateModel"
    )


def describe(name: str = "m") -> bytes:
    return request(json.dumps({"ModelName": name}).encode())


def exists(emulator, name: str = "m") -> bool:
    emulator.scenario().faults.replace([])
    with wire(emulator.url) as w:
        return w.exchange(describe(name)).status == 200


class Gate:
    """Waits until the journal has a given number of exchanges."""

    def __init__(self, scenario) -> None:
        self.scenario = scenario

    def until(self, count: int) -> None:
        while len(self.scenario.journal().exchanges) < count:
            Event().wait(0.001)


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_reset_is_econnreset(emulator, scenario, phase):
    with scenario.fault("reset", phase=phase), wire(emulator.url) as w:
        w.send(create())
        with pytest.raises(ConnectionResetError) as raised:
            w.socket.recv(1)
    assert raised.value.errno == errno.ECONNRESET
    assert exists(emulator) is (phase == "after")


@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_close_is_an_end_without_an_answer(emulator, scenario, phase):
    with scenario.fault("close", phase=phase), wire(emulator.url) as w:
        w.send(create())
        assert w.socket.recv(1) == b""
    assert exists(emulator) is (phase == "after")


def test_a_truncated_answer_promises_more_than_comes(emulator, scenario):
    with scenario.fault("truncate", bytes=5), wire(emulator.url) as w:
        w.send(create())
        head, _, body = w.file.read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"Content-Length: 63" in head
    assert body == b'{"Mod'


def test_a_stalled_answer_stops_and_is_closed_at_last(emulator, scenario):
    with scenario.fault("stall", bytes=5, seconds="200ms"), wire(emulator.url) as w:
        w.send(create())
        whole = b""
        while not whole.endswith(b'{"Mod'):
            whole += w.socket.recv(1000)
        assert select.select([w.socket], [], [], 0) == ([], [], [])  # still open, and silent
        assert w.is_closed()


def test_what_is_pipelined_behind_a_lost_answer_is_lost_with_it(emulator, scenario):
    with scenario.fault("close", times=1) as fault, wire(emulator.url) as w:
        w.send(create() + describe())
        assert w.is_closed()
    assert fault.matched == 1


def test_what_is_pipelined_behind_a_delayed_answer_comes_in_order(emulator, scenario):
    with scenario.fault("latency", delay="50ms", operation="CreateModel"), wire(emulator.url) as w:
        w.send(create("a") + describe("a") + create("b") + describe("nope"))
        assert [w.receive().status for _ in range(4)] == [200, 200, 200, 400]


def test_others_are_answered_while_one_waits(emulator, scenario):
    scenario.fault("latency", delay="10s", operation="CreateModel")
    with wire(emulator.url) as slow, wire(emulator.url) as fast:
        slow.send(create())
        assert [fast.exchange(MISSING).status for _ in range(20)] == [400] * 20
        assert select.select([slow.socket], [], [], 0) == ([], [], [])


def test_an_answer_waits_for_before_and_for_after(emulator, scenario):
    scenario.fault("latency", delay="20ms", phase="before", name="one")
    scenario.fault("latency", delay="20ms", phase="after", name="two")
    with wire(emulator.url) as w:
        assert w.exchange(create())["x-sm-emulator-fault"] == "one, two"


@pytest.mark.parametrize("then", [None, "reset", "close", "truncate", "stall", "malformed"])
def test_a_client_that_leaves_during_a_delay_gets_its_operation_done(emulator, scenario, then):
    scenario.fault("latency", delay="50ms")
    if then:
        scenario.fault(then)
    with wire(emulator.url) as w:
        w.send(create())
        w.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    Gate(scenario).until(1)
    assert exists(emulator)


def test_a_head_request_that_waits_has_no_body(emulator, scenario):
    with wire(emulator.url) as w:
        w.send(request(b"", method="HEAD"))
        assert w.receive(head_only=True).status == 404
        assert w.exchange(MISSING).status == 400


def test_stopping_ends_what_waits():
    emulator = Emulator().start()
    emulator.scenario().fault("latency", delay="1h")
    with wire(emulator.url) as w:
        w.send(MISSING)
        with wire(emulator.url) as other:
            other.send(request(b"", method="HEAD"))
            other.receive(head_only=True)
        emulator.stop()
        assert w.is_closed()


def test_without_debug_headers_a_fault_is_byte_for_byte_aws_s_answer():
    with Emulator(settings={"server.debug_headers": False}) as emulator:
        emulator.scenario().fault("throttle")
        with wire(emulator.url) as w:
            reply = w.exchange(MISSING)
    assert reply.body == b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
    assert [name for name, _ in reply.headers] == [
        "x-amzn-RequestId",
        "Content-Type",
        "Content-Length",
        "Date",
    ]
    assert (reply.status, reply["Content-Length"]) == (400, "58")


def test_under_a_foreign_server_its_thread_waits_and_every_answer_comes_in_full(monkeypatch):
    from werkzeug.test import Client

    from sm_emulator.server import app
    from sm_emulator.server.app import create_app

    emulator = Emulator()
    slept = []
    monkeypatch.setattr(app.time, "sleep", slept.append)
    scenario = emulator.scenario()
    scenario.fault("latency", delay=3)
    client = Client(create_app(emulator.gateway, emulator.control, []))
    headers = {"X-Amz-Target": "SageMaker.CreateModel", "Content-Type": "application/x-amz-json-1.1"}
    assert client.post("/", data=CREATE, headers=headers).status_code == 200
    assert slept == [3]
    scenario.fault("close", phase="before")
    assert client.post("/", data=CREATE, headers=headers).status_code == 502


@pytest.fixture
def hosted():
    """An emulator's application under werkzeug's server, and its URL."""
    from werkzeug.serving import make_server

    from sm_emulator.server.app import create_app

    emulator = Emulator(settings={"fallthrough": "off"})
    server = make_server(
        "127.0.0.1", 0, create_app(emulator.gateway, emulator.control, []), threaded=True
    )
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield emulator, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_another_server_reads_bodies_and_paths_as_they_were_sent(hosted):
    emulator, url = hosted
    with wire(url) as w:
        assert w.exchange(create()).status == 200
    with wire(url) as w:
        assert w.exchange(b"GET /_emulator/health?x=y HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").status == 200
    with wire(url) as w:
        w.exchange(b"GET /bucket/a%2Fb?list-type=2 HTTP/1.1\r\nHost: h\r\n\r\n")
    _, exchange = emulator.scenario().journal().exchanges
    assert exchange.resource == "bucket/a%2Fb"


def test_another_server_sends_statuses_and_headers_that_http_does_not_know(hosted):
    emulator, url = hosted
    emulator.scenario().fault("error", code="Odd", status=599, message="m")
    with wire(url) as w:
        assert w.exchange(create()).status == 599


def test_the_way_of_a_request_is_data_until_somebody_follows_it():
    emulator = Emulator(clock="virtual")
    emulator.scenario().fault("latency", delay=3)
    sent = {"x-amz-target": "SageMaker.CreateModel", "content-type": "application/x-amz-json-1.1"}
    steps = emulator.gateway(Request("POST", sent, CREATE))
    assert next(steps).seconds == 3


def test_a_bug_in_background_steps_is_logged_and_harms_no_answer(emulator, monkeypatch, caplog):
    def background(*_):
        yield Background(_broken())
        return {"ModelName": "m", "ModelArn": "a", "CreationTime": 1.0}

    monkeypatch.setitem(OPERATIONS, "DescribeModel", background)
    with wire(emulator.url) as w:
        assert w.exchange(describe()).status == 200
        monkeypatch.undo()
        assert w.exchange(MISSING).status == 400
    assert "this is a bug in sm-emulator" in caplog.text


@pytest.mark.parametrize("path", ["/", "/endpoints/e/invocations", "/bucket/key"])
def test_an_outcome_that_cannot_be_sent_is_a_500_in_the_form_of_its_protocol(path, caplog):
    outcome = Outcome(200, (("x-amzn-RequestId", "an-id"),), "no bytes")
    fed = Fed(lambda _: immediate(outcome))
    reply = fed.feed(request(b"{}").replace(b"POST / ", f"POST {path} ".encode())).decode()
    assert reply.startswith("HTTP/1.1 500 Internal Server Error\r\nx-amzn-RequestId: an-id\r\n")
    assert "InternalFailure" in reply
    assert fed.transport.half_closed
    assert f"cannot send the response to POST {path}" in caplog.text


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit(), KeyError("x")])
@pytest.mark.parametrize("where", ["steps", "work", "background"])
def test_nothing_that_steps_raise_ends_the_server(error, where, caplog):
    def fail():
        raise error

    def background():
        yield from ()
        fail()

    def handler(_):
        if where == "steps":
            fail()
        yield Work(fail, "model") if where == "work" else Background(background())
        return Outcome(200, (), b"")

    fed = Fed(handler)
    status = b"200" if where == "background" else b"500"
    assert fed.feed(request(b"{}")).startswith(b"HTTP/1.1 " + status)
    assert "this is a bug in sm-emulator" in caplog.text


def test_a_client_that_sends_far_ahead_leaves_the_loop_to_others_between_its_answers():
    """200 creates in one read of the socket held the loop for 30 to 90 ms."""
    fed = Fed(lambda _: immediate(Outcome(200, (), b"")))
    counts = [fed.feed(request(b"{}") * 60).count(b"HTTP/1.1 200")]
    while fed.loop.timers[-1].at == fed.loop.now:
        fed.loop.timers.pop().call()
        counts.append(fed.transport.written.count(b"HTTP/1.1 200"))
    assert counts == [8, 16, 24, 32, 40, 48, 56, 60]
    assert not fed.transport.paused


def test_a_header_outside_latin_1_is_sent_as_utf_8():
    fed = Fed(lambda _: immediate(Outcome(200, (("Content-Disposition", 'x="日本.txt"'),), b"")))
    assert 'Content-Disposition: x="日本.txt"\r\n'.encode() in fed.feed(request(b"{}"))


def test_a_download_with_a_unicode_file_name_arrives(served, account):
    s3 = served.client("s3", account=account)
    s3.create_bucket(Bucket=f"unicode-{account}")
    s3.put_object(Bucket=f"unicode-{account}", Key="k", Body=b"x")
    disposition = 'attachment; filename="日本.txt"'
    got = s3.get_object(Bucket=f"unicode-{account}", Key="k", ResponseContentDisposition=disposition)
    assert got["Body"].read() == b"x"
    assert got["ContentDisposition"].encode("latin-1").decode() == disposition


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b"])
def test_a_header_cannot_become_two(value):
    fed = Fed(lambda _: immediate(Outcome(200, (("X-A", value),), b"")))
    head = fed.feed(request(b"{}")).partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert [line.partition(b": ")[0] for line in head[1:]] == [b"X-A", b"Content-Length", b"Date"]
    assert not {b"\r", b"\n", b"\0"} & {bytes([byte]) for line in head for byte in line}


def test_work_that_exceeds_its_timeout_is_answered_and_its_late_result_dropped():
    release, ended = Event(), Event()

    def late():
        release.wait(20)
        ended.set()
        return Outcome(200, (), b"late")

    def handler(_):
        try:
            outcome = yield Work(late, "model", 0.02)
        except TimeoutError as error:
            return Outcome(504, (), str(error).encode())
        return outcome

    listener = Listener(handler, "127.0.0.1", 0, Limits(body=1, connections=10))
    listener.start()
    try:
        with wire(listener.url) as w:
            assert w.exchange(request(b"{}")).body == b"no result within 0.02 s"
            release.set()
            assert ended.wait(20)
            handler_of_second = w.exchange(request(b"{}"))
        assert (handler_of_second.status, handler_of_second.body) == (200, b"late")
    finally:
        listener.stop()


def test_work_that_expires_before_it_begins_is_not_begun(monkeypatch):
    queued, begun = [], []
    monkeypatch.setattr(Inline, "start", lambda _workers, _kind, job: queued.append(job))

    def handler(_):
        try:
            yield Work(lambda: begun.append("late"), "model", 5)
        except TimeoutError:
            return Outcome(504, (), b"")

    fed = Fed(handler)
    fed.feed(request(b"{}"))
    fed.loop.advance(5)
    assert fed.transport.written.startswith(b"HTTP/1.1 504")
    queued.pop()()
    assert begun == []


def test_work_of_other_kinds_and_calls_back_to_the_server_can_always_proceed():
    """Each of 40 models calls the server twice: for work of another kind, and of its own."""
    inner = request(b"{}", "Inner")

    def model(path):
        if path == "/leaf":
            return b"leaf"
        with wire(listener.url) as w:
            replies = [
                w.exchange(inner.replace(b"POST / ", f"POST /{to} ".encode())) for to in ("moto", "leaf")
            ]
        return b" ".join(reply.body for reply in replies)

    def handler(request_):
        kind = "backend" if request_.path == "/moto" else "model"
        body = yield Work(lambda: b"moto" if kind == "backend" else model(request_.path), kind)
        return Outcome(200, (), body)

    listener = Listener(handler, "127.0.0.1", 0, Limits(body=1, connections=200))
    listener.start()
    try:
        with ExitStack() as stack:
            wires = [stack.enter_context(wire(listener.url)) for _ in range(40)]
            for w in wires:
                w.send(request(b"{}"))
            assert [w.receive().body for w in wires] == [b"moto leaf"] * 40
    finally:
        listener.stop()


def _broken():
    """Fail immediately: background steps begin before the answer is sent."""
    yield from ()
    raise ZeroDivisionError
