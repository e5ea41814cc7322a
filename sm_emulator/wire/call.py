"""The caller and the call of a request, as faults match them and the journal records them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import parse_qs

from sm_emulator.errors import ServiceError
from sm_emulator.resources import RESOURCES
from sm_emulator.wire.message import Headers, Request

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_REGION = "us-east-1"
# The session token of an observer: every SDK sends one that the environment names
OBSERVER = "sm-emulator-observer"
# SigV4a names no region in its scope
_SCOPE = re.compile(r"([^/,\s]+)/\d+/(?:([a-z0-9-]+)/)?([a-z0-9-]+)/aws4_request")
# SigV2, which boto3 still signs S3's URLs with by default
_V2 = re.compile(r"AWS ([^:\s]+):")
# SDKs list in the User-Agent the features that a call uses: botocore another in each waiter and
# paginator (seen with 1.44.5). They do not identify the caller.
_FEATURES = re.compile(r"\bm/[^ ]*")
# Feature B is a waiter (seen with botocore 1.44.5)
_WAITER = re.compile(r"\bm/(?:[^ ,]+,)*B\b")
_LONGEST_PRODUCT = 40
_LONGEST_NAME = 256
# One more than the longest valid ARN: faults match and hash the resource before the contract is checked
_LONGEST_RESOURCE = 2049
_ACCOUNT = re.compile(r"[0-9]{12}")
_MOST_VARIANTS = 20  # that are read; a configuration may have 10
_ATTEMPT = re.compile(r"attempt=([0-9]{1,6})")
_MAX_ATTEMPTS = re.compile(r"max=([0-9]{1,6})")
_ARN = re.compile(r"arn:[a-z-]+:sagemaker:[^:]*:[^:]*:([^/:]+)/")
_SEGMENTS = frozenset(resource.segment for resource in RESOURCES)
# The longest first: EndpointConfig begins like Endpoint
_TYPES = sorted((resource.type for resource in RESOURCES), key=len, reverse=True)
_NAMES = {f"{type_}Name": type_ for type_ in _TYPES}


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request. No signature is checked here.

    The account is the access key id where that is 12 digits, so that a key isolates a test. `session`
    is the scope of session guarantees: the name in `x-sm-emulator-session`, else the product of the
    User-Agent and a digest of it and the access key, which is in no record. `session_name` is that name
    or "". `strong` requests consistent reads (`x-sm-emulator-consistency: strong`). `service` is the
    service that the request is signed for, "" for an unsigned one. `observes`: its session token is
    OBSERVER, so it reads the leader, and leaves no trace.
    """

    account: str
    region: str
    service: str
    session: str
    session_name: str
    strong: bool
    observes: bool = False


@dataclass(slots=True)
class Call:
    """An attempt at `operation` by `caller` on `resource`, a name or ARN ("" for none).

    Operation and resource are "" until the body has been read. `invocation` is the SDK's id of the
    logical call, "" where the client sends none; `attempt` counts its attempts from 1. `max_attempts` is
    the client's limit, 0 if unknown; `waiter` is set for the polls of a waiter. `uses` names the other
    resources that the body refers to, as "EndpointConfig c".
    """

    operation: str
    resource: str
    caller: Caller
    invocation: str
    attempt: int
    request: Request
    max_attempts: int = 0
    waiter: bool = False
    uses: tuple[str, ...] = ()

    def set_operation(self, operation: str, payload: object) -> None:
        """Set the operation, and the resources as far as the payload names them."""
        self.operation, self.resource = operation, _resource(operation, payload)
        if operation.startswith(("Create", "Update")) and isinstance(payload, dict):
            self.uses = tuple(_uses(type_of(operation), payload))

    def check_observer(self) -> None:
        """Refuse a write of an observer. Raises ServiceError."""
        verb = self.operation.rpartition(":")[2]
        if self.caller.observes and not verb.startswith(("Describe", "List")):
            message = f"an observer only describes and lists: {self.operation} needs a client of its own"
            raise ServiceError("AccessDeniedException", message)


def identify(headers: Headers, query: str = "") -> Caller:
    """Return the caller, from a signature in headers or query; for unsigned requests the defaults."""
    authorization = headers.get("authorization", "")
    credential = authorization.partition("Credential=")[2].partition(",")[0] or authorization
    if query and not authorization:
        given = parse_qs(query)
        signed, old = (given.get(name, [""])[0] for name in ("X-Amz-Credential", "AWSAccessKeyId"))
        credential = signed or f"AWS {old}:"
    return _caller(
        credential,
        headers.get("user-agent", ""),
        headers.get("x-sm-emulator-session", ""),
        headers.get("x-sm-emulator-consistency", ""),
        observes=headers.get("x-amz-security-token", "") == OBSERVER,
    )


@lru_cache(maxsize=128)  # clients send the same headers in every request
def _caller(credential: str, agent: str, name: str, consistency: str, *, observes: bool) -> Caller:
    access_key, region, service = "", DEFAULT_REGION, ""
    if scope := _SCOPE.match(credential):
        access_key, region, service = scope[1], scope[2] or DEFAULT_REGION, scope[3]
    elif old := _V2.match(credential):
        access_key, service = old[1], "s3"
    # a history keeps the digest of a long name
    named = name if len(name) <= _LONGEST_NAME else _session("", name)
    session = named or _session(access_key, _FEATURES.sub("", agent))
    return Caller(
        account=access_key if _ACCOUNT.fullmatch(access_key) else DEFAULT_ACCOUNT,
        region=region,
        service=service,
        session=OBSERVER if observes else session,
        session_name=name,
        strong=observes or consistency == "strong",
        observes=observes,
    )


def _session(access_key: str, agent: str) -> str:
    product = agent.partition(" ")[0][:_LONGEST_PRODUCT]
    digest = blake2b(f"{access_key} {agent}".encode(), digest_size=6).hexdigest()
    return f"{product or 'unnamed'} {digest}"


def parse_call(caller: Caller, request: Request) -> Call:
    """Return the call that the head of a request describes."""
    announced, agent = request.headers.get("amz-sdk-request", ""), request.headers.get("user-agent", "")
    attempt, max_attempts, waiter = _attempt(announced, agent)
    return Call(
        operation="",
        resource="",
        caller=caller,
        invocation=request.headers.get("amz-sdk-invocation-id", ""),
        attempt=attempt,
        request=request,
        max_attempts=max_attempts,
        waiter=waiter,
    )


@lru_cache(maxsize=128)
def _attempt(announced: str, agent: str) -> tuple[int, int, bool]:
    """Return the number of an attempt, the client's limit, and whether a waiter makes it."""
    attempt, limit = _ATTEMPT.search(announced), _MAX_ATTEMPTS.search(announced)
    waiter = _WAITER.search(agent) is not None
    return int(attempt[1]) if attempt else 1, int(limit[1]) if limit else 0, waiter


def targets_other_resource(payload: object) -> bool:
    """Return whether the ARN of a tag operation names a resource outside hosting."""
    arn = payload.get("ResourceArn") if isinstance(payload, dict) else None
    found = _ARN.match(arn) if isinstance(arn, str) else None
    return found is not None and found[1] not in _SEGMENTS


@lru_cache(maxsize=128)
def type_of(operation: str) -> str:
    """Return the type of resource that an operation acts on, "" for none."""
    noun = operation.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ").lstrip("abcdefghijklmnopqrstuvwxyz")
    return next((kind for kind in _TYPES if noun.startswith(kind)), "")


def _resource(operation: str, payload: object) -> str:
    if not isinstance(payload, dict):
        return ""
    kind = type_of(operation)
    name = payload.get(f"{kind}Name" if kind else "ResourceArn", "")
    return name[:_LONGEST_RESOURCE] if isinstance(name, str) else ""


def _uses(kind: str, payload: dict[str, object]) -> Iterator[str]:
    """Yield the resources of other types that a payload names; it may violate any constraint."""
    variants = payload.get("ProductionVariants")
    parts = [payload, payload.get("Specification")]
    parts += variants[:_MOST_VARIANTS] if isinstance(variants, list) else ()
    for part in parts:
        if isinstance(part, dict):
            for member, name in part.items():
                type_ = _NAMES.get(member, kind)
                if type_ != kind and isinstance(name, str):
                    yield f"{type_} {name[:_LONGEST_NAME]}"
