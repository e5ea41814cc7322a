"""The story: three programs deploy the same model; the same seed tells it twice alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import click
from botocore.exceptions import ClientError

from sm_emulator.demo.deployers import careful, naive, patient
from sm_emulator.demo.recorder import Recorder, Step
from sm_emulator.demo.timeline import draw, legend, title
from sm_emulator.emulator import Emulator

PRESET = "dynamodb-documented"
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"


@dataclass(frozen=True, slots=True)
class Act:
    """One program's fate: what it did, request by request, and whether it came through."""

    heading: str
    steps: tuple[Step, ...]
    deployed: bool


_PROGRAMS: tuple[tuple[str, str, Callable[[Recorder, str], None]], ...] = (
    ("1  A naive client calls CreateEndpoint at once", "churn-naive", naive),
    ("2  A careful client calls Describe first, as AWS advises", "churn-careful", careful),
    ("3  A patient client retries, with back-off", "churn-patient", patient),
)


def play(seed: int) -> list[Act]:
    """Run the three programs with boto3, over a socket, against an emulator of its own.

    Time is virtual, so that the story depends on `seed` alone: a request takes 1 ms, and waits are
    told to the emulator's clock.
    """
    settings = {"clock.tick_per_request": "1ms"}
    with Emulator(preset=PRESET, seed=seed, clock="virtual", settings=settings) as emulator:
        client = emulator.client("sagemaker")
        for model in ("champion", "challenger"):
            client.create_model(ModelName=model, PrimaryContainer={"Image": _IMAGE})
        acts = []
        for heading, name, program in _PROGRAMS:
            aws = Recorder(client, emulator.scenario())
            try:
                program(aws, name)
                deployed = True
            except ClientError:
                deployed = False
            acts.append(Act(heading, tuple(aws.steps), deployed))
        return acts


def tell(seed: int) -> int:
    """Play the story and print it; then again, to see that it is the same. Returns the exit code."""
    click.secho(f"sm-emulator demo   preset {PRESET}   seed {seed}   virtual clock", bold=True)
    click.echo("CreateEndpoint loads the endpoint configuration from one of three replicas.")
    legend()
    acts = play(seed)
    for act in acts:
        title(act.heading)
        draw(act.steps)
        verdict = (
            click.style("deployed", fg="green") if act.deployed else click.style("failed", fg="red")
        )
        retries = sum(step.sdk_retries for step in act.steps)
        click.echo(f"  → {verdict}; the SDK itself retried {retries} times")
    title("4  The same seed again")
    requests = sum(bool(step.status) for act in acts for step in act.steps)
    if play(seed) != acts:
        click.secho("  → another outcome: this is a bug in sm-emulator, please report it", fg="red")
        return 1
    click.echo(f"  → all {requests} requests met the same replicas and got the same answers")
    click.echo("\nNow your program:  sm-emulator serve --preset dynamodb-documented")
    return 0
