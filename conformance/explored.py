"""What the explorer finds in a client of another language, in real time."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from clients import HERE, SETTINGS, environment
from lifecycles import Ended, result

# The last read of a configuration of which AWS documents that it may be late
LATE = "UpdateEndpoint(e)#1 late EndpointConfig(d)"
CHANNEL = "AWS_ENDPOINT_URL"


def explored(command: list[str], attempts: int) -> dict[str, Any]:
    """Explore the program: as many late reads as it has attempts break it, and no fewer.

    Raises TimeoutExpired after 10 minutes.
    """
    explore = Path(sys.executable).parent / "sm-emulator"
    settings = [word for each in SETTINGS.items() for word in ("--set", _assignment(*each))]
    kinds = ["--stale", "documented", "--faults", "none"]
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "found.json"
        done = subprocess.run(
            [explore, "explore", *settings, *kinds, "--json", file, "--", *command, str(attempts)],
            env=environment(CHANNEL, "http://127.0.0.1:9", Path(scratch)),
            cwd=HERE,  # for the module of the models' answers
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        found = json.loads(file.read_text() or "{}").get("breaks", [])
    smallest = f"{LATE} x{attempts}"
    problem = ""
    if smallest not in {each["schedule"] for each in found}:
        problem = f"exit code {done.returncode}, and {smallest} is not among the breaks"
    title = f"explored, with {attempts} attempts: broken by as many late reads"
    ended = Ended(done.returncode, done.stdout, round(time.perf_counter() - began, 1))
    return result(title, CHANNEL, ended, problem)


def _assignment(name: str, value: object) -> str:
    return f"{name}={json.dumps(value)}"
