"""Requests of other services, and their errors."""

import botocore.session
import pytest
from botocore.parsers import create_parser

from sm_emulator.errors import ServiceError
from sm_emulator.wire.message import Outcome, Request
from sm_emulator.wire.other_services import encode_backend_error, error_code, is_hosting, operation_name

FORM = "application/x-www-form-urlencoded"
IDENTITY = Request("POST", {"content-type": FORM}, b"Action=GetCallerIdentity&Version=2011-06-15")
JSON = Request("POST", {"x-amz-target": "Logs_20140328.DescribeLogGroups"}, b"{}")


@pytest.mark.parametrize(
    ("request_", "service", "name"),
    [
        (IDENTITY, "sts", "sts:GetCallerIdentity"),
        (Request("GET", {}, b"", query="Action=Publish"), "sns", "sns:Publish"),
        (JSON, "logs", "logs:DescribeLogGroups"),
        (JSON, "", "logs_20140328:DescribeLogGroups"),
        (Request("PUT", {}, b"", "/bucket/key"), "s3", "s3:PUT"),
        (Request("GET", {}, b"", "/bucket/key"), "", "s3:GET"),
        (Request("GET", {}, b"", "/bucket", "tagging"), "s3", "s3:GET?tagging"),
        (Request("GET", {}, b"", "/bucket", "list-type=2&prefix=a"), "s3", "s3:GET"),
        (Request("GET", {}, b"", "/2015-03-31/functions"), "lambda", "lambda:GET"),
    ],
)
def test_a_request_names_a_service_and_an_operation(request_, service, name):
    assert operation_name(request_, service) == name


@pytest.mark.parametrize(
    ("request_", "service"),
    [
        (Request("POST", {"x-amz-target": "SageMaker.ListModels"}, b"{}"), ""),
        (Request("POST", {}, b""), ""),
        (Request("GET", {}, b""), "sagemaker"),
        (Request("GET", {}, b"", query="x=y"), ""),
        (Request("POST", {}, b"", "/endpoints/e/invocations"), "sagemaker"),
        (Request("POST", {}, b"", "/endpoints/e/invocations"), ""),
    ],
)
def test_what_may_be_meant_for_sagemaker_s_hosting_is_kept(request_, service):
    assert is_hosting(request_, service)


@pytest.mark.parametrize(
    ("request_", "service"),
    [
        (Request("GET", {}, b""), "s3"),
        (Request("PUT", {}, b"", "/endpoints/key"), "s3"),
        (Request("PUT", {}, b"", "/bucket"), ""),
        (Request("PUT", {}, b"", "/BatchPutMetrics"), "sagemaker"),
        (IDENTITY, ""),
        (JSON, ""),
    ],
)
def test_what_is_plainly_for_another_is_not(request_, service):
    assert not is_hosting(request_, service)


@pytest.mark.parametrize(
    ("service", "operation", "request_"),
    [
        ("sts", "GetCallerIdentity", IDENTITY),
        ("ec2", "DescribeVpcs", Request("POST", {"content-type": FORM}, b"Action=DescribeVpcs")),
        ("logs", "DescribeLogGroups", JSON),
        ("s3", "GetObject", Request("GET", {}, b"", "/bucket/key")),
        ("route53", "ListHostedZones", Request("GET", {}, b"", "/2013-04-01/hostedzone")),
        ("lambda", "ListFunctions", Request("GET", {}, b"", "/2015-03-31/functions")),
    ],
)
def test_a_refusal_is_read_by_the_client_of_the_service(service, operation, request_):
    error = ServiceError("NotImplemented", 'not "here" & <not> there', status=501)
    outcome = encode_backend_error(error, request_, service, "an-id")
    model = botocore.session.get_session().get_service_model(service)
    answer = {"status_code": outcome.status, "headers": dict(outcome.headers), "body": outcome.body}
    parsed = create_parser(model.resolved_protocol).parse(
        answer, model.operation_model(operation).output_shape
    )
    assert parsed["Error"]["Code"] == "NotImplemented"
    assert parsed["Error"]["Message"] == 'not "here" & <not> there'
    assert error_code(outcome) == "NotImplemented"


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (Outcome(200, (), b"<Code>kept out</Code>"), ""),
        (Outcome(404, (), b"<Error><Code>NoSuchKey</Code></Error>"), "NoSuchKey"),
        (Outcome(400, (), b'{"__type": "com.amazonaws.x#NotFound", "message": ""}'), "NotFound"),
        (Outcome(404, (("X-Amzn-ErrorType", "ResourceNotFound"),), b"{}"), "ResourceNotFound"),
        (Outcome(404, (), b""), "404"),
    ],
)
def test_the_code_of_a_refusal_is_read(outcome, code):
    assert error_code(outcome) == code
