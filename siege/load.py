"""Attacks by requests: bodies, globs, names, many of them, and questions of the admin API."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from siege.campaign import Limits, Siege, attack
from siege.server import ACCOUNT, CODE, JSON, authorization, together

SIZES = {"8 kB": 8_000, "128 kB": 128_000, "1 MB": 1_000_000, "10 MB": 9_900_000}
CONTAINER = {"Image": "i"}


def request(operation: str, body: bytes, key: str = ACCOUNT) -> bytes:
    """Return a request as it is sent."""
    return (
        f"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Amz-Target: SageMaker.{operation}\r\n"
        f"Content-Type: {JSON}\r\nAuthorization: {authorization('sagemaker', key)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def create_model(**members: object) -> bytes:
    return json.dumps({"ModelName": "m", "PrimaryContainer": CONTAINER, **members}).encode()


def bodies(size: int) -> Iterator[tuple[str, str, bytes]]:
    """Return names, operations and bodies of about the given size, each against another constraint."""
    bad = "!bad subnet of some length!!"
    many = size // 32
    yield (
        "subnets",
        "CreateModel",
        create_model(VpcConfig={"Subnets": [bad] * many, "SecurityGroupIds": []}),
    )
    keys = {f"{number}!": "x" * 10 for number in range(size // 25)}
    yield "keys", "CreateModel", create_model(PrimaryContainer={"Image": "i", "Environment": keys})
    yield "tags", "CreateModel", create_model(Tags=[{"Key": "!" * 200, "Value": bad}] * (size // 250))
    yield (
        "tag keys",
        "DeleteTags",
        json.dumps({"ResourceArn": "x", "TagKeys": ["\0" * 8] * many}).encode(),
    )
    yield "nulls", "CreateModel", create_model(Containers=[None] * (size // 6))
    yield "a long name", "CreateModel", create_model(ModelName="a-" * (size // 2))
    yield "a long image", "CreateModel", create_model(PrimaryContainer={"Image": "a " * (size // 2)})
    yield "unknown members", "CreateModel", create_model(**{f"X{n}": 0 for n in range(size // 12)})
    yield (
        "wrong types",
        "CreateEndpointConfig",
        json.dumps({"ProductionVariants": [7] * (size // 4)}).encode(),
    )
    variants = [{"VariantName": "!", "InitialVariantWeight": -1}] * (size // 60)
    yield "variants", "CreateEndpointConfig", json.dumps({"ProductionVariants": variants}).encode()
    yield "depth", "CreateModel", b'{"Tags":' + b"[" * (size // 2) + b"]" * (size // 2) + b"}"
    yield "digits", "CreateModel", b'{"ModelName":' + b"9" * size + b"}"
    for name, text in {"commas": ",", "quotes": '\\"', "brackets": "[{", "escapes": "\\u0061"}.items():
        long = (text * (size // len(text))).encode()
        yield f"a string of {name}", "CreateModel", b'{"ModelName":"' + long + b'"}'
        yield f"an open string of {name}", "CreateModel", b'{"ModelName":"' + long


@attack("contract violations of 8 kB to 10 MB", seconds=180)
def violations(siege: Siege) -> None:
    for name, size in SIZES.items():
        if siege.quick and size > 1_000_000:
            break
        for kind, operation, body in bodies(size):
            answer = siege.server.call(operation, body, timeout=10)
            problem = f"{kind} of {name}: {answer.status or 'no answer'} after {answer.seconds:.1f} s"
            allowed = {200, 400, 413} if kind == "unknown members" else {400, 413}
            siege.expect(problem, holds=answer.status in allowed)
            if not answer.status:
                return  # the server would be busy with it for long


GLOBS = {
    "brackets": "[" * 50_000,
    "stars": "*a" * 5_000 + "b",
    "many stars": "*" * 50_000 + "b",
    "open sets": "*[!a" * 10_000,
    "questions": "?*" * 10_000 + "b",
}


@attack("globs that make a matcher backtrack")
def globs(siege: Siege) -> None:
    server = siege.server
    for _ in range(200):
        server.call("DescribeModel", {"ModelName": "a" * 63})
    for name, glob in GLOBS.items():
        sent = quote(glob, safe="[*?!")
        for query in ("journal?resource=", "calls?operation=", "journal?operation="):
            answer = server.admin("GET", f"{query}{sent}")
            problem = f"{query}{name}: {answer.status or 'no answer'}"
            siege.expect(problem, holds=answer.status in {200, 400, 414, 431})
        short = glob[:500]
        rule = {"name": "r", "match": {"resource": short}, "effect": {"fault": "throttle"}}
        lag = {"name": "r", "match": {"names": short}, "reads": 1}
        for path, body in (("faults", [rule]), ("consistency", {"preset": "strong", "rules": [lag]})):
            set_ = server.admin("PUT", path, body)
            siege.expect(
                f"PUT {path} {name}: {set_.status or 'no answer'}", holds=set_.status in {200, 204, 400}
            )
            answer = server.call("DescribeModel", {"ModelName": "a" * 63}, timeout=10)
            siege.expect(f"{path} {name}: {answer.status or 'no answer'}", holds=answer.status == 400)
            answer = server.call("CreateModel", {"ModelName": f"m{'a' * 60}"}, timeout=10)
            siege.expect(f"{path} {name}: {answer.status or 'no answer'}", holds=answer.status != 0)


@attack("refused names of 9 MB, and then the journal", seconds=120)
def large_names(siege: Siege) -> None:
    server = siege.server
    body = create_model(ModelName="x" * 9_000_000)
    for _ in range(siege.size(150, 40)):
        answer = server.call("CreateModel", body, timeout=10)
        siege.expect(f"{answer.status or 'no answer'}", holds=answer.status in {400, 413})
    for path in ("journal", "calls", "report", "report?format=html"):
        answer = server.admin("GET", path, timeout=20)
        siege.expect(f"GET {path}: {answer.status or 'no answer'}", holds=answer.status == 200)


@attack("access keys, one for each request", limits=Limits(worst=150), seconds=180)
def access_keys(siege: Siege) -> None:
    number = siege.size(100_000, 20_000)
    body = create_model()
    made = (request("CreateModel", body, f"{100_000_000_000 + each}") for each in range(number))
    siege.tries += siege.server.pipelined(made)
    siege.expect("answers", holds=siege.tries == number)


@attack("scenarios that are looked at", limits=Limits(worst=150), seconds=120)
def looked_at(siege: Siege) -> None:
    number = siege.size(20_000, 5_000)
    path = "GET /_emulator/scenarios/{} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    siege.server.pipelined(path.format(f"{200_000_000_000 + each}").encode() for each in range(number))
    siege.tries = number
    listed = siege.server.admin("GET", "/_emulator/scenarios", timeout=20)
    siege.expect("they were all made", holds=listed.body.count(b"20000") < number)


@attack("requests with hostile names", limits=Limits(worst=150), seconds=400)
def hostile_names(siege: Siege) -> None:
    number = siege.size(1_000_000, 20_000)
    chance = random.Random(1)
    letters = ["\x1b[2J", "é", "日本", "\0", "'", "*", "[", "a" * 500, "../", "%00", "{}", "🐍"]

    def requests() -> Iterator[bytes]:
        for each in range(number):
            name = "".join(chance.choices(letters, k=3)) + str(each)
            operation = chance.choice(
                ["CreateModel", "DescribeModel", "DescribeEndpoint", "ListModels", name]
            )
            target = operation.encode("ascii", "ignore").decode() if operation == name else operation
            body = json.dumps({"ModelName": name, "EndpointName": name, "NameContains": name}).encode()
            yield request("".join(filter(str.isalnum, target)) or "X", body)

    siege.tries += siege.server.pipelined(requests())


@attack("the admin API, on full buffers", limits=Limits(p999=20, memory=500), seconds=180)
def full_buffers(siege: Siege) -> None:
    server = siege.server
    server.admin("PUT", "consistency", "dynamodb")
    number = siege.size(30_000, 6_000)
    makes = (
        request(operation, create_model(ModelName=f"m{each}"))
        for each in range(number)
        for operation in ("CreateModel", "DescribeModel", "DescribeModel", "DescribeModel")
    )
    server.pipelined(makes)
    paths = [
        "report",
        "report?format=html",
        "report?format=junit",
        "report?format=text",
        "calls",
        "history",
    ]
    for path in [*paths, "journal", "pending", "resources/Model/m1", ""]:
        answer = server.admin("GET", path, timeout=30)
        siege.expect(f"GET {path}: {answer.status or 'no answer'}", holds=answer.status == 200)
    answer = server.admin("POST", "check", {}, timeout=60)
    siege.expect(
        f"check: {answer.status or 'no answer'}", holds=b'"ok":true' in answer.body.replace(b" ", b"")
    )


@attack(
    "lists with a filter, of resources that have not settled",
    {"lists.filter_after_page": False, "consistency.preset": "dynamodb", "clock.mode": "virtual"},
    seconds=120,
)
def filtered_lists(siege: Siege) -> None:
    server = siege.server
    number = siege.size(8_000, 3_000)
    server.pipelined(
        request("CreateModel", create_model(ModelName=f"m{each}")) for each in range(number)
    )
    for text in ("m1", "9", "zzz"):
        answer = server.call("ListModels", {"NameContains": text, "MaxResults": 100}, timeout=20)
        siege.expect(f"{answer.status or 'no answer'}", holds=answer.status == 200)


@attack("bodies of the admin API of 10 MB")
def large_admin_bodies(siege: Siege) -> None:
    size = SIZES["10 MB"]
    for kind, body in {
        "numbers": b"[" + b"1," * (size // 2) + b"1]",
        "objects": b"[" + b"{}," * (size // 3) + b"{}]",
        "keys": b"{" + b",".join(b'"%d":0' % n for n in range(size // 10)) + b"}",
        "a string": b'"' + b"," * size + b'"',
    }.items():
        for method, path in (("PUT", "faults"), ("PUT", "consistency"), ("POST", "check")):
            answer = siege.server.admin(method, path, body, timeout=20)
            problem = f"{method} {path} {kind}: {answer.status or 'no answer'}"
            siege.expect(problem, holds=400 <= answer.status < 500)


@attack("bodies of the admin API that are nested or wrong")
def admin_bodies(siege: Siege) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    lag: object = "1s"
    for _ in range(120):
        lag = {"dist": "mixture", "of": [{"weight": 1, "lag": lag}]}
    nested = {"preset": "strong", "rules": [{"name": "r", "lag": lag}]}
    verbs = (
        ("PUT", "consistency"),
        ("PUT", "faults"),
        ("POST", "faults"),
        ("POST", "clock"),
        ("PUT", "seed"),
    )
    for method, path in (*verbs, ("POST", "check"), ("PUT", "faults/x")):
        for body in (
            deep,
            b'{"a":' * 50_000,
            b"\xff",
            b"1e999",
            json.dumps(nested).encode(),
            b'"\\ud800"',
        ):
            answer = siege.server.admin(method, path, body)
            problem = f"{method} {path} {body[:9]!r}: {answer.status or 'no answer'}"
            siege.expect(problem, holds=400 <= answer.status < 500)
        siege.expect(
            "GET scenarios", holds=siege.server.admin("GET", "/_emulator/scenarios").status == 200
        )
    answer = siege.server.admin("POST", "clock", {"advance_seconds": 1e300})
    siege.expect(f"a clock moved by 1e300 s: {answer.status}", holds=400 <= answer.status < 500)


@attack("control characters and credentials in records")
def records(siege: Siege) -> None:
    server = siege.server
    server.call("DescribeModel", {"ModelName": "\x1b[31mred\x1b[0m"}, key="AKIAIOSFODNN7EXAMPLE")
    for _ in range(3):
        server.call("CreateModel", json.loads(create_model()), key="AKIAIOSFODNN7EXAMPLE")
    for path in (
        "journal",
        "calls",
        "report?format=text",
        "report?format=html",
        "history",
        "faults",
        "pending",
    ):
        body = server.admin("GET", path).body
        siege.expect(f"an escape character in {path}", holds=b"\x1b" not in body)
        siege.expect(f"an access key id in {path}", holds=b"AKIAIOSFODNN7EXAMPLE" not in body)
    checked = server.admin("POST", "check", {}).body
    siege.expect("an access key id in check", holds=b"AKIAIOSFODNN7EXAMPLE" not in checked)


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@attack("configuration files with aliases and depth", watched=False)
def configuration_files(siege: Siege) -> None:
    with TemporaryDirectory() as folder:
        for name, text in {
            "bomb.yaml": BOMB,
            "deep.yaml": "[" * 50_000,
            "deep.json": "[" * 50_000,
        }.items():
            file = Path(folder, name)
            file.write_text(text)
            command = [sys.executable, "-m", "sm_emulator", "check", str(file)]
            done = subprocess.run(command, cwd=CODE, capture_output=True, timeout=30, check=False)
            siege.expect(f"{name}: exit code {done.returncode}", holds=done.returncode == 2)
            siege.expect(f"{name}: a traceback", holds=b"Traceback" not in done.stderr)


@attack("many clients at the same time, and resets meanwhile", limits=Limits(worst=250, p999=100))
def crowd(siege: Siege) -> None:
    ends = time.monotonic() + siege.size(10, 3)

    def client(number: int) -> object:
        statuses = set()
        while time.monotonic() < ends:
            statuses.add(siege.server.call("CreateModel", {"ModelName": f"m{number}"}).status)
            verb = ("reset", "settle", "check")[number % 3]
            statuses.add(siege.server.admin("POST", verb, {}).status)
        return statuses

    for statuses in together(24, client):  # type: ignore[arg-type]
        siege.expect(f"{statuses}", holds=statuses <= {200, 204, 400})  # type: ignore[operator]
