"""Stand-ins for a container: bytes, a file, a function, a server on this machine."""

import asyncio
import contextlib
import http.server
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from sm_emulator import ConfigurationError, Emulator
from sm_emulator.containers import Invocation, Reply, adapters, responses
from tests.support import python_models
from tests.support.fake_backend import Neighbourhood
from tests.support.local_gateway import ACCOUNT, VARIANT, Local

ERROR = "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logEventViewer:group="


def answering(*rules: dict, **settings) -> Local:
    local = Local(models=rules, **settings)
    local.model()
    local.endpoint()
    return local


def deploy(emulator: Emulator) -> None:
    """Deploy an endpoint e by a real client."""
    client = emulator.client("sagemaker")
    client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[VARIANT])
    client.create_endpoint(EndpointName="e", EndpointConfigName="c")


# -- bytes and files ------------------------------------------------------------------------------


def test_a_text_is_answered_with_its_content_type():
    result = answering({"body": "0.5\n", "content_type": "text/csv"}).invoke()
    assert (result["Body"], result["ContentType"]) == (b"0.5\n", "text/csv")


def test_a_file_is_answered_byte_by_byte(tmp_path: Path):
    file = tmp_path / "answer.bin"
    file.write_bytes(b"\x00\xff")
    assert answering({"file": str(file)}).invoke()["Body"] == b"\x00\xff"


@pytest.mark.parametrize(
    ("match", "answer"),
    [
        ({"models": "m"}, b"yes"),
        ({"models": "M"}, b""),
        ({"images": "i*"}, b"yes"),
        ({"variants": "All*"}, b"yes"),
        ({"endpoints": "[d-f]"}, b"yes"),
        ({"endpoints": "e", "models": "other"}, b""),
        ({}, b"yes"),
    ],
)
def test_the_first_response_that_matches_decides(match, answer):
    rules = [{"match": match, "body": "yes"}, {"body": ""}]
    assert answering(*rules).invoke()["Body"] == answer


# -- functions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "body"), [("text", "é".encode()), ("data", b'{"predictions":[1]}'), ("parts", b"one two")]
)
def test_a_function_may_give_a_text_json_or_parts(name, body):
    assert answering({"python": f"tests.support.python_models:{name}"}).invoke()["Body"] == body


def test_a_function_may_give_a_whole_reply():
    result = answering({"python": "tests.support.python_models:attributes"}).invoke(
        custom_attributes="a=1"
    )
    assert (result["CustomAttributes"], result["ContentType"]) == ("seen a=1", "text/plain")


def test_parts_are_events_of_a_stream():
    result = answering(
        {"python": "tests.support.python_models:parts", "content_type": "text/plain"}
    ).invoke(how="InvokeEndpointWithResponseStream")
    assert result["Body"] == [("PayloadPart", b"one "), ("PayloadPart", b"two")]
    assert result["ContentType"] == "text/plain"


def test_what_a_function_raises_is_the_models_error():
    answer = answering({"python": "tests.support.python_models:fails"}).infer()
    assert (answer.status, answer.code) == (424, "ModelError")
    assert answer.body == {
        "ErrorCode": "INTERNAL_FAILURE_FROM_MODEL",
        "LogStreamArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/sagemaker/Endpoints/e",
        "Message": 'Received server error (500) from primary with message "ValueError: Feature size is not '
        f'consistent". See {ERROR}/aws/sagemaker/Endpoints/e in account {ACCOUNT} for more information.',
        "OriginalMessage": "ValueError: Feature size is not consistent",
        "OriginalStatusCode": 500,
    }


def test_a_4xx_of_the_model_is_a_client_error():
    answer = answering({"python": "tests.support.python_models:refuses"}).infer(
        how="InvokeEndpointWithResponseStream"
    )
    assert answer.status == 424
    assert answer.body["Message"].startswith(
        'Received client error (400) from primary with message "no". See'
    )
    assert answer.body["ErrorCode"] == "CLIENT_ERROR_FROM_MODEL"


def test_a_long_message_of_the_model_is_cut():
    answer = answering({"body": "x" * 5000, "status": 500}).infer()
    assert len(answer.body["Message"]) < 2048
    assert answer.body["OriginalMessage"] == "x" * 1024


def raising(error: BaseException):
    def model(_: Invocation) -> object:
        raise error

    return model


def yielding(*parts: object, error: BaseException | None = None):
    def model(_: Invocation) -> Iterator[object]:
        yield from parts
        if error:
            raise error

    return model


class UnprintableError(Exception):
    def __str__(self) -> str:
        raise SystemExit


@pytest.fixture
def model(monkeypatch):
    """Deploy a function as the model."""

    def deploy(function, **settings) -> Local:
        monkeypatch.setattr(python_models, "body", function)
        return answering({"python": "tests.support.python_models:body"}, **settings)

    return deploy


@pytest.mark.parametrize(
    "error",
    [
        *(SystemExit(1), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError()),
        *(BaseException("x"), StopIteration(), MemoryError(), RecursionError(), UnprintableError()),
        *(NotImplementedError(), TypeError("\ud800"), ValueError("é" * 1500)),
        TimeoutError("of its own"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("late", [False, True], ids=["called", "iterated"])
def test_whatever_a_function_raises_is_the_models_error(model, caplog, error, late):
    local = model(yielding(b"a part", error=error) if late else raising(error))
    answer = local.infer()
    assert (answer.status, answer.code) == (424, "ModelError")
    assert answer.body["OriginalStatusCode"] == 500
    assert local.gateway.bugs == []
    assert "the model function of variant AllTraffic failed" in caplog.text
    (*_, exchange) = local.scenario.journal
    assert "in model" in exchange.detail
    assert exchange.as_json()["detail"] == exchange.detail


def test_the_journal_keeps_the_last_2000_characters_of_a_traceback(model):
    local = model(raising(ValueError("x" * 5000)))
    local.infer()
    (*_, exchange) = local.scenario.journal
    assert len(exchange.detail) == 2000
    assert exchange.detail.endswith("xxx\n")


@pytest.mark.parametrize(("status", "succeeds"), [(199, False), (200, True), (299, True), (300, False)])
def test_a_reply_succeeds_from_200_to_299(model, status, succeeds):
    assert (model(lambda _: Reply(b"", status=status)).infer().status == 200) is succeeds


def test_a_response_of_25_mib_is_the_largest(model):
    assert model(lambda _: bytes(25 * 2**20)).infer().status == 200
    assert model(lambda _: bytes(25 * 2**20 + 1)).infer().code == "ModelError"


@pytest.mark.parametrize(
    ("rule", "blocks"),
    [
        ({"body": "x"}, False),
        ({"python": "tests.support.python_models:keep"}, True),
        ({"url": "http://127.0.0.1:9"}, True),
    ],
)
def test_a_function_and_a_server_do_not_run_on_the_event_loop(rule, blocks):
    (response,) = responses([rule])
    assert response.blocks is blocks


@pytest.mark.parametrize(
    "result",
    [
        *(bytearray(b"x"), memoryview(b"x"), iter("ab"), {"a"}, [object()], {1: {2}}, object(), 2**70),
        *(2j, float, print, iter([b"a", "b"]), iter([b"a", None]), "\ud800"),
    ],
    ids=lambda result: type(result).__name__,
)
def test_a_result_of_a_wrong_type_is_the_models_error(model, result):
    local = model(lambda _: result)
    answer = local.infer(how="InvokeEndpointWithResponseStream")
    assert (answer.status, answer.code) == (424, "ModelError")
    assert local.gateway.bugs == []


@pytest.mark.parametrize(
    "fields",
    [
        *({"body": "text"}, {"body": None}, {"body": bytearray(b"x")}, {"status": "200"}),
        *({"status": -1}, {"status": 1000}, {"status": 2.0}, {"parts": [b"x"]}, {"parts": ("x",)}),
        *({"content_type": None}, {"custom_attributes": 5}, {"new_session_id": b"x"}),
        *({"content_type": "a" * 1025}, {"broken": "nonsense"}),
    ],
    ids=str,
)
def test_a_wrong_reply_is_the_models_error(model, fields):
    answer = model(lambda _: Reply(**{"body": b"", **fields})).infer()
    assert (answer.status, answer.code) == (424, "ModelError")
    assert answer.body["OriginalMessage"].startswith(("TypeError", "ValueError"))


@pytest.mark.parametrize(
    "function",
    [
        lambda _: b"12345",
        lambda _: "12345",
        lambda _: [1, 2, 3],
        lambda _: Reply(b"12345"),
        lambda _: Reply(b"", parts=(b"123", b"45")),
        lambda _: itertools.repeat(b"1"),
        yielding(b"123", b"45"),
    ],
)
def test_a_result_that_is_too_large_is_the_models_error(monkeypatch, function):
    monkeypatch.setattr(python_models, "body", function)
    rule = {"python": "tests.support.python_models:body"}
    with Emulator(settings={"models.responses": [rule], "runtime.max_response_bytes": 4}) as emulator:
        deploy(emulator)
        with pytest.raises(ClientError, match="the response exceeds 4 bytes") as caught:
            emulator.client("sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=b"")
    assert caught.value.response["Error"]["Code"] == "ModelError"


def test_endless_empty_parts_are_the_models_error(model):
    answer = model(lambda _: itertools.repeat(b"")).infer()
    assert "10000 parts" in answer.body["OriginalMessage"]


def test_a_function_that_takes_too_long_times_out_and_its_result_is_dropped(model):
    released = threading.Event()
    local = model(lambda _: released.wait(20) and b"late", runtime={"timeout": 0.05})
    try:
        answer = local.infer()
    finally:
        released.set()
    assert (answer.status, answer.body["OriginalStatusCode"]) == (424, 0)
    assert "timed out while waiting for a response from container primary" in answer.body["Message"]


def test_parts_that_come_too_late_are_not_waited_for(model, monkeypatch):
    times = itertools.count()
    monkeypatch.setattr(adapters, "_monotonic", lambda: float(next(times)))
    produced = []

    def endless(_: Invocation) -> Iterator[bytes]:
        while True:
            produced.append(b"x")
            yield b"x"

    assert "timed out" in model(endless, runtime={"timeout": 5.0}).infer().body["Message"]
    assert len(produced) == 6


@pytest.mark.parametrize("name", ["attributes", "content_type"])
def test_a_header_of_a_reply_is_one_line_of_ascii(name):
    answer = answering({"python": f"tests.support.python_models:broken_{name}"}).infer()
    assert answer.body["OriginalStatusCode"] == 500
    assert "cannot be the value of a header" in answer.body["OriginalMessage"]


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["InvokeEndpoint", "InvokeEndpointWithResponseStream"])
def test_a_model_that_takes_longer_than_a_minute_is_an_error(how):
    local = answering({"echo": True, "delay": "61s"})
    before = local.scenario.clock()
    answer = local.infer(how=how)
    assert local.scenario.clock() - before == 60
    assert (answer.status, answer.body["OriginalStatusCode"]) == (424, 0)
    assert "timed out while waiting for a response from container primary" in answer.body["Message"]


def test_a_model_that_is_slow_answers_late():
    local = answering({"echo": True, "delay": 0.5}, runtime={"timeout": 1.0})
    before = local.scenario.clock()
    assert local.infer().status == 200
    assert local.scenario.clock() - before == 0.5


def test_a_model_is_not_ready_for_the_given_number_of_requests():
    local = answering({"echo": True, "not_ready": 2})
    answers = [local.infer() for _ in range(3)]
    assert [answer.status for answer in answers] == [429, 429, 200]
    assert answers[0].code == "ModelNotReadyException"


# -- servers --------------------------------------------------------------------------------------


class Container(http.server.BaseHTTPRequestHandler):
    """A container, as SageMaker wants it; what it does is said by the body."""

    protocol_version = "HTTP/1.1"
    ping = 200

    def do_GET(self) -> None:
        self.server.received.append(self.path)  # type: ignore[attr-defined]
        self.send_response(self.server.ping)  # type: ignore[attr-defined]
        body = bytes(self.server.ping_bytes)  # type: ignore[attr-defined]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(self.path)  # type: ignore[attr-defined]
        self.server.headers.append(dict(self.headers))  # type: ignore[attr-defined]
        if body == b"hang up":
            self.close_connection = True
            return
        if body == b"silence":
            self.server.silence.wait(20)  # type: ignore[attr-defined]
            return
        result = json.dumps({"got": body.decode()}).encode()
        self.send_response(400 if body == b"bad" else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("X-Amzn-SageMaker-Custom-Attributes", "theirs")
        self.send_header("X-Amzn-SageMaker-Closed-Session-Id", "s-1")
        cut = body in {b"half", b"half and silence"}
        if body == b"bad chunk":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n%b\r\nnonsense\r\n" % (len(result), result))
            self.close_connection = True
            return
        if body == b"last":
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(result) + cut))
        self.end_headers()
        self.wfile.write(result)
        if cut:
            self.wfile.flush()
            self.close_connection = True
        if body == b"half and silence":
            self.server.silence.wait(20)  # type: ignore[attr-defined]

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def container(ping: int = 200) -> Iterator[http.server.ThreadingHTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Container)
    server.ping, server.ping_bytes, server.received, server.headers = ping, 0, [], []
    server.silence = threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/base/"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.silence.set()
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_server_is_pinged_once_and_invoked_each_time():
    with container() as server:
        local = answering({"url": server.url})
        result = local.invoke(b"1", content_type="text/csv", custom_attributes="ours", session_id="s-1")
        local.invoke(b"2")
    assert server.received == ["/base/ping", "/base/invocations", "/base/invocations"]
    assert result["Body"] == b'{"got": "1"}'
    assert (result["CustomAttributes"], result["ClosedSessionId"]) == ("theirs", "s-1")
    sent = server.headers[0]
    assert (sent["Content-Type"], sent["X-Amzn-SageMaker-Custom-Attributes"]) == ("text/csv", "ours")
    assert sent["X-Amzn-SageMaker-Session-Id"] == "s-1"


def test_the_body_of_a_ping_is_not_read():
    with container() as server:
        server.ping_bytes = 1_000_000
        assert answering({"url": server.url}).invoke(b"1")["Body"] == b'{"got": "1"}'


def test_a_server_that_fails_its_ping_is_not_ready_yet():
    with container(ping=503) as server:
        local = answering({"url": server.url})
        assert local.infer().status == 429
        server.ping = 200
        assert local.infer().status == 200


def test_a_server_that_is_not_ready_fails_no_more_than_what_it_answers_for():
    near = Neighbourhood()
    topic = {"ErrorTopic": "arn:aws:sns:us-east-1:123456789012:bad"}
    with container(ping=503) as server:
        rule = {"match": {"endpoints": "later"}, "url": server.url}
        local = answering(rule, {"match": {"variants": "shadow"}, "url": server.url}, backend=near)
        local.endpoint("shadowed", ShadowProductionVariants=[{**VARIANT, "VariantName": "shadow"}])
        assert local.infer(to="shadowed").status == 200
        output = {"OutputConfig": {"NotificationConfig": topic}}
        local.endpoint("later", AsyncInferenceConfig=output)
        assert local.infer(b"x", "later", "InvokeEndpointAsync").status == 202
    assert "ModelNotReadyException" in near.messages[0][1]["failureReason"]
    assert server.received == ["/base/ping"] * 2
    assert local.gateway.bugs == []


def test_an_error_of_a_server_is_the_models():
    with container() as server:
        answer = answering({"url": server.url}).infer(b"bad")
    assert answer.body["OriginalMessage"] == '{"got": "bad"}'
    assert answer.body["OriginalStatusCode"] == 400


def test_a_server_that_is_not_there_or_hangs_up_is_the_models_error():
    with container() as server:
        local = answering({"url": server.url})
        answer = local.infer(b"hang up")
    assert (answer.status, answer.body["OriginalStatusCode"]) == (424, 0)
    assert f"The container at {server.url} did not answer" in answer.body["Message"]
    assert "did not answer" in answering({"url": server.url}).infer().body["Message"]


def test_a_server_that_is_silent_times_out():
    with container() as server:
        answer = answering({"url": server.url}, runtime={"timeout": 0.05}).infer(b"silence")
    assert "timed out while waiting" in answer.body["Message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"half", "StreamBroken"),
        (b"bad chunk", "StreamBroken"),
        (b"half and silence", "ModelInvocationTimeExceeded"),
    ],
)
def test_a_stream_that_breaks_off_ends_in_an_error(body, code):
    with container() as server:
        local = answering({"url": server.url}, runtime={"timeout": 0.3})
        *parts, (kind, error) = local.invoke(body, how="InvokeEndpointWithResponseStream")["Body"]
        whole = local.infer(body)
    assert b"".join(part for _, part in parts) == b'{"got": "%s"}' % body
    assert (kind, json.loads(error)["ErrorCode"]) == ("ModelStreamError", code)
    assert (whole.status, whole.body["OriginalStatusCode"]) == (424, 0)


@pytest.mark.parametrize("body", [b"x", b"last"])
def test_a_response_of_a_server_may_not_be_too_large_and_is_closed(monkeypatch, body):
    """Where a server says that it will close, the response has the socket, not the connection."""
    received = []
    get = HTTPConnection.getresponse
    monkeypatch.setattr(HTTPConnection, "getresponse", lambda c: received.append(get(c)) or received[-1])
    with container() as server:
        settings = {"models.responses": [{"url": server.url}], "runtime.max_response_bytes": 9}
        with Emulator(settings=settings) as emulator:
            deploy(emulator)
            with pytest.raises(ClientError, match="the response exceeds 9 bytes"):
                emulator.client("sagemaker-runtime").invoke_endpoint(EndpointName="e", Body=body)
    assert all(response.isclosed() for response in received)


# -- what is refused at start-up ------------------------------------------------------------------


def refused(*rules: dict) -> str:
    with pytest.raises(ConfigurationError) as refusal:
        Emulator(settings={"models.responses": list(rules)})
    return str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://10.0.0.1:8080",
        "https://127.0.0.1:8080",
        "http://localhost.example.com",
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1:8080/?x",
    ],
)
def test_a_server_beyond_loopback_is_refused(url):
    assert refused({"url": url}) == (
        f'models.responses[0].url (settings): "{url}" is invalid; allowed: a URL on this machine, as '
        "http://127.0.0.1:8080, that implements /ping and /invocations"
    )


@pytest.mark.parametrize("url", ["http://localhost", "http://[::1]:8080/", "http://127.0.0.1:80/a"])
def test_a_server_on_this_machine_is_taken(url):
    assert Emulator(settings={"models.responses": [{"url": url}]})


@pytest.mark.parametrize(
    "rule", [{}, {"body": "x", "file": "y"}, {"echo": True, "url": "http://127.0.0.1"}]
)
def test_a_response_is_made_in_one_way(rule):
    assert "exactly one of echo, body, file, python and url must be given" in refused(rule)


def test_a_file_that_is_not_there_is_named():
    assert refused({"echo": True}, {"file": "/nowhere/x"}).startswith(
        "models.responses[1].file: '/nowhere/x' cannot be read: "
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere:f", "cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        (
            "tests.support.python_models:nope",
            "cannot be imported: AttributeError: module 'tests.support.python_models' has no attribute 'nope'",
        ),
        ("tests.support.python_models:NOT_A_FUNCTION", "is 5, which is not callable"),
    ],
)
def test_a_function_that_is_not_there_is_named(name, why):
    assert refused({"python": name}) == f"models.responses[0].python: {name!r} {why}"


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"python": "no_function"}, "models.responses[0].python"),
        ({"echo": False}, "models.responses[0].echo"),
        ({"body": "x", "status": 199}, "models.responses[0].status"),
        ({"body": "x", "content_type": "a\nb"}, "models.responses[0].content_type"),
        ({"body": "x", "match": {"models": "[a"}}, "models.responses[0].match.models"),
        ({"body": "x", "match": {"model": "a"}}, "models.responses[0].match.model"),
        ({"body": "x", "delay": "soon"}, "models.responses[0].delay"),
    ],
)
def test_nonsense_is_refused_with_its_place(rule, path):
    assert refused(rule).startswith(f"{path} (settings): ")
