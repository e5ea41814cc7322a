"""moto's own server application, called as a function. Only this module imports moto, which takes long.

Requests are not serialised: moto's own server has a thread for each, too, and some of its operations
call back over HTTP (a subscription of SNS, say), which would deadlock under a lock.
"""

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
from moto.utilities.docker_utilities import DockerModel
from werkzeug.wrappers import Response

from sm_emulator.errors import ServiceError, validation
from sm_emulator.passthrough.egress import guard, guard_docker
from sm_emulator.passthrough.iam import simulate_principal_policy
from sm_emulator.wire.call import identify
from sm_emulator.wire.message import Outcome, Request, RequestHeaders
from sm_emulator.wire.other_services import FORM, operation_name

_log = logging.getLogger(__name__)
ALLOWED_HOSTS: set[str] = set()
guard("moto", ALLOWED_HOSTS)
guard_docker(DockerModel, ALLOWED_HOSTS)
# Set by our listener itself; `status` and `server` are moto's own
_NOT_SENT = frozenset({"connection", "content-length", "date", "server", "status", "transfer-encoding"})
_REPLACED = frozenset({"content-length", "transfer-encoding", "x-moto-account-id"})
# moto reads the service from the signature; unsigned requests are answered here, too
_FOR_SAGEMAKER = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sagemaker/aws4_request, Signature=0"
_TAGS = frozenset({"sagemaker:ListTags", "sagemaker:AddTags", "sagemaker:DeleteTags"})


class _Dispatcher(DomainDispatcherApplication):
    """Finds the application of a service by host, credential scope and path, as moto's server does."""

    def get_backend_for_host(self, host: str | None) -> str | None:
        """Return the service of a host; moto's own method prints to stdout where there is none."""
        if host is None or host in backends.list_of_moto_modules():
            return host
        patterns = self.backend_url_patterns
        return next((name for name, pattern in patterns if pattern.match(f"http://{host}")), None)


def _create_app(service: Any) -> flask.Flask:
    if service is None:
        raise NotImplementedError("moto does not implement the service either.")
    if service == "moto_api":  # several paths and signatures lead to it
        raise NotImplementedError("moto's own API is disabled: it changes the state of all accounts.")
    try:
        return create_backend_app(service)
    except ImportError as error:
        raise _missing_module(error, service) from error


_application = _Dispatcher(_create_app)


def answer(request: Request, account: str) -> Outcome:
    """Return moto's response to a request in `account`.

    Raises NotImplementedError for what it does not implement, ServiceError where it fails.
    """
    service = identify(request.headers, request.query).service
    name = operation_name(request, service)
    if name == "iam:SimulatePrincipalPolicy":
        return simulate_principal_policy(request)
    prefix = request.headers.get("x-amz-target", "").partition(".")[0]
    if prefix and not service and prefix not in {"SageMaker", *UNSIGNED_REQUESTS}:
        # moto would take it for a request to S3
        raise NotImplementedError("The request is not signed for a service.")
    try:
        response = Response.from_app(_application, _environ(request, service, account), buffered=True)
    except (NotImplementedError, ServiceError):
        raise
    except OperationNotFoundError as error:
        raise NotImplementedError("moto does not implement it either.") from error
    except ImportError as error:
        raise _missing_module(error, "all") from error
    except Exception as error:
        _log.debug("moto failed at %s", name, exc_info=True)
        raise _failure(name, f"{type(error).__name__}: {error}") from error
    return _outcome(response, request.method, name)


def discard(account: str) -> None:
    """Discard moto's whole state of an account."""
    held: list[Any] = list(BackendDict._instances)  # type: ignore[misc]  # noqa: SLF001  the only list of them
    for services in held:
        # resetting moto's API or S3's backend would reset all accounts
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


def _environ(request: Request, service: str, account: str) -> dict[str, Any]:
    """Return the environ that moto's server would see, in `account`."""
    excluded = _REPLACED
    if request.method == "PUT" and request.headers.get("content-type", "").startswith(FORM):
        excluded |= {"content-type"}  # curl sends this with any data; Flask would parse a form
    given = [item for item in request.headers.items() if item[0].lower() not in excluded]
    given += [("Content-Length", str(len(request.body))), ("x-moto-account-id", account)]
    if not service and request.headers.get("x-amz-target", "").startswith("SageMaker."):
        given.append(("Authorization", _FOR_SAGEMAKER))
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in given]
    described = replace(request, headers=RequestHeaders(raw)).environ()
    # metadata of S3 objects, which may have underscores in their names
    described[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = {
        environ_key_for_header(name): name
        for name, _ in given
        if should_preserve_original_header_name(name)
    }
    return described


def _outcome(response: Response, method: str, name: str) -> Outcome:
    body = response.get_data()
    if body.startswith(b"<!doctype html>\n<html lang=en>\n<title>"):  # werkzeug's own pages
        if response.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
            raise NotImplementedError("moto does not implement the path either.")
        raise _failure(name, response.status)
    headers = [(key, value) for key, value in response.headers if key.lower() not in _NOT_SENT]
    if method == "HEAD":
        headers.append(("Content-Length", response.headers.get("Content-Length", "0")))
    return Outcome(response.status_code, tuple(headers), body)


def _missing_module(error: ImportError, service: str) -> ServiceError:
    key = service.replace("-", "")
    extra = backends.ALT_SERVICE_NAMES.get(key, key)
    return ServiceError(
        "NotImplemented",
        f"moto needs the module {error.name} for this: pip install 'moto[{extra}]'",
        status=HTTPStatus.NOT_IMPLEMENTED,
    )


def _failure(name: str, message: str) -> ServiceError:
    """Return the error for a failure of moto's: not 500, which SDKs would retry to no avail."""
    if name in _TAGS:  # moto does not check that the resource exists
        return validation("Resource does not exist.")
    return ServiceError(
        "MotoFailure",
        f"moto failed at {name}: {message}",
        status=HTTPStatus.NOT_IMPLEMENTED,
    )
