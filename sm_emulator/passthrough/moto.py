"""moto's own server application, called as a function. The one door to moto; to import it takes long.

Requests are not serialised: moto's own server has a thread for each, too, and some of its operations
call back over HTTP (a subscription of SNS, say), which a lock would let wait for itself.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus
from typing import Any

import flask
from botocore.model import OperationNotFoundError
from moto import backends
from moto.core.base_backend import BackendDict
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)
from moto.moto_server.werkzeug_app import (
    UNSIGNED_REQUESTS,
    DomainDispatcherApplication,
    create_backend_app,
)
from moto.s3.models import FakeKey, FakeMultipart, s3_backends
from werkzeug.wrappers import Response

from sm_emulator.errors import ServiceError, validation
from sm_emulator.wire import FORM, Outcome, Request, identify, operation_name
from sm_emulator.wire.environ import environ
from sm_emulator.wire.headers import RequestHeaders

_log = logging.getLogger(__name__)
# Of one connection, or told by our listener itself; `status` and `server` are moto's own
_NOT_SENT = frozenset({"connection", "content-length", "date", "server", "status", "transfer-encoding"})
_TOLD_ANEW = frozenset({"content-length", "transfer-encoding", "x-moto-account-id"})
# What moto tells a service by; unsigned requests are answered here, too
_FOR_SAGEMAKER = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sagemaker/aws4_request, Signature=0"
_TAGS = frozenset({"sagemaker:ListTags", "sagemaker:AddTags", "sagemaker:DeleteTags"})


class _Dispatcher(DomainDispatcherApplication):
    """Finds the application of a service by host, credential scope and path, as moto's server does."""

    def get_backend_for_host(self, host: str | None) -> str | None:
        """Find a service by its host; moto's own prints to stdout where it finds none."""
        if host is None or host in backends.list_of_moto_modules():
            return host
        patterns = self.backend_url_patterns
        return next((name for name, pattern in patterns if pattern.match(f"http://{host}")), None)


def _create_app(service: Any) -> flask.Flask:
    if service is None:
        raise NotImplementedError("Neither does moto know the service.")
    if service == "moto_api":  # it goes by more paths than one, and by signatures
        raise NotImplementedError("It would reach the state of all accounts.")
    try:
        return create_backend_app(service)
    except ImportError as error:
        raise _lacks(error, service) from error


_application = _Dispatcher(_create_app)


def answer(request: Request, account: str) -> Outcome:
    """Let moto answer a request in `account`.

    Raises NotImplementedError for what it has not, ServiceError where it fails.
    """
    service = identify(request.headers, request.query).service
    what = operation_name(request, service)
    _refuse_unroutable(request, service)
    try:
        response = Response.from_app(_application, _environ(request, service, account), buffered=True)
    except (NotImplementedError, ServiceError):
        raise
    except OperationNotFoundError as error:
        raise NotImplementedError("Neither does moto know it.") from error
    except ImportError as error:
        raise _lacks(error, "all") from error
    except Exception as error:
        _log.debug("moto failed at %s", what, exc_info=True)
        raise _failure(what, f"{type(error).__name__}: {error}") from error
    return _outcome(response, request.method, what)


def forget(account: str) -> None:
    """Let go everything that moto holds of an account."""
    held: list[Any] = list(BackendDict._instances)  # type: ignore[misc]  # noqa: SLF001  nowhere else
    for services in held:
        # to reset moto's API is to reset all accounts, and so it would be with the objects of S3
        if services.service_name != "moto_api" and account in services:
            regions = services.pop(account)
            if services is not s3_backends:
                for backend in list(regions.values()):
                    backend.reset()
    kinds: tuple[Any, ...] = (FakeKey, FakeMultipart)
    for kind in kinds:
        tracked = list(kind.instances_tracked)
        kind.instances_tracked[:] = [item for item in tracked if item.account_id != account]
        for item in tracked:
            if item.account_id == account:
                item.dispose()
    for bucket, (_, owner) in list(s3_backends.bucket_accounts.items()):
        if owner == account:
            del s3_backends.bucket_accounts[bucket]


def _refuse_unroutable(request: Request, service: str) -> None:
    """Refuse what moto would take for S3, which is its last guess."""
    prefix = request.headers.get("x-amz-target", "").partition(".")[0]
    if prefix and not service and prefix not in {"SageMaker", *UNSIGNED_REQUESTS}:
        raise NotImplementedError("It is not signed for a service.")


def _environ(request: Request, service: str, account: str) -> dict[str, Any]:
    """Describe a request as moto's server would see it, in `account`."""
    left_out = _TOLD_ANEW
    if request.method == "PUT" and request.headers.get("content-type", "").startswith(FORM):
        left_out |= {"content-type"}  # curl says so of any data; Flask would take it for a form
    given = [item for item in request.headers.items() if item[0].lower() not in left_out]
    given += [("Content-Length", str(len(request.body))), ("x-moto-account-id", account)]
    if not service and request.headers.get("x-amz-target", "").startswith("SageMaker."):
        given.append(("Authorization", _FOR_SAGEMAKER))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given]
    described = environ(replace(request, headers=RequestHeaders(raw)), ("127.0.0.1", 80))
    # metadata of S3 objects, which may have underscores in their names
    described[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(name): name
        for name, _ in given
        if should_preserve_original_header_name(name)
    }
    return described


def _outcome(response: Response, method: str, what: str) -> Outcome:
    body = response.get_data()
    if body.startswith(b"<!doctype html>\n<html lang=en>\n<title>"):  # werkzeug's own pages
        if response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
            raise NotImplementedError("Neither has moto such a path.")
        raise _failure(what, response.status)
    headers = [(name, value) for name, value in response.headers if name.lower() not in _NOT_SENT]
    if method == "HEAD":
        headers.append(("Content-Length", response.headers.get("Content-Length", "0")))
    return Outcome(response.status_code, tuple(headers), body)


def _lacks(error: ImportError, service: str) -> ServiceError:
    name = service.replace("-", "")
    extra = backends.ALT_SERVICE_NAMES.get(name, name)
    return ServiceError(
        "NotImplemented",
        f"moto lacks the module {error.name} for this: pip install 'moto[{extra}]'",
        status=HTTPStatus.NOT_IMPLEMENTED,
    )


def _failure(what: str, said: str) -> ServiceError:
    """Phrase a failure of moto's: not as 500, which SDKs would retry, and which never helps here."""
    if what in _TAGS:  # moto looks for no resource before it takes its tags
        return validation("Resource does not exist.")
    return ServiceError(
        "MotoFailure",
        f"moto failed at {what}: {said}",
        status=HTTPStatus.NOT_IMPLEMENTED,
    )
