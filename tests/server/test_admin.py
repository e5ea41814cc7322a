"""The admin API: each verb, and one shape of error. Who may use it: test_origin_policy.py."""

import http.client
import json
from importlib import import_module
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from werkzeug.wrappers import Response

from sm_emulator import Emulator
from sm_emulator.control.control import Control
from sm_emulator.operations.registry import OPERATIONS
from sm_emulator.server.dispatcher import Dispatcher, OriginPolicy
from sm_emulator.wire.message import Request
from sm_emulator.wire.steps import run_steps
from tests.support.admin_client import call, refused

MODEL = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}
blueprint = import_module("sm_emulator.admin.blueprint")  # a function of the package has the same name


@pytest.fixture
def scenario_path(account):
    return f"scenarios/{account}"


def test_health(served):
    from sm_emulator import __version__

    status, health = call(served, "GET", "health")
    assert (status, health["evicted"], health["scenarios"] >= 0) == (200, 0, True)
    assert (health["status"], health["version"], health["seed"]) == ("ok", __version__, 0)


def test_a_browser_that_opens_the_address_is_led_to_a_page_of_the_scenarios():
    with Emulator(preset="brown-out") as emulator:
        emulator.scenario("111111111111")
        connection = http.client.HTTPConnection(urlsplit(emulator.url).netloc)
        connection.request("GET", "/", headers={"Accept": "text/html,*/*;q=0.8"})
        found = connection.getresponse()
        assert (found.status, found.read()) == (302, b"")
        connection.request("GET", found.headers["Location"])
        page = connection.getresponse()
        text = page.read().decode()
        assert page.headers["Content-Type"].startswith("text/html")
        assert f"AWS_ENDPOINT_URL={emulator.url}" in text
        assert '<a href="scenarios/111111111111/report?format=html">' in text
        assert "<td>brown-out</td>" in text
        assert not list(emulator.control.peek("default").journal().exchanges)
        connection.close()


def test_settings_have_value_and_origin(served):
    rows = {row["key"]: row for row in call(served, "GET", "settings")[1]}
    assert (rows["clock.mode"]["value"], rows["clock.mode"]["origin"]) == ("virtual", "clock")
    assert (rows["seed"]["value"], rows["seed"]["origin"]) == (0, "default")


def test_operations_and_presets_are_listed(served):
    operations = {row["operation"]: row["implemented"] for row in call(served, "GET", "operations")[1]}
    assert operations["CreateEndpointConfig"] == "sm-emulator"
    assert operations["CreateTrainingJob"] == "moto"
    assert operations["CreateHub"] == "neither"
    assert "dynamodb" in {row["name"] for row in call(served, "GET", "presets")[1]}


def test_a_scenario_is_made_as_the_marker_makes_it(served, scenario_path):
    settings = {"lifecycle.creating_seconds": 5, "network": "10ms"}
    body = {"preset": "brown-out", "seed": 3, "clock": "virtual", "settings": settings}
    status, made = call(served, "PUT", scenario_path, body)
    assert (status, made["seed"], made["clock"]["mode"]) == (200, 3, "virtual")
    assert made["consistency"]["preset"] == "dynamodb"
    assert "brown-out-slow" in made["faults"]
    assert call(served, "PUT", scenario_path, {})[1]["seed"] == 0
    for wrong in ({"preset": "dynamo"}, {"clock": "now"}, {"settings": {"sed": 1}}, {"sed": 1}):
        refused(call(served, "PUT", scenario_path, wrong), 400, "InvalidValue")
    for key in ("models", "models.responses"):
        error = refused(call(served, "PUT", scenario_path, {"settings": {key: {}}}), 400, "InvalidValue")
        assert "functions and files" in error["message"]


def test_a_preset_of_consistency_or_faults_changes_both(served, scenario_path):
    def report():
        return call(served, "GET", f"{scenario_path}/report")[1]["preset"]

    for preset in ("brown-out", "dynamodb", "lost-reply", "strong"):
        assert call(served, "PUT", f"{scenario_path}/preset", {"preset": preset})[0] == 200
        assert report() == preset
    call(served, "PUT", f"{scenario_path}/preset", {"preset": "brown-out"})
    refused(call(served, "PUT", f"{scenario_path}/preset", {"preset": "brownout"}), 400, "InvalidValue")
    assert report() == "brown-out"


def test_reading_a_scenario_does_not_create_it_and_changing_it_does(served):
    def ids():
        return {row["id"] for row in call(served, "GET", "scenarios")[1]}

    unused = "987654321098"
    assert call(served, "GET", f"scenarios/{unused}")[1]["id"] == unused
    assert call(served, "GET", f"scenarios/{unused}/report")[1]["scenarios"] == [unused]
    assert unused not in ids()
    assert call(served, "POST", f"scenarios/{unused}/settle")[0] == 200
    assert unused in ids()


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_a_request_without_a_body_needs_no_content_type(served, scenario_path, method):
    path = f"{scenario_path}/{'reset' if method == 'POST' else 'faults'}"
    empty = {"Content-Type": "", "Content-Length": "0"}
    assert call(served, method, path, headers=empty)[0] == 200
    typed = {"Content-Type": "text/plain"}
    assert call(served, method, path, b"{}", headers=typed)[0] == 415
    assert call(served, method, path, b"{}", headers={"Content-Type": ""})[0] == 415


def test_default_is_the_account_of_clients_without_one(served):
    assert call(served, "GET", "scenarios/default")[1]["id"] == "123456789012"


def test_a_summary_counts_evictions_by_kind():
    throttle = {"name": "r", "match": {"operation": "Delete*"}, "effect": {"fault": "throttle"}}
    limits = {"scenarios.entries": 2, "journal.limit": 3, "history.limit": 4}
    with Emulator(preset="dynamodb", settings={**limits, "faults": [throttle]}) as emulator:
        sagemaker = emulator.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
        for name in "abcde":
            sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "i"})
            with pytest.raises(sagemaker.exceptions.ClientError, match="Throttling"):
                sagemaker.delete_model(ModelName=name)
        summary = call(emulator, "GET", "scenarios/default")[1]
    # of requests 3 of 10 are left, of events 4 of 6, and of the rule's two kinds of counters 2 of 5 each
    assert summary["evicted"] == {"requests": 7, "events": 2, "fault counters": 3}


def test_health_counts_the_bugs_of_the_emulator(monkeypatch):
    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setitem(OPERATIONS, "DescribeModel", broken)
    emulator = Emulator().start()
    sagemaker = emulator.client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(sagemaker.exceptions.ClientError, match="InternalFailure"):
        sagemaker.describe_model(ModelName="m")
    assert call(emulator, "GET", "health")[1]["bugs"] == 1
    emulator.stop()


def test_scenarios_that_the_api_made_can_be_evicted():
    with Emulator(settings={"scenarios.limit": 2}) as emulator:
        for each in range(5):
            path = f"scenarios/{each:012d}"
            assert call(emulator, "PUT", path, {"seed": each})[1]["seed"] == each
        health = call(emulator, "GET", "health")[1]
    assert (health["scenarios"], health["evicted"]) == (2, 3)


def test_a_summary_has_counts_and_settings(served, scenario_path, sagemaker):
    call(served, "PUT", f"{scenario_path}/consistency", "dynamodb")
    sagemaker.create_model(**MODEL)
    summary = call(served, "GET", scenario_path)[1]
    assert (summary["resources"], summary["seed"], summary["clock"]["mode"]) == (1, 0, "virtual")
    assert summary["pending"] > 0
    assert summary["consistency"]["preset"] == "dynamodb"


def test_consistency_is_set_by_name_or_table(served, scenario_path, sagemaker):
    table = {"rules": [{"name": "late", "reads": 1}]}
    assert (
        call(served, "PUT", f"{scenario_path}/consistency", table)[1]["consistency"]["rules"]
        == table["rules"]
    )
    sagemaker.create_model(**MODEL)
    with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName="m")
    call(served, "PUT", f"{scenario_path}/consistency", "strong")
    assert sagemaker.describe_model(ModelName="m")["ModelName"] == "m"


def test_earlier_writes_keep_their_visibility(served, scenario_path, sagemaker):
    call(served, "PUT", f"{scenario_path}/consistency", "read-after-create-miss-1")
    sagemaker.create_model(**MODEL)
    call(served, "PUT", f"{scenario_path}/consistency", "strong")
    with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find model"):
        sagemaker.describe_model(ModelName="m")


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("dynamo", "consistency.preset"),
        ({"rules": [{"name": "x"}]}, "consistency.rules[0]"),
        ({"replicas": {"count": 0}}, "consistency.replicas.count"),
        ({"replicas": {"count": 1, "read_replicas": 2}}, "consistency.replicas.read_replicas"),
        (5, "consistency"),
        ({"rule": []}, "consistency.rule"),
    ],
)
def test_an_invalid_consistency_changes_nothing(served, scenario_path, wanted, path):
    before = call(served, "GET", scenario_path)
    error = refused(call(served, "PUT", f"{scenario_path}/consistency", wanted), 400, "InvalidValue")
    assert error["path"] == path
    assert call(served, "GET", scenario_path) == before


def test_the_seed_is_set(served, scenario_path):
    assert call(served, "PUT", f"{scenario_path}/seed", {"seed": 7})[1]["seed"] == 7


@pytest.mark.parametrize(
    "body", [{"seed": -1}, {"seed": "7"}, {"seed": 1.5}, {"seed": 2**63}, {"seeds": 1}, 7]
)
def test_an_invalid_seed_is_refused(served, scenario_path, body):
    refused(call(served, "PUT", f"{scenario_path}/seed", body), 400, "InvalidValue")


def test_a_virtual_clock_is_advanced(served, scenario_path):
    before = call(served, "GET", f"{scenario_path}/clock")[1]["now"]
    after = call(served, "POST", f"{scenario_path}/clock", {"advance_seconds": 2.5})
    assert after == (200, {"mode": "virtual", "now": before + 2.5})


@pytest.mark.parametrize("seconds", [-1, "1", None, True])
def test_an_invalid_advance_is_refused(served, scenario_path, seconds):
    refused(
        call(served, "POST", f"{scenario_path}/clock", {"advance_seconds": seconds}), 400, "InvalidValue"
    )


def test_a_real_clock_cannot_be_advanced():
    with Emulator() as emulator:
        answer = call(emulator, "POST", "scenarios/default/clock", {"advance_seconds": 1})
        refused(answer, 409, "Conflict")


def test_settling_makes_everything_visible(served, scenario_path, sagemaker):
    call(served, "PUT", f"{scenario_path}/consistency", "adversarial")
    sagemaker.create_model(**MODEL)
    assert len(call(served, "GET", f"{scenario_path}/pending")[1]) > 0
    assert call(served, "POST", f"{scenario_path}/settle")[1]["pending"] == 0
    assert sagemaker.describe_model(ModelName="m")["ModelName"] == "m"


def test_pending_writes_have_place_and_time(served, scenario_path, sagemaker):
    call(served, "PUT", f"{scenario_path}/consistency", "adversarial")
    sagemaker.create_model(**MODEL)
    now = call(served, "GET", f"{scenario_path}/clock")[1]["now"]
    first = call(served, "GET", f"{scenario_path}/pending")[1][0]
    assert first == {
        "region": "us-east-1",
        "type": "Model",
        "name": "m",
        "write": "create",
        "committed": now,
        "surface": "describe",
        "replica": 1,
        "until": now + 1.0,
        "reads": None,
        "rule": "adversarial",
    }


def test_a_reset_returns_to_the_start(served, scenario_path, sagemaker):
    start = call(served, "GET", scenario_path)
    call(served, "PUT", f"{scenario_path}/consistency", "dynamodb")
    call(served, "PUT", f"{scenario_path}/seed", {"seed": 7})
    call(served, "POST", f"{scenario_path}/clock", {"advance_seconds": 100})
    sagemaker.create_model(**MODEL)
    assert call(served, "POST", f"{scenario_path}/reset") == start


@pytest.mark.parametrize("account", ["1", "abcdefghijkl", "1234567890123", "..", "default2"])
def test_an_invalid_account_is_refused(served, account):
    refused(call(served, "GET", f"scenarios/{account}"), 400, "InvalidValue")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nope"),
        ("POST", "health"),
        ("DELETE", "settings"),
        ("PATCH", "health"),
        ("PROPFIND", "nope"),
        ("POST", ""),
    ],
)
def test_an_unknown_route_is_an_error_of_the_one_form(served, method, path):
    answer = call(served, method, path)
    assert answer[0] in {404, 405}
    refused(answer, answer[0], answer[1]["error"]["code"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "consistency", b"%s"),
        ("PUT", "seed", b'{"seed": %s}'),
        ("POST", "clock", b'{"advance_seconds": %s}'),
        ("POST", "check", b'{"session": %s}'),
        ("PUT", "faults", b"%s"),
        ("POST", "faults", b'{"name": %s}'),
        ("PUT", "consistency", b'{"rules": [{"name": "x", "lag": %s}]}'),
    ],
)
@pytest.mark.parametrize("depth", [49, 60, 900, 100_000])
@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"mixture": [', b"]}")])
def test_deep_nesting_is_refused(served, scenario_path, method, path, body, depth, opened, closed):
    before = call(served, "GET", "scenarios")
    nested = body % (opened * depth + b"1" + closed * depth)
    status, answer = call(served, method, f"{scenario_path}/{path}", nested)
    assert (status, answer["error"]["code"]) in {(400, "InvalidValue"), (400, "MalformedJSON")}
    assert call(served, "GET", "scenarios")[0] == before[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff"])
def test_a_body_that_is_not_json_is_refused(served, scenario_path, body):
    refused(call(served, "PUT", f"{scenario_path}/consistency", body), 400, "MalformedJSON")


def test_a_body_of_too_many_values_is_refused_before_it_is_checked(served, scenario_path, monkeypatch):
    monkeypatch.setattr(blueprint, "MOST_VALUES", 10)
    monkeypatch.setattr(blueprint, "check_size", None)
    status, error = call(served, "PUT", f"{scenario_path}/faults", [0] * 31)
    assert (status, error["error"]["message"]) == (400, "has more than 10 values")


def test_a_result_is_freed_in_steps(served, scenario_path, monkeypatch):
    held = []
    monkeypatch.setattr(blueprint, "dispose", held.extend)
    call(served, "GET", f"{scenario_path}/history")
    assert held == [{"dropped": 0, "events": held[0]["events"]}]


def test_a_bug_is_logged_and_answered_in_the_same_shape(served, monkeypatch, caplog):
    def broken(_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(Control, "all", broken)
    error = refused(call(served, "GET", "scenarios"), 500, "InternalFailure")
    assert "secret" not in error["message"]
    assert "ZeroDivisionError: secret" in caplog.text


def test_the_first_request_builds_the_application_in_a_thread():
    built = []

    def build():
        built.append(True)
        return Response("from the application")

    dispatcher = Dispatcher(OriginPolicy(()), None, build)
    for _ in range(2):
        steps = dispatcher(Request("GET", {}, b"", "/_emulator/health"))
        assert len(built) <= 1
        assert run_steps(steps, None).body == b"from the application"
    step = next(Dispatcher(OriginPolicy(()), None, build)(Request("GET", {}, b"", "/_emulator/health")))
    assert (step.kind, built) == ("admin", [True])


def test_a_check_needs_no_body(served, scenario_path):
    assert call(served, "POST", f"{scenario_path}/check")[1]["ok"]


# -- outside the admin API ------------------------------------------------------------------------


def test_aws_operations_are_answered_for_any_host(served):
    where = urlsplit(served.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    headers = {"Host": "sagemaker.example", "Content-Type": "application/x-amz-json-1.1"}
    connection.request("POST", "/", b"{}", {**headers, "X-Amz-Target": "SageMaker.DescribeModel"})
    answer = connection.getresponse()
    assert (answer.status, json.loads(answer.read())["__type"]) == (400, "ValidationException")
    connection.close()


@pytest.mark.parametrize("number", [0, 1, 499, 500, 501, 1001])
def test_large_results_are_written_in_parts(number):
    events = [{"n": n} for n in range(number)]
    for value in (events, {"dropped": 0, "events": events, "none": None}):
        parts = list(blueprint._json(value))
        assert json.loads(b"".join(parts)) == value
        assert max(map(len, parts)) < 500 * 12
