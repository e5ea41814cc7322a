"""Tools that a single cause breaks: programs that use them, and the schedules of docs/known-victims.md.

Each program runs twice under no schedule, then once under each of its schedules. The class of the break
and what is true in the end are compared with those expected.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from clients import HERE, QUIET, Client
from lifecycles import Ended, result

from sm_emulator.clock import real_time
from sm_emulator.config.settings import from_arguments, load
from sm_emulator.explore.command import Workload
from sm_emulator.explore.interpreter import python_program
from sm_emulator.explore.invariant import invariant
from sm_emulator.explore.search import Search
from sm_emulator.explore.workers import Bench
from sm_emulator.schedule.schedule import Schedule

# So that waiting is seen
SETTINGS = {"lifecycle.creating_seconds": 10, "lifecycle.updating_seconds": 10}
# The SDK validates a configuration file at every call, which takes seconds; these programs send no
# telemetry without one either
VARIABLES = {
    **QUIET,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "SAGEMAKER_USER_CONFIG_OVERRIDE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Break:
    """A schedule, the class of the break, and an invariant that holds in the end all the same."""

    schedule: str
    kind: str
    ends: str


@dataclass(frozen=True, slots=True)
class Victim:
    """A program of a tool in the folder of a client, and what breaks it.

    `package` is the tool, which the folder pins. A program that `changes` needs existing.py before it.
    """

    client: str
    package: str
    program: str
    breaks: tuple[Break, ...]
    changes: bool = False
    preload: tuple[str, ...] = ()


_V2 = ("sagemaker.model", "sagemaker.predictor")
_V3 = ("sagemaker.core.resources",)
_NONE, _RUNS = "endpoint churn vanishes", "endpoint churn is InService"

_LATE_CONFIG = Break("CreateEndpoint(churn)#1 late EndpointConfig(churn) x1", "error", _NONE)
_LATE_MODEL = Break("CreateEndpointConfig(churn)#1 late Model(churn) x1", "error", _NONE)
_LOST_MODEL = Break("CreateModel(churn)#1 lost", "error", _NONE)
_LOST_CONFIG = Break("CreateEndpointConfig(churn)#1 lost", "error", _NONE)
_LOST_ENDPOINT = Break("CreateEndpoint(churn)#1 lost", "error", _RUNS)
_LOST_UPDATE = Break("UpdateEndpoint(churn)#1 lost", "error", _RUNS)
_CORE = (
    Break("DescribeModel(churn)#1 late Model(churn) x1", "error", _NONE),
    Break("DescribeEndpointConfig(churn)#1 late EndpointConfig(churn) x1", "error", _NONE),
    Break("DescribeEndpoint(churn)#1 late Endpoint(churn) x1", "error", _RUNS),
    Break("DescribeEndpoint(churn)#2 late Endpoint(churn) x1", "error", _RUNS),
    _LATE_CONFIG,
    _LATE_MODEL,
    _LOST_MODEL,
    _LOST_CONFIG,
    _LOST_ENDPOINT,
)

VICTIMS = (
    Victim(
        "sagemaker-sdk",
        "sagemaker",
        "delete.py",
        (Break("DeleteEndpointConfig(churn)#1 lost", "error", _RUNS),),
        changes=True,
        preload=_V2,
    ),
    Victim(
        "sagemaker-sdk",
        "sagemaker",
        "update.py",
        (
            # the SDK names the new configuration by the time
            Break(
                "UpdateEndpoint(churn)#1 late EndpointConfig(EndpointConfig~2) x1",
                "error",
                "endpoint churn uses churn",
            ),
            _LOST_UPDATE,
        ),
        changes=True,
        preload=_V2,
    ),
    Victim(
        "sagemaker-sdk",
        "sagemaker",
        "deploy.py",
        (
            _LATE_CONFIG,
            _LATE_MODEL,
            _LOST_CONFIG,
            _LOST_ENDPOINT,
            Break("crash after 2", "crash", _NONE),
        ),
        preload=_V2,
    ),
    Victim(
        "sagemaker-core",
        "sagemaker-core",
        "deploy.py",
        _CORE,
        preload=("sagemaker_core.main.resources",),
    ),
    Victim("sagemaker-sdk-3", "sagemaker-core", "deploy.py", _CORE, preload=_V3),
    Victim(
        "sagemaker-sdk-3",
        "sagemaker-core",
        "update.py",
        (Break("DescribeEndpoint(churn)#3 late Endpoint(churn) x1", "error", _RUNS), _LOST_UPDATE),
        changes=True,
        preload=_V3,
    ),
    # its models and configurations have random names
    Victim(
        "mlflow",
        "mlflow-skinny",
        "deploy.py",
        (
            Break("CreateEndpoint(churn)#1 late EndpointConfig(EndpointConfig~1) x1", "error", _NONE),
            Break("CreateEndpointConfig(EndpointConfig~1)#1 late Model(Model~1) x1", "error", _NONE),
            Break("CreateModel(Model~1)#1 lost", "error", _NONE),
            Break("CreateEndpointConfig(EndpointConfig~1)#1 lost", "error", _NONE),
            _LOST_ENDPOINT,
        ),
        preload=("mlflow.sagemaker",),
    ),
    Victim(
        "awscli",
        "awscli",
        "deploy.sh",
        (_LATE_CONFIG, _LATE_MODEL, _LOST_MODEL, _LOST_CONFIG, _LOST_ENDPOINT),
    ),
)


def reproduce(client: Client, command: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the result of each schedule of a client's programs; `command` runs its lifecycle."""
    for victim in VICTIMS:
        if victim.client == client.name:
            with mock.patch.dict(os.environ, VARIABLES):
                yield from _explore(victim, client, command[:-1])


def _explore(victim: Victim, client: Client, interpreter: list[str]) -> Iterator[dict[str, Any]]:
    command = (*interpreter, str(client.folder / victim.program))
    setup = (*interpreter, str(HERE / "existing.py")) if victim.changes else ()
    workload = Workload(command, virtual=True, setup=setup)
    settings = load(from_arguments({**SETTINGS, "server.port": 0}))
    with Bench(workload, settings, python_program(command), victim.preload).open() as runner:
        search = Search(runner, real_time("monotonic"))
        search.learn()
        for expected in victim.breaks:
            began = time.perf_counter()
            run, verdict = search.judged(Schedule.parse(expected.schedule))
            ended = Ended(run.ending.code or 0, run.ending.error, round(time.perf_counter() - began, 1))
            problem = invariant(expected.ends).broken(run.settled)
            if run.unmet or verdict.kind != expected.kind:
                problem = "the cause did not act" if run.unmet else f"class {verdict.kind or 'none'}"
            title = f"{victim.program}, {expected.schedule}: {expected.kind}"
            yield result(title, "AWS_ENDPOINT_URL", ended, problem)
