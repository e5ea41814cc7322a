"""Requests of other services, as far as they can be read without a service model, and their errors."""

import re
from html import escape
from urllib.parse import parse_qs, parse_qsl

import orjson

from sm_emulator.errors import ServiceError
from sm_emulator.wire.message import Outcome, Request

FORM = "application/x-www-form-urlencoded"
# Services with XML over REST (botocore 1.44.5), "" for unsigned requests to S3; all others use JSON
_REST_XML = frozenset({"s3", "cloudfront", "route53", ""})
# SDKs write `Action` first; a large upload may be declared as a form, and is not read whole
_ACTION_WITHIN = 65536
_CODE = re.compile(rb'<Code>([^<]+)</Code>|"(?:__type|code)": ?"(?:[^"#]*#)?([^"#]+)"')


def is_hosting(request: Request, service: str) -> bool:
    """Return whether a request is for the control plane or the runtime of SageMaker hosting.

    `service` is the service that it is signed for; unsigned requests are SageMaker's unless target, form
    or path name another service. A target of SageMaker's overrules a signature for the wrong service.
    """
    target = request.headers.get("x-amz-target", "")
    if request.path == "/" and target.startswith("SageMaker."):
        return True
    if service not in {"sagemaker", ""}:
        return False
    if request.path != "/":
        return request.path.startswith("/endpoints/")
    return bool(service) or (target.partition(".")[0] in {"", "SageMaker"} and not _action(request))


def operation_name(request: Request, service: str) -> str:
    """Return service and operation: `sts:GetCallerIdentity`, `s3:PUT`, `s3:GET?tagging`."""
    target = request.headers.get("x-amz-target", "")
    action = target.rpartition(".")[2] or _action(request) or _rest_action(request)
    return f"{service or target.partition('.')[0].lower() or 's3'}:{action}"


def encode_backend_error(error: ServiceError, request: Request, service: str, id_: str) -> Outcome:
    """Return an error in the form that clients of `service` parse.

    The forms are those of AWS's protocols: json, query, rest-xml, rest-json.
    """
    code, message = error.code, error.message or ""
    facts = f"<Code>{code}</Code><Message>{escape(message, quote=False)}</Message>"
    content_type, body = "application/json", orjson.dumps({"__type": code, "message": message})
    if request.headers.get("x-amz-target", ""):
        pass
    elif _action(request):
        content_type = "text/xml"
        facts = f"<Error><Type>Sender</Type>{facts}</Error>"
        body = f"<ErrorResponse>{facts}<RequestId>{id_}</RequestId></ErrorResponse>".encode()
    elif service in _REST_XML:
        content_type = "application/xml"
        facts = f"<Error>{facts}<RequestId>{id_}</RequestId></Error>"
        body = f'<?xml version="1.0" encoding="UTF-8"?>\n{facts}'.encode()
    headers = (("x-amzn-RequestId", id_), ("Content-Type", content_type), ("x-amzn-ErrorType", code))
    return Outcome(error.status, headers, body)


def error_code(outcome: Outcome) -> str:
    """Return the code of an error; "" for a success, the status where there is no code."""
    if outcome.status < 400:  # noqa: PLR2004  the statuses of errors
        return ""
    named = {name.lower(): value for name, value in outcome.headers}.get("x-amzn-errortype")
    if found := _CODE.search(outcome.body):
        named = (found[1] or found[2]).decode(errors="replace")
    return named or str(outcome.status)


def _action(request: Request) -> str:
    """Return `Action=` of the query protocol, from body or query; "" where there is none."""
    given = request.query
    if request.headers.get("content-type", "").startswith(FORM):
        given = request.body[:_ACTION_WITHIN].decode("latin-1")
    return parse_qs(given).get("Action", [""])[0]


def _rest_action(request: Request) -> str:
    """Return the method, with the sub-resource where the query names one."""
    named = parse_qsl(request.query, keep_blank_values=True)
    return "?".join([request.method, *[name for name, value in named if not value][:1]])
