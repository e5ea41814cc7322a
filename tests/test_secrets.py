"""No secret shows: not in the journal, the calls, the history, the settings, a log or an error."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from sm_emulator import Emulator
from tests.support.admin_client import call
from tests.support.local_gateway import JSON as AMZ
from tests.support.raw_http import wire

SECRET = "wJalrXUtnFEMIsecret"
SIGNATURE = "f00dfeed" * 8
TOKEN = "FwoGZXIvYXdzEtoken"
KEY = "AKIASECRETKEYID7"
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={KEY}/20260101/us-east-1/{{service}}/aws4_request, "
    f"SignedHeaders=host, Signature={SIGNATURE}"
)
PRESIGNED = (
    f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={KEY}%2F20260101%2Fus-east-1%2F{{service}}"
    f"%2Faws4_request&X-Amz-Signature={SIGNATURE}&X-Amz-Security-Token={TOKEN}"
)
SECRETS = (SECRET, SIGNATURE, TOKEN, KEY)
PARTS = ("journal", "calls", "history", "pending", "faults", "")
REQUESTS = {
    "ours": ("POST", "/", "SageMaker.DescribeModel", b'{"ModelName": "m"}'),
    "ours, refused": ("POST", "/", "SageMaker.DescribeModel", b'{"ModelName": 5}'),
    "unknown": ("POST", "/", "SageMaker.Nope", b"{}"),
    "malformed": ("POST", "/", "SageMaker.ListModels", b"{"),
    "an invocation": ("POST", "/endpoints/e/invocations", "", b"{}"),
    "moto's": ("POST", "/", "DynamoDB_20120810.ListTables", b"{}"),
    "neither's": ("POST", "/", "SageMaker.CreateHub", b"{}"),
    "an object": ("GET", "/bucket/key", "", b""),
    "no path": ("BREW", "/nowhere", "", b""),
}
SERVICES = {"moto's": "dynamodb", "an object": "s3", "no path": "s3"}


def sent(what: str, *, presigned: bool) -> bytes:
    method, path, target, body = REQUESTS[what]
    service = SERVICES.get(what, "sagemaker")
    lines = [
        f"{method} {path}{'?' + PRESIGNED.format(service=service) if presigned else ''} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Content-Type: {AMZ}",
        f"Content-Length: {len(body)}",
        f"X-Amz-Security-Token: {TOKEN}",
        "User-Agent: Boto3/1.44 md/secret",
        *([f"X-Amz-Target: {target}"] if target else []),
        *([] if presigned else [f"Authorization: {AUTHORIZATION.format(service=service)}"]),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def everything(emulator: Emulator) -> str:
    """Return all that the admin API returns."""
    paths = [f"scenarios/default/{part}".rstrip("/") for part in PARTS]
    paths += ["settings", "scenarios", "health", "openapi.json"]
    answers = [call(emulator, "GET", path) for path in paths]
    assert {status for status, _ in answers} == {200}
    return json.dumps(answers)


def assert_silent(found: str) -> None:
    assert [secret for secret in SECRETS if secret in found] == []


@pytest.fixture(params=[False, True], ids=["trusting", "verifying"])
def emulator(request):
    settings = {"auth.verify": request.param, "auth.credentials": {KEY: SECRET}}
    with Emulator(preset="dynamodb", settings=settings) as made:
        yield made


@pytest.mark.parametrize("presigned", [False, True], ids=["headers", "query"])
def test_signatures_appear_nowhere(emulator, presigned, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    with wire(emulator.url) as w:
        for what in REQUESTS:
            w.send(sent(what, presigned=presigned))
            w.receive()
    found = everything(emulator)
    assert found.count('"request_id"') >= len(REQUESTS) - 1
    assert_silent(found.replace(KEY, "", found.count(f'"{KEY}": "***"')))
    assert_silent("".join(record.getMessage() for record in caplog.records))
    assert_silent("".join(capfd.readouterr()))


def test_no_access_key_is_in_the_history_or_a_verdict():
    """A history records who wrote and read; a verdict shows the events of a violation."""
    with Emulator(preset="read-after-create-miss-2") as emulator, wire(emulator.url) as w:
        for target in ("CreateModel", "DescribeModel", "DescribeModel", "DescribeModel"):
            body = b'{"ModelName": "m", "PrimaryContainer": {"Image": "i"}}'
            created, described = sent("ours", presigned=False).split(b'{"ModelName": "m"}')
            length = b"Content-Length: %d" % len(body)
            text = created.replace(b"DescribeModel", target.encode()) + body + described
            w.exchange(text.replace(b"Content-Length: 18", length))
        history = call(emulator, "GET", "scenarios/default/history")[1]
        verdict = call(emulator, "POST", "scenarios/default/check", {"session": ["ryw"]})[1]
    assert len(history["events"]) >= 3
    assert not verdict["ok"]
    assert_silent(json.dumps([history, verdict]))


def test_refusals_quote_no_secret_that_the_client_did_not_send(emulator):
    """An incomplete signature is quoted to the client, as AWS does, and is in no record."""
    with wire(emulator.url) as w:
        broken = sent("ours", presigned=False).replace(b"SignedHeaders=host, ", b"")
        reply = w.exchange(broken)
    assert SECRET not in reply.body.decode()
    assert SIGNATURE not in everything(emulator)


def test_settings_name_whose_secrets_there_are_and_no_secret():
    settings = {"auth.credentials": {KEY: {"secret": SECRET, "session_token": TOKEN}}}
    with Emulator(settings=settings) as emulator:
        rows = {row["key"]: row for row in call(emulator, "GET", "settings")[1]}
        assert rows["auth.credentials"]["value"] == {KEY: "***"}
        assert rows["auth.credentials"]["origin"] == "settings"
        assert SECRET not in repr(emulator.gateway.__dict__)


@pytest.mark.slow
def test_the_command_line_shows_none(tmp_path: Path):
    file = tmp_path / "c.toml"
    file.write_text(f'[auth.credentials]\n{KEY} = "{SECRET}"\n')
    for words in (["settings"], ["settings", "--json"], ["check", str(file)]):
        given = ["--config", str(file)] if words[0] == "settings" else []
        command = [sys.executable, "-m", "sm_emulator", *words, *given]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert SECRET not in done.stdout + done.stderr
