"""A health check by one request, with the standard library alone: it runs every few seconds."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException

import click

from sm_emulator.cli.options import load
from sm_emulator.config.settings import Settings

_TIMEOUT = 2.0  # seconds
_ADDRESS = re.compile(r"http://([^/:?#]+|\[[^]]+\])(?::([0-9]{1,5}))?/?")
_ALL_INTERFACES = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  nothing is bound here


def address(settings: Settings) -> str:
    """Return the URL by which this machine reaches a server with these settings."""
    host = _ALL_INTERFACES.get(settings["server.host"], settings["server.host"])
    return f"http://{f'[{host}]' if ':' in host else host}:{settings['server.port']}"


def location(url: str | None) -> str:
    """Return the URL of a running emulator: the given one, or as `serve` is configured."""
    return url or address(load({"config": None, "assignments": ()}))


@contextmanager
def connection_to(url: str, timeout: float) -> Iterator[HTTPConnection]:
    """Yield a connection, not yet opened.

    Raises BadParameter for a URL of another form, and ClickException with the reason where what is done
    with the connection fails.
    """
    if (parts := _ADDRESS.fullmatch(url)) is None:
        raise click.BadParameter(f"{url!r} is not of the form http://HOST:PORT", param_hint="--url")
    connection = HTTPConnection(parts[1].strip("[]"), int(parts[2] or 80), timeout=timeout)
    try:
        yield connection
    except OSError as error:
        raise click.ClickException(f"{url}: {error.strerror or error}") from None
    except (HTTPException, ValueError, LookupError, TypeError):
        raise click.ClickException(f"{url}: the server there is not sm-emulator") from None
    finally:
        connection.close()


@click.command()
@click.option("--url", help="Its address.  [default: as configured for `serve`]")
def health(url: str | None) -> None:
    """Check that a running emulator is healthy.

    Exits with 0, or with 1 and the reason. Without --url it uses this machine and the port in
    SM_EMULATOR_PORT, or in the file that SM_EMULATOR_CONFIG names, or 7243. The container's health
    check is this command.

    \b
      sm-emulator health
      sm-emulator health --url http://127.0.0.1:7243
      until sm-emulator health; do sleep 0.2; done
    """  # noqa: D301  \b keeps click from wrapping the lines
    url = location(url)
    with connection_to(url, _TIMEOUT) as connection:
        # The admin API accepts this name wherever the server is bound. No proxy is used.
        connection.request("GET", "/_emulator/health", headers={"Host": "localhost"})
        answer = json.loads(connection.getresponse().read())
        click.echo(f"ok {url}  version {answer['version']}  seed {answer['seed']}")
