"""The lives of a client: each against an emulator of its own, and judged by what that has seen."""

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

PATIENCE = 6  # attempts of a program that retries itself


@dataclass(frozen=True, slots=True)
class Life:
    """What a program is to meet, and what is to become of it.

    `preset` is the emulator's consistency, `attempts` how often the program calls in all, `refused`
    the call that a stale read ends it at, None where all must go well.
    """

    preset: str
    attempts: int = 1
    refused: str | None = None

    @property
    def title(self) -> str:
        """Say it in a line."""
        retry = ", with a retry" if self.attempts > 1 else ""
        end = f"refused at {self.refused}" if self.refused else "green"
        return f"{self.preset}{retry}: {end}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit code, what it said, and after how many seconds."""

    code: int
    said: str
    seconds: float


def lives(client: Client) -> Iterator[Life]:
    """List what a client goes through: nothing stale; stale, without and with a retry of its own."""
    yield Life("strong")
    for preset, refused in (
        ("describe-lies", "CreateEndpoint"),
        ("read-after-create-miss-2", client.refused),
    ):
        yield Life(preset, refused=refused)
        yield Life(preset, attempts=PATIENCE)


def live(client: Client, command: list[str], life: Life, way: str) -> dict[str, Any]:
    """Let the program live, pointed here in a `way`, and tell of it."""
    with Emulator(preset=life.preset, settings=SETTINGS) as emulator:
        ended = run(client, command, emulator.url, way, life.attempts)
        scenario = emulator.scenario()
        done = {call.operation for call in scenario.calls() if call.succeeded}
        problem = judge(life, ended.code, scenario)
    return tell(life.title, way, ended, problem) | {"operations": sorted(done)}


def tell(title: str, way: str, ended: Ended, problem: str) -> dict[str, Any]:
    """Tell of a life; `problem` is empty where all went as it must."""
    said = ended.said if problem else ""
    return {"life": title, "way": way, "seconds": ended.seconds, "problem": problem, "said": said}


def run(client: Client, command: list[str], url: str, way: str, attempts: int = 1) -> Ended:
    """Run the program to its end, pointed to `url` in a `way`. Raises TimeoutExpired in 10 minutes."""
    arguments = [str(attempts), *([url] if way == client.argument else [])]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [*command, *arguments],
            env=environment(way, url, Path(scratch)),
            cwd=scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
    return Ended(done.returncode, done.stdout, round(time.perf_counter() - began, 1))


def judge(life: Life, code: int, scenario: Scenario) -> str:
    """Compare what the emulator saw with what was to be; give the difference, or nothing."""
    left = scenario.summary()["resources"]
    events = scenario.history()["events"]
    stale = [event for event in events if event["event"] == "read" and event["n"] < event["head"]]
    if not life.refused:
        if code or left:
            return f"exit code {code}, {left} resources left"
        return "" if stale or life.preset == "strong" else "it met no stale read"
    if code == 0:
        return "it came through, though a stale read was to end it"
    # that read is the only stale one, and the last thing that happened: the SDK did not try again
    operations = [event["operation"] for event in stale]
    if operations != [life.refused] or events[-1] is not stale[0]:
        return f"stale reads at {operations}, instead of one at {life.refused} and then the end"
    return ""
