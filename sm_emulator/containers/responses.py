"""The responses of models: the first of `models.responses` that matches, else an echo."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

from sm_emulator.containers.adapters import called, echo, fixed, served
from sm_emulator.containers.invocation import Container, Invocation
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.values import matches_glob, seconds

# AWS's limit on the response of a real-time endpoint
MAX_BYTES = 25 * 1024 * 1024
_GRACE = 1.0
_MATCHED = {"endpoints": "endpoint", "variants": "variant", "models": "model", "images": "image"}


@dataclass(frozen=True, slots=True)
class Response:
    """A reply by `container`, `delay` seconds late, after `not_ready` rejections.

    `globs` are patterns by the member of an invocation that they match. `blocks`: the container may
    take long, so it must not run on the event loop. `grace`: how many seconds late it may report its
    own timeout.
    """

    container: Container
    globs: Mapping[str, str] = field(default_factory=dict)
    blocks: bool = False
    grace: float = 0.0
    delay: float = 0.0
    not_ready: int = 0


_ECHO = Response(echo)


def find_response(rules: Iterable[Response], invocation: Invocation) -> Response:
    """Return the first response whose patterns all match an invocation, else an echo."""
    for rule in rules:
        if all(matches_glob(getattr(invocation, name), glob) for name, glob in rule.globs.items()):
            return rule
    return _ECHO


def responses(table: Iterable[Mapping[str, Any]], limit: int = MAX_BYTES) -> tuple[Response, ...]:
    """Build the responses of `models.responses`, valid by the schema.

    Those of functions and servers may have `limit` bytes. Files are read and functions imported now.
    Raises ConfigurationError where that fails.
    """
    return tuple(_response(f"models.responses[{i}]", rule, limit) for i, rule in enumerate(table))


def _response(path: str, rule: Mapping[str, Any], limit: int) -> Response:
    content_type = rule.get("content_type", "application/json")
    status = rule.get("status", 200)
    grace = 0.0
    match rule:
        case {"body": body}:
            container = fixed(body.encode(), content_type, status)
        case {"file": file}:
            container = fixed(_file(f"{path}.file", file), content_type, status)
        case {"python": name}:
            function = _function(f"{path}.python", name)
            container = called(function, content_type, status, limit)
        case {"url": url}:
            container, grace = served(url, limit), _GRACE
        case _:
            container = echo
    globs = {_MATCHED[member]: glob for member, glob in rule.get("match", {}).items()}
    return Response(
        container,
        globs,
        blocks="python" in rule or "url" in rule,
        grace=grace,
        delay=seconds(rule.get("delay", 0)),
        not_ready=rule.get("not_ready", 0),
    )


def _file(path: str, name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise ConfigurationError(Problem(path, f"{name!r} cannot be read: {error}")) from None


def _function(path: str, name: str) -> Callable[[Invocation], object]:
    module, _, attribute = name.partition(":")
    try:
        function = getattr(import_module(module), attribute)
    except (Exception, SystemExit) as error:  # noqa: BLE001  importing runs user code, which may raise anything
        reason = f"{type(error).__name__}: {error}"
        raise ConfigurationError(Problem(path, f"{name!r} cannot be imported: {reason}")) from None
    if not callable(function):
        raise ConfigurationError(Problem(path, f"{name!r} is {function!r}, which is not callable"))
    return function  # type: ignore[no-any-return]
