"""Feed the listener bytes: noise, valid requests, and these after they were cut, spliced, and turned.

    python fuzz/wire.py --seconds 60

Whatever arrives, no exception leaves the connection, each answer is HTTP, none is an internal
failure, and there are no more answers than requests. A counterexample is shrunk and printed;
the exit code is then 1.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sm_emulator import Emulator
from sm_emulator.clock import VIRTUAL_START
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.server.dispatcher import Dispatcher, OriginPolicy
from tests.support.fake_connection import Fed

# HTTP's own refusals, and the codes that are an answer: 501 names what is not here
STATUSES = {200, 202, 204, 301, 308, 400, 403, 404, 405, 409, 413, 415, 424, 431, 501}
SCOPE = "20260101/us-east-1/sagemaker/aws4_request"
QUERY = "&X-Amz-SignedHeaders=host&X-Amz-Date=20260101T000000Z"
SIGNED = (
    f"Authorization: AWS4-HMAC-SHA256 Credential=AKID/{SCOPE}, SignedHeaders=host;x, Signature=0\r\n"
    "X-Amz-Date: 20260101T000000Z"
)
TOKENS = st.sampled_from(
    [
        *("\r\n", "\r\n\r\n", "\r", "\n", ":", " ", "\t", "\0", "%00", "%", "%2f", "..", "//", "?", "#"),
        *("Content-Length: 5\r\n", "Content-Length: 0\r\n", "Content-Length: -1\r\n", "Host: evil\r\n"),
        *("Content-Length: 99999999999999999999\r\n", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        *(
            "Transfer-Encoding: gzip\r\n",
            "Expect: 100-continue\r\n",
            "Connection: close\r\n",
            "HTTP/1.0",
        ),
        *(
            "Connection: Upgrade\r\nUpgrade: h2c\r\n",
            "Connection: keep-alive\r\n",
            "ffffffffffffffff\r\n",
        ),
        *(
            "\u00e9",
            "\u00ff",
            "\u00b2",
            "[" * 2000,
            '{"a":' * 500,
            "1e999",
            "NaN",
            "\\ud800",
            "9" * 5000,
        ),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        ["m", "c", "e", "a", "ml.m5.large", "arn:aws:sagemaker:us-east-1:123456789012:model/m"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = st.sampled_from(
    [
        *(
            "ModelName",
            "EndpointConfigName",
            "EndpointName",
            "ResourceArn",
            "Tags",
            "NextToken",
            "MaxResults",
        ),
        *(
            "ProductionVariants",
            "PrimaryContainer",
            "InferenceComponentName",
            "DesiredWeightsAndCapacities",
        ),
        *("CreationTimeAfter", "NameContains", "SortBy", "DeploymentConfig", "TagKeys"),
    ]
)
VARIANT = {
    "VariantName": "a",
    "ModelName": "m",
    "InstanceType": "ml.m5.large",
    "InitialInstanceCount": 1,
}
# Calls that succeed, one after the other
GOOD = st.sampled_from(
    [
        ("CreateModel", {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}),
        ("CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": [VARIANT]}),
        ("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "c"}),
        ("DescribeEndpoint", {"EndpointName": "e"}),
        ("DeleteEndpoint", {"EndpointName": "e"}),
        ("DeleteEndpointConfig", {"EndpointConfigName": "c"}),
        ("DeleteModel", {"ModelName": "m"}),
        ("ListEndpoints", {"MaxResults": 1}),
    ]
).map(lambda call: (call[0], json.dumps(call[1]).encode()))
BODIES = st.dictionaries(MEMBERS, VALUES, max_size=4).map(lambda value: json.dumps(value).encode())
PATHS = st.sampled_from(
    [
        *["/"] * 12,
        "/endpoints/e/invocations",
        "/endpoints/%C3%A9/async-invocations",
        "/_emulator/health",
        "/_emulator/scenarios/default/faults",
        "/_emulator/scenarios/default/seed",
        "/_emulator/scenarios/000000000001/consistency",
        "/_emulator/scenarios/default/journal?limit=x",
        "/bucket/key?x=%zz",
        f"/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID/{SCOPE}&X-Amz-Signature=0{QUERY}",
    ]
)
HEADERS = st.lists(
    st.sampled_from(
        [
            *[SIGNED] * 4,
            *["Host: 127.0.0.1"] * 4,
            "X-Amz-Date: 20260101T000000Z",
            "Authorization: AWS4-HMAC-SHA256 Credential=,Signature=",
            "Date: nonsense",
            "Content-Type: application/json",
            "Origin: null",
            "x-sm-emulator-session: s",
            "amz-sdk-request: attempt=9999999; max=3",
            "X-Amzn-SageMaker-Target-Variant: \u00ff",
            "X-Amzn-SageMaker-Inference-Id: x",
        ]
    ),
    max_size=3,
)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Draw a request that is valid HTTP."""
    any_call = st.tuples(st.sampled_from(sorted(OPERATIONS)), BODIES | st.binary(max_size=40))
    operation, body = draw(any_call | GOOD)
    method = draw(st.sampled_from([*["POST"] * 12, "GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]))
    lines = [
        f"{method} {draw(PATHS)} HTTP/1.1",
        "Content-Type: application/x-amz-json-1.1",
        f"X-Amz-Target: SageMaker.{operation}",
        f"Content-Length: {len(body)}",
        *draw(HEADERS),
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Draw what a client sends: requests, mutated here and there."""
    stream = b"".join(draw(st.lists(requests() | st.binary(max_size=30), min_size=1, max_size=3)))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2, 4]))):
        start = draw(st.integers(0, len(stream)))
        end = min(len(stream), start + draw(st.integers(0, 12)))
        piece = draw(TOKENS).encode("latin-1") if draw(st.booleans()) else draw(st.binary(max_size=4))
        stream = stream[:start] + piece + stream[end:]
    return stream


class Target:
    """Two emulators: one verifies signatures, the other does not."""

    def __init__(self) -> None:
        made = {"fallthrough": "off", "journal.bodies": True, "models.required": False}
        self.emulators = [
            Emulator(clock="virtual", preset="dynamodb", settings={**made, "auth.verify": verify})
            for verify in (False, True)
        ]
        for emulator in self.emulators:
            emulator.gateway._wall = lambda: VIRTUAL_START  # noqa: SLF001  or signatures would expire
        self.fronts = [
            Dispatcher(OriginPolicy(()), emulator.gateway, emulator._application)  # noqa: SLF001  no socket
            for emulator in self.emulators
        ]

    def attack(self, stream: bytes, cuts: list[int], variant: int) -> None:
        """Feed a stream in pieces, and judge what comes of it."""
        fed = Fed(self.fronts[variant])
        for start, end in itertools.pairwise(
            [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
        ):
            fed.feed(stream[start:end])
        fed.loop.advance(300)
        fed.lose()
        assert fed.transport.closing, "a silent connection was left open"
        assert not self.emulators[variant].gateway.bugs, self.emulators[variant].gateway.bugs.pop()
        for status in answers(fed.transport.written, stream):
            assert status in STATUSES, (status, fed.transport.written)


def answers(written: bytes, stream: bytes) -> list[int]:
    """Read the statuses of all that was answered; a HEAD gets no body, whatever the length says."""
    statuses = []
    bodiless = b"HEAD" in stream
    while written:
        head, end, rest = written.partition(b"\r\n\r\n")
        assert end, "an answer without an end of its head"
        first, *lines = head.decode("latin-1").split("\r\n")
        assert first.startswith("HTTP/1.1 ")
        headers = dict(line.split(": ", 1) for line in lines)
        status = int(first[9:12])
        length = int(headers.get("Content-Length", "0"))
        if bodiless and (not rest or rest.startswith(b"HTTP/1.1 ")):
            length = 0
        assert len(rest) >= length, "an answer that is shorter than it says"
        written = rest[length:]
        if status != 100:
            statuses.append(status)
    return statuses


CUTS = st.lists(st.integers(0, 5000), max_size=3)


def rounds(target: Target, number: int, examples: int) -> None:
    """Attack with this number of examples, drawn by a seed."""

    @seed(number)
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(streams(), CUTS, st.integers(0, 1))
    def attack(stream: bytes, cuts: list[int], variant: int) -> None:
        target.attack(stream, cuts, variant)

    attack()


def main() -> None:
    """Attack until the time is over."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=0, help="where the drawing of streams begins")
    given_ = options.parse_args()
    target, examples = Target(), 200
    until = time.monotonic() + given_.seconds
    done = 0
    for number in itertools.count(given_.seed):
        rounds(target, number, examples)
        done += examples
        if time.monotonic() >= until:
            break
    print(f"fuzz: {done} streams, seeds {given_.seed} to {number}: nothing found")


if __name__ == "__main__":
    main()
