"""Heavier clients, each in an environment of its own, live a whole life against an emulator.

    make conformance                        # or: python conformance/run.py sagemaker-core

Each folder here is a client: `requirements.txt` is installed once into `.venv/conformance`, `life.py`
is run with AWS_ENDPOINT_URL set and nothing of the caller's AWS configuration. An endpoint takes two
describes for each step. Exits with 1 where a client fails, and shows what it said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

from sm_emulator import Emulator

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parent / ".venv" / "conformance"
CLIENTS = sorted(file.parent.name for file in HERE.glob("*/life.py"))
QUIET = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
    "SAGEMAKER_USER_CONFIG_OVERRIDE": str(HERE / "sagemaker-sdk" / "quiet.yaml"),
}


def python_of(client: str) -> Path:
    """Make the environment of a client, unless it is there and as required."""
    place = ENVIRONMENTS / client
    wanted = (HERE / client / "requirements.txt").read_text()
    installed = place / "installed.txt"
    if not installed.exists() or installed.read_text() != wanted:
        print(f"{client}: installing {wanted.strip()}", flush=True)
        venv.create(place, with_pip=True, clear=True)
        pip = [place / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", HERE / client / "requirements.txt"], check=True)
        installed.write_text(wanted)
    return place / "bin" / "python"


def live(client: str) -> bool:
    """Run a client's life; tell whether it came through."""
    python = python_of(client)
    with Emulator(settings={"lifecycle.rules": [{"describes": 2}]}) as emulator:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            **QUIET,
            "AWS_ENDPOINT_URL": emulator.url,
            "AWS_ACCESS_KEY_ID": "123456789012",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }
        done = subprocess.run(
            [python, HERE / client / "life.py"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        left = emulator.scenario().summary()["resources"]
    if done.returncode != 0 or left:
        print(done.stdout)
        print(f"{client}: FAILED, with exit code {done.returncode} and {left} resources left")
        return False
    print(f"{client}: ok, a whole life")
    return True


def main() -> int:
    """Run all clients, or those that are named."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=", ".join(CLIENTS))
    wanted = parser.parse_args().clients or CLIENTS
    unknown = set(wanted) - set(CLIENTS)
    if unknown:
        parser.error(f"there is no client {', '.join(sorted(unknown))}; there are {', '.join(CLIENTS)}")
    return 0 if all([live(client) for client in wanted]) else 1


if __name__ == "__main__":
    sys.exit(main())
