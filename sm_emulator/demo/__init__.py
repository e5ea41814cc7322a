"""The demo: three programs deploy the same model, and the same seed gives the same outcome twice."""

import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import click
from botocore import xform_name
from botocore.exceptions import ClientError

from sm_emulator.control.scenario import Scenario
from sm_emulator.emulator import Emulator
from sm_emulator.journal.exchange import ReadSummary

PRESET = "dynamodb-documented"
_IMAGE = "123456789012.dkr.ecr.us-east-1.amazonaws.com/churn:1"
_OK = 200
_ATTEMPTS = 8
_FIRST_WAIT = 0.01
_REPLICAS = 3  # as many as the presets have


@dataclass(frozen=True, slots=True)
class Entry:
    """One request, or one wait between two requests.

    `at` is the time since the program began, in seconds. `holders` says for each replica whether it
    had the configuration then; `read` is the read of the request, None if none was under a rule.
    """

    at: float
    label: str
    status: int = 0
    message: str = ""
    read: ReadSummary | None = None
    holders: tuple[bool, ...] = ()
    sdk_retries: int = 0
    note: str = ""


class Recorder:
    """Calls operations and records each; `sleep` advances the scenario's virtual clock."""

    def __init__(self, client: Any, scenario: Scenario) -> None:
        self._client = client
        self._scenario = scenario
        self._began = scenario.clock.now
        self.entries: list[Entry] = []

    def call(self, operation: str, **members: Any) -> Any:
        """Call an operation by its API name. Raises ClientError as boto3 does."""
        try:
            answer = getattr(self._client, xform_name(operation))(**members)
        except ClientError as error:
            self._record(operation, members, error.response)
            raise
        self._record(operation, members, answer)
        return answer

    def sleep(self, seconds: float) -> None:
        """Wait as a client would, in virtual time."""
        self.entries.append(Entry(self._now(), f"wait {seconds * 1000:.0f} ms"))
        self._scenario.clock.advance(seconds)

    def _now(self) -> float:
        return self._scenario.clock.now - self._began

    def _record(self, operation: str, members: Mapping[str, Any], answer: Any) -> None:
        meta, error = answer["ResponseMetadata"], answer.get("Error")
        read = next(iter(self._scenario.journal().exchanges[-1].reads), None)
        surface = read.surface if read else "load"  # each surface of a replica catches up on its own
        late = {
            item["replica"]
            for item in self._scenario.pending()
            if item["name"] == members.get("EndpointConfigName") and item["surface"] == surface
        }
        message = f"{error['Code']}: {error['Message']}" if error else ""
        holders = tuple(replica not in late for replica in range(_REPLICAS))
        retries, note = meta["RetryAttempts"], answer.get("EndpointStatus", "")
        status = meta["HTTPStatusCode"]
        self.entries.append(Entry(self._now(), operation, status, message, read, holders, retries, note))


def configure(aws: Recorder, name: str) -> None:
    """Create the configuration: two models, two thirds of the traffic to the first."""
    instances = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    variants = [
        {"VariantName": model, "ModelName": model, "InitialVariantWeight": weight, **instances}
        for model, weight in (("champion", 2.0), ("challenger", 1.0))
    ]
    aws.call(
        "CreateEndpointConfig",
        EndpointConfigName=name,
        ProductionVariants=variants,
        Tags=[{"Key": "team", "Value": "churn"}],
        KmsKeyId="alias/ExampleAlias",
        AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://churn/answers"}},
    )


def naive(aws: Recorder, name: str) -> None:
    """Continue immediately: the configuration was created, so it must exist."""
    configure(aws, name)
    aws.call("CreateEndpoint", EndpointName=name, EndpointConfigName=name)


def careful(aws: Recorder, name: str) -> None:
    """Follow the documentation's advice: call DescribeEndpointConfig before CreateEndpoint."""
    configure(aws, name)
    aws.call("DescribeEndpointConfig", EndpointConfigName=name)
    aws.call("CreateEndpoint", EndpointName=name, EndpointConfigName=name)


def patient(aws: Recorder, name: str) -> None:
    """Retry the miss, waiting longer each time, with jitter."""
    configure(aws, name)
    jitter = random.Random(name)  # noqa: S311  the client's own randomness, not the emulator's
    for attempt in range(_ATTEMPTS):
        try:
            aws.call("CreateEndpoint", EndpointName=name, EndpointConfigName=name)
        except ClientError as error:
            if "Could not find endpoint configuration" not in str(error) or attempt == _ATTEMPTS - 1:
                raise
            aws.sleep(jitter.uniform(0.5, 1.0) * _FIRST_WAIT * 2**attempt)
        else:
            break
    aws.call("DescribeEndpoint", EndpointName=name)


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
    settings = {"network": "1ms"}
    with Emulator(preset=PRESET, seed=seed, clock="virtual", settings=settings) as emulator:
        client = emulator.client("sagemaker")
        for model in ("champion", "challenger"):
            client.create_model(ModelName=model, PrimaryContainer={"Image": _IMAGE})
        deployments = []
        for heading, name, program in _PROGRAMS:
            aws = Recorder(client, emulator.scenario())
            with suppress(ClientError):
                program(aws, name)
            deployments.append(Deployment(heading, tuple(aws.entries), aws.entries[-1].status == _OK))
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
