"""The lifecycle runs of a client, each against a new emulator whose history decides the verdict."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clients import SETTINGS, Client, environment

from sm_emulator import Emulator, Scenario

PATIENCE = 6  # attempts of a program that retries


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The conditions of a run, and its expected outcome.

    `preset` is the emulator's consistency, `attempts` the program's attempts at each call, `refused`
    the call at which a stale read ends it, None where it must succeed.
    """

    preset: str
    attempts: int = 1
    refused: str | None = None

    @property
    def title(self) -> str:
        """A line that describes it."""
        retry = ", with a retry" if self.attempts > 1 else ""
        end = f"refused at {self.refused}" if self.refused else "green"
        return f"{self.preset}{retry}: {end}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code, output and duration in seconds."""

    code: int
    output: str
    seconds: float


def lifecycles(client: Client) -> Iterator[Lifecycle]:
    """Yield the runs of a client: without stale reads, and with them, without and with retries."""
    yield Lifecycle("strong")
    for preset, refused in (
        ("describe-lies", "CreateEndpoint"),
        ("read-after-create-miss-2", client.refused),
    ):
        yield Lifecycle(preset, refused=refused)
        if preset in client.survived:
            yield Lifecycle(preset, attempts=PATIENCE)


def live(client: Client, command: list[str], lifecycle: Lifecycle, channel: str) -> dict[str, Any]:
    """Run the program, with the endpoint configured by a `channel`, and return the result."""
    with Emulator(preset=lifecycle.preset, settings=SETTINGS) as emulator:
        ended = run(client, command, emulator.url, channel, lifecycle.attempts)
        scenario = emulator.scenario()
        done = {call.operation for call in scenario.calls() if call.succeeded}
        problem = judge(lifecycle, ended.code, scenario)
    return result(lifecycle.title, channel, ended, problem) | {"operations": sorted(done)}


def result(title: str, channel: str, ended: Ended, problem: str) -> dict[str, Any]:
    """Return the result of a run; `problem` is empty where it ended as expected."""
    return {
        "run": title,
        "channel": channel,
        "seconds": ended.seconds,
        "problem": problem,
        "output": ended.output if problem else "",
    }


def run(client: Client, command: list[str], url: str, channel: str, attempts: int = 1) -> Ended:
    """Run the program with `url` configured by a `channel`. Raises TimeoutExpired after 10 minutes."""
    arguments = [str(attempts), *([url] if channel == client.argument else [])]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [*command, *arguments],
            env=environment(channel, url, Path(scratch)),
            cwd=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
    return Ended(done.returncode, done.stdout, round(time.perf_counter() - began, 1))


def judge(lifecycle: Lifecycle, code: int, scenario: Scenario) -> str:
    """Compare the history with the expected outcome; return the difference, or an empty string."""
    left = scenario.summary()["resources"]
    findings = {finding.name for finding in scenario.report().findings}
    events = scenario.history()["events"]
    stale = [
        event for event in events if event["event"] == "read" and event["version"] < event["latest"]
    ]
    if not lifecycle.refused:
        if code or left:
            return f"exit code {code}, {left} resources left"
        if lifecycle.preset == "strong" and findings:
            return f"findings without a stale read: {', '.join(findings)}"
        return "" if stale or lifecycle.preset == "strong" else "it had no stale read"
    if code == 0:
        return "it succeeded, although a stale read was to end it"
    # that read is the only stale one, and the last thing that happened: the SDK did not try again
    operations = [event["operation"] for event in stale]
    if operations != [lifecycle.refused] or events[-1] is not stale[0]:
        return f"stale reads at {operations}, instead of one at {lifecycle.refused} and then the end"
    return "" if "stale-miss-not-retried" in findings else "the report does not find the miss"
