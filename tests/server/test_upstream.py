"""Another emulator on loopback answers what is not ours."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sm_emulator import Emulator
from sm_emulator.errors import ConfigurationError
from sm_emulator.passthrough import backends

ONCE = Config(retries={"total_max_attempts": 1})


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return bound.getsockname()[1]


@pytest.fixture
def before(served):
    """Make an emulator that hands on to the one of the session."""
    with Emulator(settings={"fallthrough": served.url}) as emulator:
        yield emulator


def test_requests_and_answers_pass_untouched(before, account):
    s3 = before.client("s3", account=account)
    s3.create_bucket(Bucket=f"upstream-{account}")
    s3.put_object(Bucket=f"upstream-{account}", Key="a/b c+ü", Body=b"x" * 100, Metadata={"my_key": "v"})
    got = s3.get_object(Bucket=f"upstream-{account}", Key="a/b c+ü", Range="bytes=0-9")
    assert (got["Body"].read(), got["Metadata"]) == (b"x" * 10, {"my_key": "v"})
    assert s3.head_object(Bucket=f"upstream-{account}", Key="a/b c+ü")["ContentLength"] == 100
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=f"upstream-{account}", Key="nope")


def test_the_journal_names_who_answered(before, served, account):
    before.client("sts", account=account).get_caller_identity()
    (exchange,) = before.scenario(account).journal().exchanges
    assert (exchange.origin, exchange.operation) == (served.url, "sts:GetCallerIdentity")


def test_an_unreachable_upstream_is_a_refusal_that_names_the_url():
    url = f"http://127.0.0.1:{free_port()}"
    with Emulator(settings={"fallthrough": url}) as emulator:
        with pytest.raises(ClientError, match=url) as refused:
            emulator.client("sts", config=ONCE).get_caller_identity()
        assert refused.value.response["Error"]["Code"] == "BadGateway"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 502


@contextmanager
def scripted(*parts: bytes, hold: Event) -> Iterator[str]:
    """Serve one response in parts; where `hold` is not set, keep the connection open until it is."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)

        def answer():
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                for part in parts:
                    connection.sendall(part)
                hold.wait(20)

        answering = Thread(target=answer)
        answering.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            hold.set()
            answering.join()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "parts", [(), (HEAD,), (HEAD + b"Content-Length: 10\r\n\r\n", b"half")], ids=["none", "head", "half"]
)
def test_an_upstream_that_hangs_is_a_gateway_timeout(parts):
    with scripted(*parts, hold=Event()) as url:
        settings = {"fallthrough": url, "backend.timeout": "50ms"}
        with Emulator(settings=settings) as emulator, pytest.raises(ClientError) as refused:
            emulator.client("sts", config=ONCE).get_caller_identity()
    error = refused.value.response["Error"]
    assert error["Code"] == "GatewayTimeout"
    assert (
        error["Message"] == f"{url} (setting `fallthrough`): no response within 0.05 s (backend.timeout)"
    )


def test_an_upstream_that_is_slow_in_every_part_has_a_deadline(monkeypatch):
    times = iter([0, 121])
    monkeypatch.setattr(backends, "monotonic", lambda: next(times))
    parts = [HEAD + b"\r\n", b"x"]
    with (
        scripted(*parts, hold=Event()) as url,
        Emulator(settings={"fallthrough": url}) as emulator,
        pytest.raises(ClientError, match="no response within 120 s"),
    ):
        emulator.client("s3", config=ONCE).list_buckets()


def test_an_endless_response_is_a_bad_gateway():
    hold = Event()
    hold.set()
    parts = [HEAD + b"\r\n"] + [bytes(1_000_000)] * 20
    with scripted(*parts, hold=hold) as url:
        settings = {"fallthrough": url, "backend.max_response": 1_000_000}
        with Emulator(settings=settings) as emulator, pytest.raises(ClientError) as refused:
            emulator.client("s3", config=ONCE).list_buckets()
    assert "more than 1000000 bytes (backend.max_response)" in str(refused.value)


def test_a_response_that_ends_early_is_a_bad_gateway():
    hold = Event()
    hold.set()
    with scripted(HEAD + b"Content-Length: 10\r\n\r\nhalf", hold=hold) as url:
        settings = {"fallthrough": url}
        with Emulator(settings=settings) as emulator, pytest.raises(ClientError, match="IncompleteRead"):
            emulator.client("s3", config=ONCE).list_buckets()


def test_a_response_that_is_not_http_is_a_bad_gateway():
    hold = Event()
    hold.set()
    with (
        scripted(b"nonsense\r\n\r\n", hold=hold) as url,
        Emulator(settings={"fallthrough": url}) as emulator,
        pytest.raises(ClientError, match="BadGateway"),
    ):
        emulator.client("s3", config=ONCE).list_buckets()


def test_a_circle_is_refused():
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with (
        Emulator(settings={"server.port": port, "fallthrough": url}) as emulator,
        pytest.raises(ClientError, match="LoopDetected"),
    ):
        emulator.client("sts", config=ONCE).get_caller_identity()


@pytest.mark.parametrize(
    "url",
    [
        *("http://example.com:80", "https://127.0.0.1:5000", "http://127.0.0.1", "http://10.0.0.1:5000"),
        *("http://127.0.0.1:70000", "http://127.0.0.1.evil.com:80", "http://u@127.0.0.1:1", "Moto", ""),
    ],
)
def test_what_is_not_on_loopback_is_refused_by_a_message_that_says_where(url):
    with pytest.raises(ConfigurationError) as refused:
        Emulator(settings={"fallthrough": url})
    assert str(refused.value).startswith(f'fallthrough (settings): "{url}" is invalid; allowed: ')
