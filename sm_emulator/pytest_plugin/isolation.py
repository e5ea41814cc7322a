"""A test's process in which AWS is the test's scenario, and nothing beyond loopback can be reached."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
# The position of the address or host among the arguments of an audit event
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
}
# The refusals of the test that is isolated now; none where none is
_active: list[list[str]] = []


@contextmanager
def isolated(variables: Mapping[str, str]) -> Iterator[list[str]]:
    """Set the environment to `variables` without proxies, and refuse connections beyond loopback.

    boto3's default session is removed until the end. Return a list, to which every refusal is added.
    """
    before = dict(os.environ)
    session = getattr(sys.modules.get("boto3"), "DEFAULT_SESSION", None)
    refused: list[str] = []
    _set_environment({k: v for k, v in variables.items() if k.upper() not in _PROXIES})
    _set_default_session(None)
    _listen()
    _active.append(refused)
    try:
        yield refused
    finally:
        _active.pop()
        _set_environment(before)
        _set_default_session(session)


def _set_environment(variables: Mapping[str, str]) -> None:
    for name in os.environ.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)


def _set_default_session(session: Any) -> None:
    if boto3 := sys.modules.get("boto3"):
        setattr(boto3, "DEFAULT_SESSION", session)  # noqa: B010  mypy does not know it


@cache  # no hook can be removed
def _listen() -> None:
    sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and event in _EVENTS:
        check(arguments[_EVENTS[event]], arguments[1] if event == "socket.getaddrinfo" else None)


def check(address: object, port: object = None) -> None:
    """Fail the test that connects to an address, or looks up a host, beyond loopback.

    What it raises is not an Exception, which SDKs would retry and programs catch. The emulator's own
    threads may have a reason: an upstream that its configuration names.
    """
    from sm_emulator.values import is_loopback  # noqa: PLC0415  keeps the plugin cheap

    host, port = address[:2] if isinstance(address, tuple) else (address, port)
    name = host.decode() if isinstance(host, bytes) else host
    own = threading.current_thread().name.startswith("sm-emulator")
    # a path is a socket of this machine; no host, or "", is this machine
    if own or not isinstance(name, str) or not name or "/" in name or is_loopback(name):
        return
    place = name if port is None else f"{name}:{port}"
    sentence = (
        f"sm-emulator stopped a request of this test to {place}, which would have left this machine. "
        "A client that is made before the test, as at import, or with its own endpoint_url, does not "
        "use AWS_ENDPOINT_URL: make it in the test, in a fixture or in a function."
    )
    _active[-1].append(sentence)
    pytest.fail(sentence, pytrace=False)
