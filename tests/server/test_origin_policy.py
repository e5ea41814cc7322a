"""No web page gets in: by another name, by a form, by a simple request, by a link, into no part."""

import json
import sys

import pytest
from werkzeug.test import Client

from sm_emulator import Emulator
from sm_emulator.server.app import create_app
from sm_emulator.values import is_loopback
from tests.support.admin_client import call, refused
from tests.support.raw_http import wire

HEALTH = "GET /_emulator/health HTTP/1.1"
RESET = "POST /_emulator/scenarios/default/reset HTTP/1.1"
LOOPBACK = "Host: 127.0.0.1"
JSON = "Content-Type: application/json"
# What SQS, in moto, would do for a link
LINK = "GET /?Action=CreateQueue&QueueName=made-by-a-page HTTP/1.1"
FORM = "Content-Type: application/x-www-form-urlencoded"
AMZ = "Content-Type: application/x-amz-json-1.1"


def say(emulator: Emulator, *lines: str, body: str = ""):
    """Send a request as these lines; give status, headers by lower-case name, and body."""
    head = "\r\n".join([*lines, f"Content-Length: {len(body)}"])
    with wire(emulator.url) as w:
        w.send(f"{head}\r\n\r\n{body}".encode("latin-1"))
        reply = w.receive()
    return reply.status, {name.lower(): value for name, value in reply.headers}, reply.body


def shut(answer, status: int, code: str) -> None:
    assert not any(name.startswith("access-control-") for name in answer[1])
    refused((answer[0], json.loads(answer[2])), status, code)


# -- DNS rebinding: a name of the page's own that leads to this machine -----------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7243",
        "127.0.0.1.evil.example",
        "127.0.0.1.nip.io",
        "localhost.evil.example",
        "evil-localhost",
        "localtest.me",
        "0.0.0.0",
        "10.0.0.1",
        "[::2]:7243",
        "[::]",
        "2130706433",
        "0x7f.0.0.1",
        "127.1",
        "127.0.0.1@evil.example",
        "127.0.0.1:80:evil.example",
        "127.0.0.1/evil.example",
        "127.0.0.1, evil.example",
        "127.0.0.1:x",
        "[::1",
        "::1",
        "[localhost]",
        "%31%32%37.0.0.1",
        "127.0.0.\xb1",
        "",
    ],
)
def test_the_admin_api_answers_no_other_name(served, host):
    shut(say(served, HEALTH, f"Host: {host}"), 403, "HostNotAllowed")


def test_a_request_without_a_host_is_refused(served):
    shut(say(served, HEALTH), 403, "HostNotAllowed")
    shut(say(served, "GET /_emulator/health HTTP/1.0"), 403, "HostNotAllowed")


def test_a_second_host_does_not_help(served):
    shut(say(served, HEALTH, LOOPBACK, "Host: evil.example"), 403, "HostNotAllowed")
    shut(say(served, HEALTH, "Host: evil.example", LOOPBACK), 403, "HostNotAllowed")


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "Forwarded", "X-Host", "X_Host", "Host_"])
def test_what_a_proxy_would_say_does_not_count(served, name):
    shut(say(served, HEALTH, "Host: evil.example", f"{name}: 127.0.0.1"), 403, "HostNotAllowed")
    assert say(served, HEALTH, LOOPBACK, f"{name}: evil.example")[0] == 200


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1/_emulator/health", "http://evil.example/_emulator/health", "*", "evil"]
)
def test_a_target_that_is_not_a_path_is_refused(served, target):
    assert say(served, f"GET {target} HTTP/1.1", LOOPBACK)[0] == 400


@pytest.mark.parametrize("path", ["/%5femulator/health", "/_emulator%2Fhealth", "/_emulator/%68ealth"])
def test_another_spelling_of_the_path_falls_under_the_same_policy(served, path):
    shut(say(served, f"GET {path} HTTP/1.1", "Host: evil.example"), 403, "HostNotAllowed")


@pytest.mark.parametrize("path", ["//_emulator/health", "/x/../_emulator/health", "/_EMULATOR/health"])
def test_no_other_path_leads_to_the_admin_api(served, path):
    assert b'"status"' not in say(served, f"GET {path} HTTP/1.1", "Host: evil.example")[2]


@pytest.mark.parametrize(
    "host",
    ["localhost", "LocalHost:7243", "127.0.0.1", "127.0.0.1:", "127.255.0.9:1", "[::1]", "[::1]:7243"],
)
def test_the_admin_api_answers_to_loopback(served, host):
    assert say(served, HEALTH, f"Host: {host}")[0] == 200


def test_names_can_be_allowed_for_host_and_origin():
    with Emulator(settings={"server.allowed_hosts": ["sagemaker", "fd00::7"]}) as emulator:
        for host in ("sagemaker:7243", "[fd00::7]:7243"):
            assert say(emulator, HEALTH, f"Host: {host}", f"Origin: http://{host}")[0] == 200
        shut(say(emulator, HEALTH, "Host: sagemaker.evil.example"), 403, "HostNotAllowed")


# -- forms and simple requests: what a page may send without a preflight ----------------------


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "text/plain, application/json",
        "application/jsonp",
        "application/json, text/plain",
        "application/x-amz-json-1.1",
        "json",
        "",
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_no_content_type_of_a_form_changes_state(served, method, content_type):
    lines = (f"{method} /_emulator/scenarios/default/reset HTTP/1.1", LOOPBACK)
    answer = say(served, *lines, f"Content-Type: {content_type}", body="{}")
    shut(answer, 415, "UnsupportedMediaType")
    shut(say(served, *lines, body="{}"), 415, "UnsupportedMediaType")


def test_two_content_types_are_none(served):
    answer = say(served, RESET, LOOPBACK, "Content-Type: text/plain", JSON, body="{}")
    shut(answer, 415, "UnsupportedMediaType")


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8", "application/json;"],
)
def test_json_may_be_written_as_one_likes(served, content_type):
    line = "POST /_emulator/scenarios/000000009999/settle HTTP/1.1"
    assert say(served, line, LOOPBACK, f"Content-Type: {content_type}", body="{}")[0] == 200


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override: POST", "X-Method-Override: DELETE"])
def test_a_read_stays_a_read(served, override):
    reset = "GET /_emulator/scenarios/default/reset HTTP/1.1"
    status, headers, *_ = say(served, reset, LOOPBACK, override)
    assert (status, set(headers["allow"].split(", "))) == (405, {"OPTIONS", "POST"})


@pytest.mark.parametrize("origin", ["http://evil.example", "http://localhost:3000"])
@pytest.mark.parametrize("path", ["/_emulator/scenarios/default/reset", "/_emulator/health"])
def test_no_page_gets_permission_to_use_the_admin_api(served, origin, path):
    """A browser that sends a preflight, as it must before JSON, gets no header that would let it go on."""
    preflight = "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type"
    answer = say(served, f"OPTIONS {path} HTTP/1.1", LOOPBACK, f"Origin: {origin}", *preflight)
    assert answer[0] in {403, 415}
    assert not any(name.startswith("access-control-") for name in answer[1])


# -- pages of other sites, that say so: the admin API and AWS's operations alike --------------------

FOREIGN = [
    "Origin: http://evil.example",
    "Origin: https://127.0.0.1.evil.example",
    "Origin: null",
    "Origin: http://localhost.evil.example:7243",
    "Origin: http://127.0.0.1@evil.example",
    "Origin: http://127.0.0.1, http://evil.example",
    "Origin: file://localhost",
    "Origin: chrome-extension://abcdef",
    "Sec-Fetch-Site: cross-site",
]
REQUESTS = {
    "health": (HEALTH, ""),
    "reset": (RESET, "{}"),
    "a hosting operation": ("POST / HTTP/1.1", "{}"),
    "an invocation": ("POST /endpoints/e/invocations HTTP/1.1", "{}"),
    "an object of S3": ("GET /bucket/key HTTP/1.1", ""),
    "an upload": ("PUT /bucket/key HTTP/1.1", "x"),
    "a preflight": ("OPTIONS /bucket/key HTTP/1.1", ""),
    "a link": (LINK, ""),
}


@pytest.mark.parametrize("page", FOREIGN)
@pytest.mark.parametrize("what", REQUESTS)
def test_a_page_of_another_site_gets_nothing(served, what, page):
    line, body = REQUESTS[what]
    shut(say(served, line, LOOPBACK, JSON, page, body=body), 403, "PageNotAllowed")


def test_a_form_of_another_site_drives_no_operation_of_moto(served):
    body = "Action=CreateQueue&QueueName=made-by-a-page"
    shut(say(served, "POST / HTTP/1.1", LOOPBACK, FORM, FOREIGN[0], body=body), 403, "PageNotAllowed")
    shut(say(served, LINK, LOOPBACK, "Sec-Fetch-Site: cross-site"), 403, "PageNotAllowed")
    assert "QueueUrls" not in served.client("sqs").list_queues()


@pytest.mark.parametrize(
    "page",
    [
        "Origin: http://localhost:3000",
        "Origin: https://127.0.0.1:8443",
        "Origin: http://[::1]:3000",
        "Sec-Fetch-Site: same-origin",
        "Sec-Fetch-Site: none",
    ],
)
@pytest.mark.parametrize("what", ["health", "a hosting operation"])
def test_a_page_of_this_machine_may_send_requests(served, what, page):
    line, body = REQUESTS[what]
    target = "X-Amz-Target: SageMaker.ListModels"
    assert say(served, line, LOOPBACK, AMZ, target, page, body=body)[0] == 200


def test_a_browser_says_cross_site_of_another_port_too_and_its_origin_decides(served):
    page = "Origin: http://localhost:3000", "Sec-Fetch-Site: cross-site"
    assert say(served, HEALTH, LOOPBACK, *page)[0] == 200


def test_a_foreign_page_is_refused_under_a_foreign_server_too():
    emulator = Emulator()
    client = Client(create_app(emulator.gateway, emulator.control, ()))
    assert client.get("/_emulator/health").status_code == 200
    assert client.get("/_emulator/health", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/bucket/key", headers={"Origin": "http://evil.example"}).status_code == 403


# -- moto's own API, which reaches the state of all accounts ----------------------------------------

SIGNED_FOR = (
    "Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/moto_api/aws4_request, Signature=0"
)


@pytest.mark.parametrize(
    "path",
    [
        "/moto-api",
        "/moto-api/",
        "/moto-api/data.json",
        "/moto-api/reset",
        "/%6doto-api/data.json",
        "/moto%2Dapi/data.json",
        "/moto-api%2Fdata.json",
        "/%6D%6F%74%6F-api/reset",
        "/moto-api/../moto-api/reset",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_spelling_of_its_path_leads_to_moto_s_own_api(served, account, method, path):
    queues = served.client("sqs", account=account)
    queues.create_queue(QueueName="here")
    for more in ((), (SIGNED_FOR,), ("X-Amz-Target: MotoApi.Reset",)):
        status, _, body = say(served, f"{method} {path} HTTP/1.1", LOOPBACK, *more)
        assert status in {404, 501}
        assert b'"cloudwatch"' not in body
    assert len(queues.list_queues()["QueueUrls"]) == 1


@pytest.mark.parametrize("path", ["/", "/data.json", "/reset", "/moto-api/reset", "/bucket/key"])
@pytest.mark.parametrize("host", ["moto_api", "moto_api:80", "motoapi.us-east-1.amazonaws.com"])
def test_neither_does_its_name_as_host_or_service(served, account, host, path):
    queues = served.client("sqs", account=account)
    queues.create_queue(QueueName="here")
    for more in ((), (SIGNED_FOR,)):
        for method in ("GET", "POST"):
            status, _, body = say(served, f"{method} {path} HTTP/1.1", f"Host: {host}", *more)
            assert status >= 400 or b"ListAllMyBucketsResult" in body
    assert len(queues.list_queues()["QueueUrls"]) == 1


# -- code of the user's, which only the configuration at the start may name -------------------------


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "path",
    [
        "settings",
        "models",
        "scenarios/default",
        "scenarios/default/models",
        "scenarios/default/responses",
        "scenarios/default/consistency",
        "scenarios/default/faults",
        "scenarios/default/faults/x",
        "scenarios/default/seed",
    ],
)
def test_no_function_to_call_is_taken_over_the_admin_api(served, monkeypatch, method, path):
    imported = []
    module = sys.modules["sm_emulator.containers.responses"]
    monkeypatch.setattr(module, "import_module", imported.append)
    for body in (
        {"models": {"responses": [{"python": "os:abort"}]}},
        {"responses": [{"python": "os:abort"}]},
        {"name": "x", "python": "os:abort"},
        {"name": "x", "effect": {"fault": "error", "code": "c", "python": "os:abort"}},
        [{"python": "os:abort"}],
    ):
        assert call(served, method, path, body)[0] in {400, 404, 405}
    assert imported == []


# -- what loopback is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1", "0:0:0:0:0:0:0:1"]
)
def test_an_address_of_this_machine_is_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "fe80::1", "myhost", "localhost.example", "", "127.0.0.1 "]
)
def test_what_others_may_reach_is_not(host):
    assert not is_loopback(host)
