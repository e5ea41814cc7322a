"""Start and stop of the listener, in every state that a client or a model can bring about."""

import signal
import socket
import subprocess
import sys
import time
from threading import Event, active_count

import pytest

from sm_emulator import Emulator
from sm_emulator.server.connection import Limits
from sm_emulator.server.dispatcher import immediate
from sm_emulator.server.listener import Listener
from sm_emulator.wire.message import Outcome
from sm_emulator.wire.steps import Work
from tests.support.raw_http import request, wire

LIMITS = Limits(body=1_000_000, connections=10)
PING = b"GET / HTTP/1.1\r\n\r\n"


def empty(_):
    return immediate(Outcome(200, (), b""))


def listener(handler=empty) -> Listener:
    return Listener(handler, "127.0.0.1", 0, LIMITS)


def test_a_listener_that_cannot_start_raises_and_leaves_nothing():
    threads = active_count()
    broken = listener()
    broken._socket.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        broken.start()
    assert active_count() == threads
    broken.stop()


def test_an_event_loop_that_cannot_be_made_is_an_error_of_start(monkeypatch):
    def no_more_files(*_):
        raise OSError(24, "Too many open files")

    made = listener()
    monkeypatch.setattr("asyncio.SelectorEventLoop.__init__", no_more_files)
    with pytest.raises(OSError, match="Too many open files"):
        made.start()
    assert made._socket.fileno() == -1


def test_a_listener_starts_once_and_may_be_stopped_twice():
    made = listener()
    made.start()
    with pytest.raises(RuntimeError, match=f"already serving at {made.url}"):
        made.start()
    with wire(made.url) as w:
        assert w.exchange(PING).status == 200
    made.stop()
    made.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", made.port))


def test_stop_does_not_wait_for_a_client_that_does_not_read():
    body = bytes(50_000_000)
    made = listener(lambda _: immediate(Outcome(200, (), body)))
    made.start()
    with wire(made.url) as w:
        w.send(PING)
        assert w.socket.recv(1) == b"H"
        made.stop()
        assert len(w.file.read()) < len(body)


def test_stop_does_not_wait_for_work():
    started, release = Event(), Event()

    def work():
        started.set()
        release.wait(20)
        return Outcome(200, (), b"")

    def handler(_):
        outcome = yield Work(work, "model")
        return outcome

    made = listener(handler)
    made.start()
    with wire(made.url) as w:
        w.send(PING)
        assert started.wait(20)
        made.stop()
        assert w.is_closed()
    release.set()


def test_waits_end_although_the_clock_of_the_program_is_frozen(monkeypatch):
    """As under freezegun, which replaces `time.monotonic`."""
    with Emulator() as emulator:
        monkeypatch.setattr(time, "monotonic", lambda: 1000.0)
        emulator.scenario().fault("latency", delay="10ms")
        with wire(emulator.url) as w:
            assert w.exchange(request(b"{}")).status == 400


SERVE = """
import socket, sys
from threading import Event
from sm_emulator.server.connection import Limits
from sm_emulator.server.listener import Listener
from sm_emulator.wire.message import Outcome
from sm_emulator.wire.steps import Wait, Work

def handler(request):
    state = request.path[1:]
    print(state, flush=True)
    if state == "work":
        yield Work(Event().wait, "model")
    elif state == "wait":
        yield Wait(3600)
    elif state == "loop":
        while True:
            pass
    yield from ()
    return Outcome(200, (), bytes(50_000_000))

listener = Listener(handler, "127.0.0.1", 0, Limits(body=1, connections=10))
listener.run(lambda: print(listener.url, flush=True))
"""


@pytest.fixture
def serving():
    with subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip(), process.stdout.readline
        process.kill()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("state", ["work", "wait", "loop", "unread"])
def test_a_signal_ends_the_process_in_every_state(serving, state, number):
    process, url, line = serving
    with wire(url) as w:
        w.send(f"GET /{state} HTTP/1.1\r\n\r\n".encode())
        assert line() == f"{state}\n"
        process.send_signal(number)
        assert process.wait(10) == 0


def test_a_second_signal_ends_the_process_immediately(serving):
    process, url, line = serving
    with wire(url) as w:
        w.send(b"GET /loop HTTP/1.1\r\n\r\n")
        assert line() == "loop\n"
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 128 + signal.SIGTERM
