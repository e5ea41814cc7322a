"""The schedule of a scenario over the admin API."""

import pytest

from tests.support.admin_client import call, refused

LATE = "CreateEndpoint(ep)#1 late EndpointConfig(cfg)"


@pytest.fixture
def path(account):
    return f"scenarios/{account}/schedule"


def test_a_schedule_is_put_in_force_read_and_ended(served, path, scenario):
    assert refused(call(served, "GET", path), 404, "NotFound")["message"] == "no schedule is in force"
    status, put = call(served, "PUT", path, "DescribeModel(m)#1 503 ; crash after 1")
    assert status == 200
    assert put["causes"][0] == {
        "cause": "DescribeModel(m)#1 503",
        "consumed": 0,
        "count": 1,
        "misfit": "DescribeModel(m)#1 never came; it made no request",
    }
    assert call(served, "GET", path.removesuffix("/schedule"))[1]["schedule"] == put["schedule"]
    sagemaker = scenario.client("sagemaker")
    for _ in range(2):
        with pytest.raises(sagemaker.exceptions.ClientError):
            sagemaker.describe_model(ModelName="m")
    read = call(served, "GET", f"{path}?after=1&limit=1")[1]
    assert [(p["order"], p["label"], p["kind"]) for p in read["points"]] == [
        (1, "DescribeModel(m)#2", "request")
    ]
    assert read["next"] == 2
    assert call(served, "GET", path)[1]["points"][0]["chosen"] == "DescribeModel(m)#1 503"
    assert call(served, "POST", f"{path}/restart", {})[1]["crashed"] is False
    ended = call(served, "DELETE", path, {})
    assert ended[0] == 200
    assert [cause["consumed"] for cause in ended[1]["causes"]] == [1, 0]
    refused(call(served, "GET", path), 404, "NotFound")
    refused(call(served, "DELETE", path, {}), 404, "NotFound")


def test_a_file_is_a_schedule_with_what_belongs_to_it(served, path, scenario):
    file = {"version": 1, "schedule": LATE, "seed": 7, "max_lag": "9s", "surfaces": ["load"]}
    assert call(served, "PUT", path, file)[0] == 200
    assert scenario.summary()["seed"] == 7
    assert str(scenario.active_schedule().schedule) == LATE


@pytest.mark.parametrize(
    ("body", "place", "message"),
    [
        ("CreateEndpoint(ep)#0 lost", "schedule", "a whole number from 1 to 1000000 is expected"),
        ({"version": 2, "schedule": LATE}, "schedule.version", "2 is not"),
        ({"version": 1, "schedule": "x"}, "schedule", "character 1: 'x'"),
        ({"version": 1, "schedule": LATE, "surface": []}, "schedule.surface", ""),
        ({"version": 1, "schedule": LATE, "max_lag": 0}, "schedule.max_lag", ""),
        (
            {"version": 1, "schedule": LATE, "consistency": {"order": "x"}},
            "schedule.consistency.order",
            "",
        ),
        (3, "schedule", "3 is not an object"),
        (None, "schedule", "is not an object"),
    ],
)
def test_a_wrong_schedule_is_refused_and_changes_nothing(served, path, scenario, body, place, message):
    error = refused(call(served, "PUT", path, b"null" if body is None else body), 400, "InvalidValue")
    assert error["path"] == place
    assert message in error["message"]
    assert scenario.summary()["schedule"] is None
