"""The demo: three programs deploy the same model, and the same seed gives the same outcome twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import click
from botocore.exceptions import ClientError

from sm_emulator.demo.programs import careful, naive, patient
from sm_emulator.demo.recorder import Entry, Recorder
from sm_emulator.emulator import Emulator

PRESET = "dynamodb-documented"
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
_OK = 200


@dataclass(frozen=True, slots=True)
class Deployment:
    """One program's timeline, and whether it deployed the model."""

    heading: str
    entries: tuple[Entry, ...]
    succeeded: bool


_PROGRAMS: tuple[tuple[str, str, Callable[[Recorder, str], None]], ...] = (
    ("1  A naive client calls CreateEndpoint immediately", "churn-naive", naive),
    ("2  A careful client calls Describe first, as AWS advises", "churn-careful", careful),
    ("3  A patient client retries, with back-off", "churn-patient", patient),
)


def deploy(seed: int) -> list[Deployment]:
    """Run the three programs with boto3, over a socket, against a new emulator.

    Time is virtual, so that the outcome depends on `seed` alone: a request takes 1 ms, and waits
    advance the emulator's clock.
    """
    settings = {"clock.tick_per_request": "1ms"}
    with Emulator(preset=PRESET, seed=seed, clock="virtual", settings=settings) as emulator:
        client = emulator.client("sagemaker")
        for model in ("champion", "challenger"):
            client.create_model(ModelName=model, PrimaryContainer={"Image": _IMAGE})
        deployments = []
        for heading, name, program in _PROGRAMS:
            aws = Recorder(client, emulator.scenario())
            try:
                program(aws, name)
                succeeded = True
            except ClientError:
                succeeded = False
            deployments.append(Deployment(heading, tuple(aws.entries), succeeded))
        return deployments


def run_demo(seed: int) -> int:
    """Print the demo, and repeat it to verify that it is the same. Returns the exit code."""
    click.secho(f"sm-emulator demo   preset {PRESET}   seed {seed}   virtual clock", bold=True)
    click.echo("CreateEndpoint loads the endpoint configuration from one of three replicas.")
    has, lacks = click.style("●", fg="green"), click.style("○", fg="yellow")
    click.echo(f"    time      replicas   {has} has the configuration  {lacks} not yet  [ ] is read")
    deployments = deploy(seed)
    for deployment in deployments:
        click.secho(f"\n{deployment.heading}", bold=True)
        _print_timeline(deployment.entries)
        color, outcome = ("green", "deployed") if deployment.succeeded else ("red", "failed")
        retries = sum(entry.sdk_retries for entry in deployment.entries)
        click.echo(f"  → {click.style(outcome, fg=color)}; the SDK itself retried {retries} times")
    click.secho("\n4  The same seed again", bold=True)
    requests = sum(bool(entry.status) for each in deployments for entry in each.entries)
    if deploy(seed) != deployments:
        click.secho("  → another outcome: this is a bug in sm-emulator, please report it", fg="red")
        return 1
    click.echo(f"  → all {requests} requests read the same replicas and got the same responses")
    click.echo("\nNow your program:  sm-emulator serve --preset dynamodb-documented")
    return 0


def _print_timeline(entries: Iterable[Entry]) -> None:
    for entry in entries:
        time = f"{entry.at * 1000:7.1f} ms"
        if not entry.status:
            click.secho(f"  {time}  {'':9}  … {entry.label}", dim=True)
            continue
        status = click.style(str(entry.status), fg="green" if entry.status == _OK else "red")
        line = f"  {time}  {_replicas(entry)}  {entry.label:<23} {status}  {_read(entry)}"
        click.echo(line.rstrip())
        if entry.message:
            click.secho(f"{'':26}{entry.message}", fg="red")


def _replicas(entry: Entry) -> str:
    cells = []
    for replica, has in enumerate(entry.holders):
        mark = click.style("●", fg="green") if has else click.style("○", fg="yellow")
        cells.append(f"[{mark}]" if entry.read and replica == entry.read.replica else f" {mark} ")
    return "".join(cells)


def _read(entry: Entry) -> str:
    if (read := entry.read) is None:
        return entry.note
    replica = "any replica" if read.replica is None else f"replica {read.replica}"
    freshness = click.style("STALE", fg="yellow", bold=True) if read.stale else "fresh"
    return f"{read.surface} reads {replica}: {freshness}, {read.age * 1000:.1f} ms after the write"
