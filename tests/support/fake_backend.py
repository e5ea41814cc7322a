"""S3 and SNS in a dict, behind the seam that answers for other services."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

import orjson

from sm_emulator.wire.message import Outcome, Request


@dataclass
class Neighbourhood:
    """Objects by `bucket/key`, messages by topic; `down` names services that answer with 503."""

    objects: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    scopes: list[str] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    origin: str = "the neighbourhood"

    def __call__(self, request: Request) -> Outcome:
        scope = request.headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
        self.scopes.append(scope)
        service = scope.split("/")[3]
        if service in self.down:
            return Outcome(503, (), b"")
        if service == "sns":
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            assert (form["Action"], request.method) == ("Publish", "POST")
            self.messages.append((form["TopicArn"], orjson.loads(form["Message"])))
            return Outcome(200, (), b"<PublishResponse/>")
        name = unquote(request.path).removeprefix("/")
        if request.method == "PUT":
            self.objects[name] = request.body
            self.types[name] = request.headers.get("content-type", "")
            return Outcome(200, (), b"")
        if name in self.objects:
            return Outcome(200, (), self.objects[name])
        return Outcome(404, (), b"<Error><Code>NoSuchKey</Code></Error>")
