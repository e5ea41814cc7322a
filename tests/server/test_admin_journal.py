"""Journal and calls over the admin API, of requests that boto3 sent."""

from urllib.request import urlopen

import pytest

from tests.support.admin_client import call, refused

MODEL = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}


@pytest.fixture
def path(account):
    return f"scenarios/{account}"


@pytest.fixture
def missed(scenario, sagemaker):
    """A model that two Describes miss and a third finds."""
    scenario.consistency("read-after-create-miss-2")
    sagemaker.create_model(**MODEL)
    for _ in range(2):
        with pytest.raises(sagemaker.exceptions.ClientError):
            sagemaker.describe_model(ModelName="m")
    sagemaker.describe_model(ModelName="m")


@pytest.mark.usefixtures("missed")
def test_the_journal_has_requests_newest_last(served, path):
    status, page = call(served, "GET", f"{path}/journal")
    assert (status, page["dropped"], page["next"]) == (200, 0, None)
    found = [(item["operation"], item["resource"], item["status"]) for item in page["exchanges"]]
    assert found == [
        ("CreateModel", "m", 200),
        *[("DescribeModel", "m", 400)] * 2,
        ("DescribeModel", "m", 200),
    ]
    assert "request" not in page["exchanges"][0]


@pytest.mark.usefixtures("missed")
def test_the_journal_is_filtered_and_paged(served, path, account):
    assert len(call(served, "GET", f"{path}/journal?operation=Desc*&status=400")[1]["exchanges"]) == 2
    assert call(served, "GET", f"{path}/journal?resource=n*")[1]["exchanges"] == []
    assert call(served, "GET", f"{path}/journal?since=1e12")[1]["exchanges"] == []
    whole = call(served, "GET", f"{path}/journal")[1]["exchanges"]
    newest = call(served, "GET", f"{path}/journal?last=2")[1]
    assert (newest["exchanges"], newest["next"]) == (whole[-2:], None)
    first = call(served, "GET", f"{path}/journal?limit=3")[1]
    rest = call(served, "GET", f"{path}/journal?limit=3&after={first['next']}")[1]
    assert (len(first["exchanges"]), len(rest["exchanges"]), rest["next"]) == (3, 1, None)


@pytest.mark.parametrize(
    "query", ["journal?limit=0", "journal?after=-1", "journal?since=-1", "report?max_attempts=0"]
)
def test_a_number_that_makes_no_sense_is_refused(served, path, query):
    found = call(served, "GET", f"{path}/{query}")
    refused(found, 400, "InvalidValue")
    assert "is less than " in found[1]["error"]["message"]


@pytest.mark.parametrize("query", ["status=fine", "since=today", "since=nan", "limit=x", "after=1.5"])
def test_a_filter_that_is_not_a_number_is_refused(served, path, query):
    error = refused(call(served, "GET", f"{path}/journal?{query}"), 400, "InvalidValue")
    assert error["path"] == query.partition("=")[0]


@pytest.mark.usefixtures("missed")
def test_the_journal_is_cleared(served, path, scenario):
    assert call(served, "GET", path)[1]["requests"] == 4
    assert call(served, "DELETE", f"{path}/journal")[1]["requests"] == 0
    assert len(scenario.calls()) == 0


@pytest.mark.usefixtures("missed")
def test_calls_show_who_retried(served, path, scenario):
    found = call(served, "GET", f"{path}/calls?operation=DescribeModel")[1]
    assert [(call["retried"], call["stale"], call["succeeded"]) for call in found] == [
        ("no", True, False),
        ("application", True, False),
        ("application", False, True),
    ]
    last = scenario.calls("DescribeModel").last
    assert (last.retry_of, len(last.attempts)) == (found[1]["id"], 1)


def test_a_reset_empties_the_journal(scenario, sagemaker):
    sagemaker.list_models()
    scenario.reset()
    assert scenario.journal().exchanges == []


def test_a_waiters_polls_are_distinguished_from_other_describes(scenario, sagemaker):
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="none")
    (poll,) = scenario.journal().exchanges
    assert poll.waiter


@pytest.mark.parametrize(
    ("form", "kind", "holds"),
    [
        ("text", "text/plain", "stale-miss-not-retried"),
        ("html", "text/html", "<!doctype html>"),
        ("junit", "application/xml", "<testsuites"),
    ],
)
def test_the_report_is_available_in_every_format(served, path, scenario, sagemaker, form, kind, holds):
    scenario.consistency("read-after-create-miss-1")
    sagemaker.create_model(**MODEL)
    with pytest.raises(sagemaker.exceptions.ClientError):
        sagemaker.describe_model(ModelName="m")
    with urlopen(f"{served.url}/_emulator/{path}/report?format={form}", timeout=20) as answer:
        assert answer.headers.get_content_type() == kind
        assert holds in answer.read().decode()
    (finding,) = call(served, "GET", f"{path}/report")[1]["findings"]
    assert finding["name"] == "stale-miss-not-retried"


def test_the_most_attempts_of_a_report_are_a_parameter(served, path, scenario, sagemaker):
    with scenario.fault("error", code="ServiceUnavailable", status=503):
        for _ in range(3):
            with pytest.raises(sagemaker.exceptions.ClientError):
                sagemaker.create_model(**MODEL)

    def findings(query: str) -> list[str]:
        return [found["name"] for found in call(served, "GET", f"{path}/report{query}")[1]["findings"]]

    assert "too-many-attempts" in findings("?max_attempts=2")
    assert "too-many-attempts" not in findings("?max_attempts=100")


def test_another_form_of_report_is_refused(served, path):
    refused(call(served, "GET", f"{path}/report?format=pdf"), 400, "InvalidValue")
