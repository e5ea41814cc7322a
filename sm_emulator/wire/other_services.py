"""Requests of other services, as far as they can be read without a service model, and their errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import orjson

from sm_emulator.errors import ServiceError
from sm_emulator.wire.message import Outcome, Request

HOSTING = "sagemaker"
RUNTIME = "/endpoints/"
FORM = "application/x-www-form-urlencoded"
# Services with XML over REST (botocore 1.44.5); all others with paths use JSON
_REST_XML = frozenset({"s3", "cloudfront", "route53"})
# SDKs write `Action` first; a large upload may be declared as a form, and is not read whole
_ACTION_WITHIN = 65536
_CODE = re.compile(rb'<Code>([^<]+)</Code>|"(?:__type|code)": ?"(?:[^"#]*#)?([^"#]+)"')


def is_hosting(request: Request, service: str) -> bool:
    """Return whether a request is for the control plane or the runtime of SageMaker hosting.

    `service` is the service that it is signed for; unsigned requests are SageMaker's unless target, form
    or path name another service. A target of SageMaker's overrules a signature for the wrong service.
    """
    if request.path == "/" and request.headers.get("x-amz-target", "").startswith("SageMaker."):
        return True
    if service not in {HOSTING, ""}:
        return False
    if request.path != "/":
        return request.path.startswith(RUNTIME)
    return bool(service) or not (_action(request) or _has_other_target(request))


def operation_name(request: Request, service: str) -> str:
    """Return service and operation: `sts:GetCallerIdentity`, `s3:PUT`, `s3:GET?tagging`."""
    target = request.headers.get("x-amz-target", "")
    action = target.rpartition(".")[2] or _action(request) or _rest_action(request)
    return f"{service or target.partition('.')[0].lower() or 's3'}:{action}"


def encode_backend_error(error: ServiceError, request: Request, service: str, id_: str) -> Outcome:
    """Return an error in the form that clients of `service` parse.

    The forms are those of AWS's protocols: json, query, rest-xml, rest-json.
    """
    content_type, body = _form(request, service)(error.code, error.message or "", id_)
    headers = (
        ("x-amzn-RequestId", id_),
        ("Content-Type", content_type),
        ("x-amzn-ErrorType", error.code),
    )
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


def _has_other_target(request: Request) -> bool:
    prefix = request.headers.get("x-amz-target", "").partition(".")[0]
    return prefix not in {"", "SageMaker"}


def _form(request: Request, service: str) -> Callable[[str, str, str], tuple[str, bytes]]:
    if request.headers.get("x-amz-target", ""):
        return _json
    if _action(request):
        return _query
    return _rest_xml if service in _REST_XML or not service else _json


def _json(code: str, message: str, _: str) -> tuple[str, bytes]:
    members: dict[str, Any] = {"__type": code, "message": message}
    return "application/json", orjson.dumps(members)


def _query(code: str, message: str, id_: str) -> tuple[str, bytes]:
    error = f"<Error><Type>Sender</Type>{_facts(code, message)}</Error>"
    body = f"<ErrorResponse>{error}<RequestId>{id_}</RequestId></ErrorResponse>"
    return "text/xml", body.encode()


def _rest_xml(code: str, message: str, id_: str) -> tuple[str, bytes]:
    body = f"<Error>{_facts(code, message)}<RequestId>{id_}</RequestId></Error>"
    return "application/xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def _facts(code: str, message: str) -> str:
    return f"<Code>{code}</Code><Message>{escape(message, quote=False)}</Message>"
