"""Run whole lifecycles of real clients: without stale reads, ended by them, and retrying past them.

    make conformance                        # or: python conformance/run.py rust boto3

Each folder here is a client with one short program, lifecycle.*, which is also an example. Its argument
is the number of attempts at a call that a stale read refuses. Each run has a new emulator and none of
the caller's AWS configuration. Then what docs/known-victims.md says is reproduced. Exits with 1 where a
run did not end as expected, and shows its output.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

from clients import CLIENTS, HERE, Client
from explored import explored
from faults import FAULTS, count_attempts
from lifecycles import lifecycles, live
from toolchains import build, missing
from victims import reproduce

from sm_emulator.errors import ConfigurationError, SetupError
from sm_emulator.explore.results import NotExplorableError

RESULT = HERE.parent / ".venv" / "conformance.json"


def examine(client: Client) -> dict[str, Any]:
    """Build a client, run its lifecycles by all channels, inject faults, reproduce what breaks it."""
    result: dict[str, Any] = {"title": client.title, "version": client.version, "runs": []}
    began = time.perf_counter()
    try:
        command = build(client)
        built = time.perf_counter()
        for lifecycle, channel in zip(lifecycles(client), cycle(client.all_channels), strict=False):
            result["runs"].append(live(client, command, lifecycle, channel))
        result["runs"].extend(count_attempts(client, command, fault) for fault in FAULTS)
        result["runs"].extend(explored(command, attempts) for attempts in client.explored)
        result["runs"].extend(reproduce(client, command))
    except (ConfigurationError, NotExplorableError, SetupError) as error:
        result["problem"] = str(error)
    except subprocess.SubprocessError as error:  # it cannot be built, or does not end
        result["problem"] = f"{error}\n{error.output}"
    else:
        result["build_seconds"] = round(built - began, 1)
        result["seconds"] = round(time.perf_counter() - built, 1)
    print(report(result), flush=True)
    return result


def report(result: dict[str, Any]) -> str:
    """Return a summary in one string, since clients run concurrently."""
    head = f"{result['title']} {result['version']}"
    if "problem" in result:
        return f"FAILED  {head} {result['problem']}"
    lines = [f"{head}: built in {result['build_seconds']} s, ran for {result['seconds']} s"]
    for each in result["runs"]:
        verdict = "FAILED" if each["problem"] else "ok"
        lines.append(f"  {verdict:6}  {each['run']}  [{each['channel']}, {each['seconds']} s]")
        if each["problem"]:
            lines.append(f"{each['output']}\n          {each['problem']}")
    return "\n".join(lines)


def failed(result: dict[str, Any]) -> bool:
    """Return whether anything ended differently than expected."""
    return "problem" in result or any(each["problem"] for each in result["runs"])


def main() -> int:
    """Examine all clients, or those that are named, two at a time: one may be building."""
    began = time.perf_counter()
    arguments = parse(sys.argv[1:])
    wanted = [client for client in CLIENTS if client.name in arguments.clients]
    left_out = {client.name: why for client in wanted if (why := missing(client))}
    able = [client for client in wanted if client.name not in left_out]
    # in processes, since the end of one emulator removes what moto holds in its process
    with ProcessPoolExecutor(max_workers=2) as pool:
        results = dict(zip([client.name for client in able], pool.map(examine, able), strict=True))
    bad = [name for name, result in results.items() if failed(result)]
    seconds = round(time.perf_counter() - began)
    arguments.json.write_text(
        json.dumps({"clients": results, "left_out": left_out, "seconds": seconds}, indent=1) + "\n"
    )
    print(f"\n{len(results) - len(bad)} of {len(wanted)} clients as expected, in {seconds} s")
    for name, why in left_out.items():
        print(f"LEFT OUT: {name}, {why}")
    for name in bad:
        print(f"FAILED: {name}")
    demanded = [client for client in wanted if client.name in left_out and not client.optional]
    return 1 if bad or (demanded and arguments.all) else 0


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [client.name for client in CLIENTS]
    parser.add_argument("clients", nargs="*", default=names, metavar="CLIENT", help=", ".join(names))
    parser.add_argument("--all", action="store_true", help="fail where a toolchain is missing")
    parser.add_argument("--json", type=Path, default=RESULT, help="where to write the result")
    arguments = parser.parse_args(words)
    if unknown := set(arguments.clients) - set(names):
        parser.error(f"unknown client {', '.join(sorted(unknown))}; allowed: {', '.join(names)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
