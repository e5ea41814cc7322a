"""DataCaptureConfig: what went in and out of a model, as files of JSON lines in S3."""

import base64
import re

import orjson
import pytest

from sm_emulator.scenario import traffic
from tests.support.fake_backend import Neighbourhood
from tests.support.local_gateway import VARIANT, Local

CSV = {
    "CaptureContentTypeHeader": {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json"],
    }
}
BOTH = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]


def capturing(share: int = 100, near: Neighbourhood | None = None, seed: int = 0, **members) -> Local:
    local = Local(seed=seed, backend=near or Neighbourhood())
    local.model()
    config = {
        "InitialSamplingPercentage": share,
        "DestinationS3Uri": "s3://b/capture",
        "CaptureOptions": BOTH,
        **members,
    }
    local.endpoint(DataCaptureConfig=config)
    return local


def lines(near: Neighbourhood) -> list[dict]:
    return [orjson.loads(line) for file in near.objects.values() for line in file.splitlines()]


def test_a_file_lies_by_endpoint_variant_and_hour():
    near = Neighbourhood()
    capturing(near=near).invoke(b"1")
    (name,) = near.objects
    assert re.fullmatch(r"b/capture/e/AllTraffic/2026/01/01/00/00-00-000-[0-9a-f-]{36}\.jsonl", name)
    assert near.objects[name].endswith(b"}\n")


@pytest.mark.parametrize(("missing", "captured"), [(0, 1), (1, 0)])
def test_a_capture_holds_the_request_and_the_reply_and_is_dropped_beyond_the_memory(missing, captured):
    near = Neighbourhood()
    local = capturing(near=near)
    size = traffic._JOB + 10 + len(local.invoke(b"0123456789")["Body"])
    near.objects.clear()
    local.scenario.bounds.background_bytes = size - missing
    local.invoke(b"0123456789")
    assert len(near.objects) == captured


def test_a_line_has_the_form_of_the_developer_guide():
    near = Neighbourhood()
    local = capturing(near=near, **CSV)
    answer = local.infer(
        b"1,2", content_type="text/csv; charset=utf-8", inference_id="i", custom_attributes="c"
    )
    assert lines(near) == [
        {
            "captureData": {
                "endpointInput": {
                    "observedContentType": "text/csv; charset=utf-8",
                    "mode": "INPUT",
                    "data": "1,2",
                    "encoding": "CSV",
                },
                "endpointOutput": {
                    "observedContentType": "application/json",
                    "mode": "OUTPUT",
                    "data": answer.outcome.body.decode(),
                    "encoding": "JSON",
                },
            },
            "eventMetadata": {
                "eventId": answer.headers["x-amzn-RequestId"],
                "customAttributes": ["c"],
                "inferenceId": "i",
                "inferenceTime": "2026-01-01T00:00:00Z",
            },
            "eventVersion": "0",
        }
    ]


@pytest.mark.parametrize("body", [b"\xff", b"1"])
def test_what_is_not_listed_or_no_text_is_in_base_64(body):
    near = Neighbourhood()
    local = capturing(near=near, **CSV)
    local.invoke(body, content_type="text/csv" if body == b"\xff" else "image/png")
    captured = lines(near)[0]["captureData"]["endpointInput"]
    assert (captured["encoding"], base64.b64decode(captured["data"])) == ("BASE64", body)


@pytest.mark.parametrize(
    ("modes", "captured"),
    [
        (["Input"], {"endpointInput"}),
        (["Output"], {"endpointOutput"}),
        (["InputAndOutput"], {"endpointInput", "endpointOutput"}),
    ],
)
def test_only_configured_parts_are_captured(modes, captured):
    near = Neighbourhood()
    local = capturing(near=near, CaptureOptions=[{"CaptureMode": mode} for mode in modes])
    local.invoke()
    assert set(lines(near)[0]["captureData"]) == captured


@pytest.mark.slow
def test_the_percentage_is_drawn_by_the_seed():
    def captured(seed: int) -> list[str]:
        near = Neighbourhood()
        local = capturing(30, near, seed)
        for _ in range(400):
            local.invoke()
        return list(near.objects)

    assert 90 < len(captured(1)) < 150
    assert captured(1) == captured(1)
    assert captured(1) != captured(2)


@pytest.mark.parametrize("members", [{"EnableCapture": False}, {"share": 0}])
def test_nothing_is_captured_where_that_is_off(members):
    near = Neighbourhood()
    capturing(near=near, **members).invoke()
    assert near.objects == {}


def test_a_client_hears_nothing_of_a_capture_that_fails(caplog):
    near = Neighbourhood(down={"s3"})
    assert capturing(near=near).infer().status == 200
    assert "data capture failed" in caplog.text


def test_what_a_shadow_variant_answers_is_captured_as_its_own():
    near = Neighbourhood()
    local = Local(backend=near)
    local.model()
    config = {"InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://b", "CaptureOptions": BOTH}
    shadow = {**VARIANT, "VariantName": "shadow"}
    local.endpoint(DataCaptureConfig=config, ShadowProductionVariants=[shadow])
    local.invoke(b"1")
    assert {name.split("/")[2] for name in near.objects} == {"AllTraffic", "shadow"}
    assert len({line["captureData"]["endpointOutput"]["data"] for line in lines(near)}) == 2
