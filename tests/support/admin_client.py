"""A client of the admin API."""

import http.client
import json
from urllib.parse import urlsplit

JSON = {"Content-Type": "application/json"}


def call(emulator, method, path, body=None, headers=None):
    where = urlsplit(emulator.url)
    connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
    try:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {**({} if method == "GET" else JSON), **(headers or {})}
        connection.request(method, f"/_emulator/{path}", data, sent)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def refused(answer, status: int, code: str) -> dict:
    """Check the one shape that every error has."""
    assert answer[0] == status
    assert set(answer[1]) == {"error"}
    assert set(answer[1]["error"]) == {"code", "message", "path"}
    assert answer[1]["error"]["code"] == code
    assert answer[1]["error"]["message"]
    return answer[1]["error"]
