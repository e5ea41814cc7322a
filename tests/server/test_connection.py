"""HTTP/1.1 of the listener, attacked byte by byte."""

import re
import socket
import uuid
from threading import Thread

import pytest

from sm_emulator import Emulator
from sm_emulator.server import connection
from sm_emulator.server.dispatcher import immediate
from sm_emulator.wire.message import Outcome
from tests.support.fake_connection import Fed
from tests.support.raw_http import request, wire

MISSING = b'{"ModelName":"nope"}'


def unused(_):
    """Answer with nothing."""
    yield from ()
    return Outcome(204, (), b"")


CHUNKED = "Transfer-Encoding: chunked"


@pytest.fixture
def url(served):
    yield served.url
    with wire(served.url) as after:  # whatever was done: it still answers
        assert after.exchange(request(MISSING)).status == 400


def test_a_success_has_the_headers_of_aws_in_their_case_and_no_others(url):
    with wire(url) as w:
        reply = w.exchange(
            request(b'{"ModelName":"headers","PrimaryContainer":{"Image":"i"}}', "CreateModel")
        )
    assert reply.status == 200
    assert sorted(name for name, _ in reply.headers) == [
        "Content-Length",
        "Content-Type",
        "Date",
        "x-amzn-RequestId",
    ]
    assert str(uuid.UUID(reply["x-amzn-RequestId"])) == reply["x-amzn-RequestId"]
    assert reply["Content-Type"] == "application/x-amz-json-1.1"
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", reply["Date"])


def test_an_error_has_the_same_headers(url):
    with wire(url) as w:
        reply = w.exchange(request(MISSING))
    assert {name for name, _ in reply.headers} == {
        "Content-Length",
        "Content-Type",
        "Date",
        "x-amzn-RequestId",
    }


def test_get_on_the_root_is_29_bytes_that_are_no_json(url):
    with wire(url) as w:
        reply = w.exchange(request(b"", method="GET"))
    assert (reply.status, reply.body) == (404, b"<UnknownOperationException/>\n")


def test_a_head_request_has_no_body(url):
    with wire(url) as w:
        w.send(request(b"", method="HEAD"))
        assert w.receive(head_only=True)["Content-Length"] == "29"
        assert w.exchange(request(MISSING)).status == 400


def test_a_connection_is_kept(url):
    with wire(url) as w:
        assert [w.exchange(request(MISSING)).status for _ in range(3)] == [400, 400, 400]


def test_pipelined_requests_are_answered_in_their_order(url):
    names = [f"m{i}" for i in range(50)]
    with wire(url) as w:
        w.send(b"".join(request(b'{"ModelName":"%s"}' % name.encode()) for name in names))
        for name in names:
            assert f'model/{name}\\"' in w.receive().body.decode()


def test_a_chunked_body_is_read(url):
    chunks = b'8\r\n{"ModelN\r\nc\r\name":"nope"}\r\n0\r\n\r\n'
    with wire(url) as w:
        reply = w.exchange(request(b"", "DescribeModel", CHUNKED) + chunks)
    assert reply.json["__type"] == "ValidationException"


def test_a_body_may_be_announced(url):
    with wire(url) as w:
        whole = request(MISSING, "DescribeModel", "Expect: 100-continue")
        w.send(whole.removesuffix(MISSING))
        assert w.receive().status == 100
        assert w.exchange(MISSING).status == 400


def test_a_client_may_want_the_connection_closed(url):
    with wire(url) as w:
        assert (
            w.exchange(request(MISSING, "DescribeModel", "Connection: close"))["Connection"] == "close"
        )
        assert w.is_closed()


def test_http_1_0_is_answered_and_closed(url):
    with wire(url) as w:
        assert w.exchange(request(MISSING).replace(b"HTTP/1.1", b"HTTP/1.0", 1)).status == 400
        assert w.is_closed()


def test_a_request_may_come_byte_by_byte(url):
    with wire(url) as w:
        for byte in request(MISSING):
            w.send(bytes([byte]))
        assert w.receive().json["__type"] == "ValidationException"


def test_repeated_headers_are_joined(url):
    with wire(url) as w:
        reply = w.exchange(request(MISSING, "DescribeModel", "x-amz-target: SageMaker.CreateModel"))
    assert reply.json == {"__type": "UnknownOperationException"}


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n\x00\x01\x02",
        b"GET\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
    ids=["noise", "no path", "version", "tls", "length", "negative", "chunk", "upgrade"],
)
def test_invalid_http_is_refused_and_the_connection_closed(url, garbage):
    with wire(url) as w:
        assert w.exchange(garbage).status == 400
        assert w.is_closed()


def test_a_flood_of_headers_is_refused(url):
    with wire(url) as w:
        flood = "\r\n".join(f"X-Flood-{i}: {'x' * 100}" for i in range(2000))
        assert w.exchange(request(b"", "DescribeModel", flood)).status == 431
        assert w.is_closed()


def trailing(count: int) -> bytes:
    """Write a chunked request with this number of trailers, the last of which names another operation."""
    head = request(b"", "DescribeModel", "Transfer-Encoding: chunked")
    trailers = [f"X-Trailer-{i}: {'x' * 100}" for i in range(count - 1)]
    trailer_lines = "\r\n".join([*trailers, "X-Amz-Target: SageMaker.Nope"]).encode()
    return head + b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(MISSING), MISSING, trailer_lines)


def test_what_comes_behind_a_body_is_passed_over(url):
    with wire(url) as w:
        assert w.exchange(trailing(100)).json["__type"] == "ValidationException"
        assert w.exchange(request(MISSING, "DescribeModel")).status == 400


def test_a_flood_behind_a_body_is_refused(url):
    with wire(url) as w:
        assert w.exchange(trailing(2000)).status == 431
        assert w.is_closed()


def test_a_header_without_an_end_is_refused(url):
    with wire(url) as w:
        w.send(b"POST / HTTP/1.1\r\nX-Endless: " + b"x" * (connection.MAX_HEAD * 2))
        assert w.receive().status == 431
        assert w.is_closed()


def test_many_headers_within_the_limit_are_fine(url):
    headers = [f"X-Header-{i}: {'x' * 100}" for i in range(400)]
    with wire(url) as w:
        assert w.exchange(request(MISSING, "DescribeModel", *headers)).status == 400


def test_a_body_of_20_mb_is_refused_before_it_is_read(url):
    with wire(url) as w:
        w.send(request(b"", "DescribeModel").replace(b"Content-Length: 0", b"Content-Length: 20000000"))
        reply = w.receive()
        assert (reply.status, reply.body) == (413, b"HTTP content length exceeded 10485760 bytes.")
        assert w.is_closed()


def test_a_chunked_body_of_20_mb_is_refused_where_it_gets_too_long(url):
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    with wire(url) as w:
        w.send(request(b"", "DescribeModel", CHUNKED))
        try:
            for _ in range(20):
                w.send(chunk)
        except (BrokenPipeError, ConnectionResetError):
            return  # it hung up while we were talking
        assert w.receive().status == 413


def test_a_body_just_below_the_limit_is_read(url):
    body = b'{"ModelName":"nope","Zzz":"%s"}' % (b"x" * (connection.HOSTING_BODY - 100))
    with wire(url) as w:
        assert w.exchange(request(body)).json["__type"] == "ValidationException"


@pytest.mark.parametrize("cut", [10, 60, -5])
def test_a_client_may_leave_in_the_middle(url, cut):
    with wire(url) as w:
        w.send(request(MISSING)[:cut])


@pytest.mark.slow
def test_a_client_that_does_not_read_is_waited_for(url):
    count = 20_000
    with wire(url) as w:
        sent = request(MISSING) * 100
        writer = Thread(target=lambda: [w.send(sent) for _ in range(count // 100)])
        writer.start()
        for _ in range(count):
            assert w.receive().status == 400
        writer.join()


def test_an_idle_connection_is_closed(monkeypatch):
    monkeypatch.setattr(connection, "IDLE_SECONDS", 0.05)
    with Emulator() as emulator, wire(emulator.url) as w:
        assert w.exchange(request(MISSING)).status == 400
        assert w.is_closed()


@pytest.mark.parametrize("begun", [b"POST / HTTP/1.1\r\nX-Slow: x", b"\r\n"], ids=repr)
def test_a_head_that_comes_too_slowly_is_closed(begun):
    """Each byte is a sign of life, but none of an end."""
    fed = Fed(unused)
    fed.feed(begun)
    for _ in range(int(connection.HEAD_SECONDS)):
        assert not fed.transport.closing
        fed.feed(begun[-1:])
        fed.loop.advance(1)
    fed.loop.advance(connection.HEAD_SECONDS)
    assert (fed.transport.closing, fed.transport.written) == (True, b"")


def test_a_body_may_come_slowly_and_so_may_the_next_head():
    fed = Fed(unused)
    fed.feed(request(b"x" * 14).removesuffix(b"x" * 14))
    for _ in range(14):
        fed.loop.advance(connection.HEAD_SECONDS)
        assert not fed.transport.closing
        fed.feed(b"x")
    fed.loop.advance(connection.IDLE_SECONDS - 1)
    assert fed.transport.written.startswith(b"HTTP/1.1 204")
    assert not fed.transport.closing


def test_a_body_that_comes_too_slowly_is_closed():
    fed = Fed(unused)
    fed.feed(request(b"x" * 1000).removesuffix(b"x" * 1000))
    for _ in range(300):
        assert not fed.transport.closing
        fed.feed(b"x")
        fed.loop.advance(1)
    fed.loop.advance(connection.HEAD_SECONDS)
    assert (fed.transport.closing, fed.transport.written) == (True, b"")


def test_a_client_that_never_reads_its_response_is_given_up():
    fed = Fed(unused)
    fed.transport.unsent = 1000
    fed.feed(request(MISSING))
    for unsent in range(900, 0, -100):
        fed.transport.unsent = unsent  # it reads, slowly
        fed.loop.advance(connection.IDLE_SECONDS - 1)
        assert not fed.transport.closing
    fed.loop.advance(2 * connection.IDLE_SECONDS)
    assert fed.transport.aborted


def test_no_response_is_made_for_a_client_that_does_not_read_those_before_it():
    answered = []

    def handler(request_):
        answered.append(request_)
        yield from ()
        return Outcome(204, (), b"")

    fed = Fed(lambda request_: handler(request_))
    fed.feed(request(MISSING))
    fed.connection.pause_writing()
    fed.feed(request(MISSING) * 3)
    assert len(answered) == 1
    fed.connection.resume_writing()
    assert len(answered) == 4


def test_a_large_body_is_sent_in_parts_as_the_client_reads_it():
    body = bytes(range(256)) * 10_000
    fed = Fed(lambda _: immediate(Outcome(200, (), body)))
    part = len(fed.feed(request(MISSING)))
    assert part < len(body)
    fed.loop.advance(0)
    fed.feed(request(MISSING, "DescribeModel", "Connection: close"))
    fed.connection.pause_writing()
    written = len(fed.transport.written)
    fed.loop.advance(1)
    assert len(fed.transport.written) == written
    fed.connection.resume_writing()
    fed.loop.advance(1)
    assert fed.transport.written.count(body) == 2
    assert fed.transport.half_closed


def test_a_client_that_leaves_in_the_middle_of_a_large_body_is_sent_no_more():
    answered = []

    def handler(request_):
        answered.append(request_)
        return immediate(Outcome(200, (), bytes(2_560_000)))

    fed = Fed(handler)
    written = len(fed.feed(request(MISSING) * 2))
    fed.transport.close()
    fed.loop.advance(1)
    assert (len(fed.transport.written), len(answered)) == (written, 2)


def test_no_packet_waits_for_the_acknowledgement_of_another():
    fed = Fed(unused)
    set_option = fed.transport.get_extra_info("socket").setsockopt
    set_option.assert_called_once_with(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def test_a_refused_request_waits_for_the_responses_before_it(url):
    with Emulator() as emulator, wire(emulator.url) as w:
        emulator.scenario().fault("latency", delay="50ms")
        w.send(request(MISSING) + b"no HTTP\r\n\r\n")
        assert w.receive().json["__type"] == "ValidationException"
        assert (w.receive().body, w.is_closed()) == (b"", True)


def test_a_client_that_sends_a_body_beyond_the_limit_receives_the_refusal(url):
    size = 3 * connection.HOSTING_BODY
    head = request(b"").replace(b"Content-Length: 0", b"Content-Length: %d" % size)
    with wire(url) as w:
        w.send(head + bytes(size))
        assert w.receive().status == 413
        assert w.is_closed()


@pytest.mark.parametrize("behind", [request(MISSING), b"no HTTP\r\n\r\n"], ids=["request", "noise"])
@pytest.mark.parametrize("delay", ["0s", "20ms"])
def test_what_follows_the_last_request_is_not_answered(behind, delay):
    with Emulator() as emulator, wire(emulator.url) as w:
        emulator.scenario().fault("latency", delay=delay)
        w.send(request(MISSING, "DescribeModel", "Connection: close") + behind)
        assert w.receive().json["__type"] == "ValidationException"
        assert w.is_closed()


def test_a_refused_client_that_has_closed_its_half_is_closed():
    with Emulator() as emulator, wire(emulator.url) as w:
        emulator.scenario().fault("latency", delay="20ms")
        w.send(request(MISSING) + b"no HTTP\r\n\r\n")
        w.socket.shutdown(socket.SHUT_WR)
        assert [w.receive().status for _ in range(2)] == [400] * 2
        assert w.is_closed()


def test_a_client_that_keeps_its_side_open_after_its_refusal_is_closed():
    fed = Fed(unused)
    fed.feed(b"no HTTP\r\n\r\n")
    fed.loop.advance(connection.LINGER_SECONDS - 1)
    assert not fed.transport.closing
    fed.loop.advance(1)
    assert fed.transport.closing


def test_a_half_closed_client_receives_the_responses_to_all_that_it_sent():
    with Emulator() as emulator, wire(emulator.url) as w:
        emulator.scenario().fault("latency", delay="20ms")
        w.send(request(MISSING) * 3)
        w.socket.shutdown(socket.SHUT_WR)
        assert [w.receive().status for _ in range(3)] == [400] * 3
        assert w.is_closed()


def test_an_error_in_the_parser_s_callbacks_is_answered_and_logged(caplog):
    def broken(_):
        raise ZeroDivisionError

    fed = Fed(broken)
    assert fed.feed(request(MISSING)).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert "ZeroDivisionError" in caplog.text


def test_more_connections_than_allowed_get_503_and_are_closed():
    with Emulator(settings={"server.max_connections": 2}) as emulator:
        with wire(emulator.url) as first, wire(emulator.url) as second:
            assert {w.exchange(request(MISSING)).status for w in (first, second)} == {400}
            with wire(emulator.url) as third:
                assert third.receive().status == 503
                assert third.is_closed()
            assert first.exchange(request(MISSING)).status == 400
            second.socket.shutdown(socket.SHUT_WR)
            assert second.is_closed()
        with wire(emulator.url) as again:
            assert again.exchange(request(MISSING)).status == 400


def test_stopping_closes_what_is_open():
    emulator = Emulator().start()
    with wire(emulator.url) as w:
        assert w.exchange(request(MISSING)).status == 400
        emulator.stop()
        assert w.is_closed()


def test_an_ipv6_address_is_served_too():
    with Emulator(settings={"server.host": "::1"}) as emulator:
        assert emulator.url.startswith("http://[::1]:")
        with wire(emulator.url) as w:
            assert w.exchange(request(MISSING)).status == 400
