"""A short run of the fuzzer; `make fuzz` runs it for a minute."""

import importlib.util
from pathlib import Path

import pytest

from tests.support.raw_http import request

PROGRAM = Path(__file__).resolve().parents[2] / "fuzz" / "wire.py"


@pytest.fixture(scope="module")
def fuzzer():
    spec = importlib.util.spec_from_file_location("fuzz_wire", PROGRAM)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_stream_of_bytes_is_an_internal_failure(fuzzer):
    target = fuzzer.Target()
    # Hypothesis also draws from the constants of all loaded modules, so what a seed gives depends on
    # the tests before this one: several seeds together meet every kind of refusal
    for number in range(6):
        fuzzer.rounds(target, number, examples=250)
    answered = {e.code for made in target.emulators for s in made._scenarios for e in s.state.journal}
    assert {"ValidationException", "SerializationException", "InvalidSignatureException", ""} <= answered


@pytest.mark.parametrize(
    ("stream", "statuses"),
    [
        (request(b'{"ModelName":"m"}'), [400]),
        (request(b"") * 3, [400] * 3),
        (request(b"", method="HEAD"), [404]),
        (request(b"{}", "ListModels") + b"\0", [200, 400]),
        (b"GET http://evil/ HTTP/1.1\r\n\r\n", [400]),
        (b"", []),
    ],
    ids=["one", "three", "head", "noise behind", "a whole URL", "nothing"],
)
def test_the_fuzzer_reads_what_is_answered(fuzzer, stream, statuses):
    """It would find nothing if it could not."""
    target = fuzzer.Target()
    target.attack(stream, [3, 40], 0)
    fed = fuzzer.Fed(target.fronts[0])
    fed.feed(stream)
    assert fuzzer.answers(fed.transport.written, stream) == statuses


def test_the_fuzzer_finds_a_crash(fuzzer, monkeypatch):
    target = fuzzer.Target()
    monkeypatch.setattr(target.emulators[0].gateway, "_answer", lambda context: 1 / 0)
    with pytest.raises(AssertionError, match="division by zero"):
        target.attack(request(b"{}"), [], 0)
