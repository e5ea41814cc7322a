"""Constants and thresholds that users notice: a change of one must fail a test."""

import json
import socket
from contextlib import closing
from threading import Thread
from urllib.request import Request, urlopen

import pytest

from sm_emulator import Emulator
from sm_emulator.report.summary import predictable
from sm_emulator.store.lag import uniform
from sm_emulator.wire.steps import Wait
from tests.support.fake_backend import Neighbourhood
from tests.support.fake_connection import Fed
from tests.support.local_gateway import Local
from tests.support.raw_http import request


@pytest.mark.parametrize(
    ("waits", "fixed"),
    [
        ([9.0, 1.0, 1.0, 1.005], True),
        ([9.0, 1.0, 1.0, 1.007], False),
        ([9.0, 10.0, 10.0, 10.019], True),
        ([9.0, 10.0, 10.0, 10.021], False),
        ([9.0, 0.4, 0.4, 0.4], False),  # jitter of a tenth may look like that
        ([9.0, 0.4, 0.4, 0.4, 0.4, 0.4], True),
        ([9.0, 0.09, *[0.1] * 11], False),  # two differ by 10 ms
        ([9.0, 0.1, *[0.1] * 11], True),
        ([9.0, 0.08, *[0.08] * 11], False),
        ([9.0, 0.2, 0.4, 0.8, 1.6], True),
        ([9.0, 0.2, 0.4, 0.8, 1.7], False),
    ],
)
def test_waits_are_fixed_within_what_a_machine_adds_if_jitter_rarely_gives_them(waits, fixed):
    assert predictable(waits) == fixed


def test_no_more_than_sixteen_requests_are_read_ahead():
    def wait(_):
        yield Wait(60)

    fed = Fed(wait)
    fed.feed(request(b"{}") * 16)
    assert not fed.transport.paused
    fed.feed(request(b"{}"))
    assert fed.transport.paused


@pytest.mark.parametrize("header", ["TE", "Trailer", "Upgrade"])
def test_a_header_of_one_connection_is_not_forwarded(header):
    received = []
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = server.accept()
        with connection:
            received.append(connection.recv(65536).lower())
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with closing(server), Emulator(settings={"fallthrough": url_of(server)}) as emulator:
        answering = Thread(target=answer)
        answering.start()
        request = Request(f"{emulator.url}/bucket", headers={header: "x-sent", "X-Other": "x-kept"})
        urlopen(request).close()
        answering.join()
    assert b"x-kept" in received[0]
    assert b"x-sent" not in received[0]


def url_of(server) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("share", [1, 37])
def test_data_is_captured_exactly_where_the_draw_is_below_the_percentage(share):
    near = Neighbourhood()
    local = Local(backend=near)
    local.model()
    destination = {"DestinationS3Uri": "s3://b/c", "CaptureOptions": [{"CaptureMode": "Input"}]}
    local.endpoint(DataCaptureConfig={"InitialSamplingPercentage": share, **destination})
    captured = []
    for number in range(300):
        before = len(near.objects)
        local.invoke(json.dumps(number).encode())
        captured.append(len(near.objects) > before)
    assert sum(captured) == pytest.approx(3 * share, abs=15)
    key = ("us-east-1", "Endpoint", "e")
    assert captured == [
        uniform(local.scenario.store.seed, "capture", *key, nth) * 100 < share for nth in range(300)
    ]


def test_transitions_that_are_due_belong_to_the_consistency_before_a_change():
    with Emulator(clock="virtual", settings={"lifecycle.creating_seconds": 10}) as emulator:
        scenario, client = emulator.scenario(), emulator.client("sagemaker")
        client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
        variant = {"VariantName": "a", "ModelName": "m", "InstanceType": "ml.m5.large"}
        variants = [{**variant, "InitialInstanceCount": 1}]
        client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=variants)
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        scenario.clock.advance(11)
        scenario.consistency({"rules": [{"name": "late", "match": {}, "reads": 2}]})
        assert client.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"
