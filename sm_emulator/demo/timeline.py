"""Steps as a timeline: when, which replica had the write, which one was asked, what it said."""

from __future__ import annotations

from collections.abc import Iterable

import click

from sm_emulator.demo.recorder import Step


def title(text: str) -> None:
    """Print a heading."""
    click.echo()
    click.secho(text, bold=True)


def legend() -> None:
    """Explain the marks."""
    has, lacks = click.style("●", fg="green"), click.style("○", fg="yellow")
    click.echo(f"    time      replicas   {has} has the configuration  {lacks} not yet  [ ] is asked")


def draw(steps: Iterable[Step]) -> None:
    """Print one line a step, and the message below where it was refused."""
    for step in steps:
        time = f"{step.at * 1000:7.1f} ms"
        if not step.status:
            click.secho(f"  {time}  {'':9}  … {step.what}", dim=True)
            continue
        call = f"{step.what}".ljust(23)
        click.echo(f"  {time}  {_replicas(step)}  {call} {_status(step)}  {_saw(step)}".rstrip())
        if step.message:
            click.secho(f"{'':26}{step.message}", fg="red")


def _replicas(step: Step) -> str:
    cells = []
    for replica, has in enumerate(step.holders):
        mark = click.style("●", fg="green") if has else click.style("○", fg="yellow")
        cells.append(f"[{mark}]" if replica == step.replica else f" {mark} ")
    return "".join(cells)


def _status(step: Step) -> str:
    return click.style(str(step.status), fg="green" if step.status == 200 else "red")  # noqa: PLR2004


def _saw(step: Step) -> str:
    if not step.surface:
        return step.note
    age = f"{step.age * 1000:.1f} ms after the write"
    if step.stale:
        stale = click.style("STALE", fg="yellow", bold=True)
        return f"{step.surface} asks replica {step.replica}: {stale}, {age}"
    asked = "any replica" if step.replica is None else f"replica {step.replica}"
    return f"{step.surface} asks {asked}: fresh, {age}"
