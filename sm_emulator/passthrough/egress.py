"""Guards that keep moto's own HTTP requests on loopback, and away from Docker.

moto sends requests to subscribers of SNS, destinations of Firehose and EventBridge, integrations of API
Gateway and Step Functions. All of them go through urllib3, below requests and botocore. Its Lambda and
Batch run containers, where the package `docker` is installed.
"""

import sys
from collections.abc import Collection
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from urllib3.connectionpool import HTTPConnectionPool

from sm_emulator.values import is_loopback

# How long a receiver may take to connect, and to answer
SECONDS = 10.0
_CLIENTS = frozenset({"boto3", "botocore", "requests", "responses", "urllib3"})


def guard(package: str, allowed_hosts: Collection[str]) -> None:
    """Refuse requests of a package's own modules to hosts other than loopback and `allowed_hosts`.

    A proxy is such a host. The others end after a time limit, or the caller of moto would wait for ever.
    Requests of other code in this process are not affected.
    """
    send = HTTPConnectionPool.urlopen

    @wraps(send)
    def urlopen(pool: HTTPConnectionPool, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if _sender() == package:
            proxy = pool.proxy.host if pool.proxy else None
            for host in filter(None, (proxy, urlsplit(url).hostname or pool.host)):
                if not is_loopback(host) and host not in allowed_hosts:
                    reason = "not loopback, and not in backend.allowed_hosts"
                    raise PermissionError(f"request to {host}: {reason}")
            kwargs["timeout"] = SECONDS
        return send(pool, method, url, *args, **kwargs)

    HTTPConnectionPool.urlopen = urlopen  # type: ignore[method-assign,assignment]


def guard_docker(user: type, allowed_hosts: Collection[str]) -> None:
    """Refuse the `docker_client` of a class unless `allowed_hosts` has "docker"."""
    connect = user.docker_client.fget  # type: ignore[attr-defined]

    def docker_client(instance: object) -> Any:
        if "docker" not in allowed_hosts:
            raise PermissionError('Docker must not be used: "docker" is not in backend.allowed_hosts')
        return connect(instance)

    user.docker_client = property(docker_client)  # type: ignore[attr-defined]


def _sender() -> str:
    """Return the package whose code called an HTTP client."""
    frame = sys._getframe(2)  # noqa: SLF001  the public `inspect` reads source files
    package = ""
    while frame and (package := frame.f_globals.get("__name__", "").partition(".")[0]) in _CLIENTS:
        frame = frame.f_back  # type: ignore[assignment]
    return package
