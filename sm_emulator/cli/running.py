"""`fault`, `report`, `journal`, `settle`, `reset`: a running emulator, by its admin API."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import click

from sm_emulator.cli.health import connection_to, location
from sm_emulator.cli.options import JSON, with_options
from sm_emulator.cli.output import show

_TIMEOUT = 60.0  # seconds; a report on a full journal takes some
_WHERE = [
    click.option("--url", help="Its address.  [default: as configured for `serve`]"),
    click.option("--account", default="default", show_default=True, help="Whose scenario."),
]
_FORMATS = ["text", "json", "html", "junit"]


def _request(
    url: str | None, account: str, verb: str, path: str, body: object = None, *, as_text: bool = False
) -> Any:
    """Return the answer about a scenario, parsed or `as_text`. Raises ClickException with the reason."""
    url = location(url)
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    with connection_to(url, _TIMEOUT) as connection:
        data = None if body is None else json.dumps(body)
        connection.request(verb, f"/_emulator/scenarios/{quote(account, '')}/{path}", data, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if answer.status >= 400:  # noqa: PLR2004
            raise click.ClickException(json.loads(text)["error"]["message"])
        return text if as_text else json.loads(text)


@click.command()
@click.argument("what", default="list")
@click.argument("settings", nargs=-1, metavar="[KEY=VALUE]...")
@with_options([*_WHERE, *JSON])
def fault(*, what: str, settings: tuple[str, ...], as_json: bool, **where: Any) -> None:
    """List, inject or clear faults of a running emulator.

    WHAT is a fault, with its settings; a preset of faults, which replaces all; `list`; or `clear`.

    \b
      sm-emulator fault throttle operation=CreateEndpoint times=2
      sm-emulator fault brown-out
      sm-emulator fault clear
    """  # noqa: D301  \b keeps click from wrapping the lines
    from sm_emulator.consistency.build import FAULT_PRESETS  # noqa: PLC0415  keeps --help fast

    if what in {"list", "clear", *FAULT_PRESETS}:
        if settings:
            raise click.UsageError(f"{what!r} takes no settings")
        verb = {"list": "GET", "clear": "DELETE"}.get(what, "PUT")
        body = what if verb == "PUT" else None
        rows = _request(**where, verb=verb, path="faults", body=body)
    else:
        rows = _request(**where, verb="POST", path="faults", body=_rule(what, settings))
    show(rows, ("name", "phase", "matched", "acted"), as_json=as_json)


def _rule(name: str, settings: Sequence[str]) -> dict[str, Any]:
    from sm_emulator.config.settings import from_assignment  # noqa: PLC0415  keeps --help fast
    from sm_emulator.faults.rule import nest_settings  # noqa: PLC0415

    given = {each.key: each.value for each in map(from_assignment, settings)}
    return {"name": given.get("name", name), **nest_settings(name, given)}


@click.command()
@click.option("--format", "form", type=click.Choice(_FORMATS), default="text", show_default=True)
@with_options(_WHERE)
def report(*, form: str, **where: Any) -> None:
    """Report how the clients of a running emulator retried."""
    click.echo(_request(**where, verb="GET", path=f"report?format={form}", as_text=True))


@click.command()
@click.option("--last", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many.")
@with_options([*_WHERE, *JSON])
def journal(*, last: int, as_json: bool, **where: Any) -> None:
    """Show the newest requests to a running emulator."""
    from sm_emulator.journal.log import as_line  # noqa: PLC0415  keeps --help fast

    for exchange in _request(**where, verb="GET", path=f"journal?last={last}")["exchanges"]:
        click.echo(json.dumps(exchange) if as_json else as_line(exchange))


@click.command()
@with_options(_WHERE)
def settle(**where: Any) -> None:
    """Make every write visible everywhere, now."""
    _request(**where, verb="POST", path="settle")


@click.command()
@with_options(_WHERE)
def reset(**where: Any) -> None:
    """Return a running emulator to its initial state."""
    _request(**where, verb="POST", path="reset")
