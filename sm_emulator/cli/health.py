"""Is an emulator well? One request, by the standard library alone: it is asked every few seconds."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

import click

from sm_emulator.config.settings import Settings

_TIMEOUT = 2.0  # seconds
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  nothing is bound here


def address(settings: Settings) -> str:
    """Tell where, from this machine, a server with these settings is reached."""
    host = _EVERYWHERE.get(settings["server.host"], settings["server.host"])
    return f"http://{f'[{host}]' if ':' in host else host}:{settings['server.port']}"


def ask(url: str) -> str:
    """Tell version and seed of the emulator at `url`. Raises ClickException with the reason for none."""
    connection = _connection(url)
    try:
        # By this name the admin API answers wherever the server is bound; no proxy is asked.
        connection.request("GET", "/_emulator/health", headers={"Host": "localhost"})
        told = json.loads(connection.getresponse().read())
        return f"version {told['version']}  seed {told['seed']}"
    except OSError as error:
        raise click.ClickException(f"{url}: {error.strerror or error}") from None
    except (HTTPException, ValueError, LookupError, TypeError):
        raise click.ClickException(f"{url}: something answers that is no sm-emulator") from None
    finally:
        connection.close()


def _connection(url: str) -> HTTPConnection:
    try:
        parts = urlsplit(url)
        if parts.scheme == "http" and parts.hostname:
            return HTTPConnection(parts.hostname, parts.port, timeout=_TIMEOUT)
    except ValueError:
        pass
    raise click.BadParameter(f"{url!r} is not of the form http://HOST:PORT", param_hint="--url")
