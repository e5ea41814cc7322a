"""Real clients live whole lives against an emulator: green, ended by stale reads, and past them.

    make conformance                        # or: python conformance/run.py rust boto3

Each folder here is a client with one short program, life.*, which is an example as well. Its argument
is how often it tries a call that a stale read refuses. Each life has an emulator of its own, and
nothing of the caller's AWS configuration. Exits with 1 where a life did not go as it must, and shows
what was said.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from pathlib import Path
from typing import Any

from clients import CLIENTS, HERE, Client
from faults import FAULTS, meet
from lives import live, lives
from toolchains import build, missing

RESULT = HERE.parent / ".venv" / "conformance.json"


def examine(client: Client) -> dict[str, Any]:
    """Build a client; let it live its lives, pointed here in all its ways, and meet all faults."""
    result: dict[str, Any] = {"title": client.title, "version": client.version, "lives": []}
    began = time.perf_counter()
    try:
        command = build(client)
        built = time.perf_counter()
        for life, way in zip(lives(client), cycle(client.all_ways), strict=False):
            result["lives"].append(live(client, command, life, way))
        result["lives"].extend(meet(client, command, fault) for fault in FAULTS)
    except subprocess.SubprocessError as error:  # it cannot be built, or does not end
        result["problem"] = f"{error}\n{error.output}"
    else:
        result["build_seconds"] = round(built - began, 1)
        result["seconds"] = round(time.perf_counter() - built, 1)
    print(report(result), flush=True)
    return result


def report(result: dict[str, Any]) -> str:
    """Tell how it went, in one piece, since clients live side by side."""
    head = f"{result['title']} {result['version']}"
    if "problem" in result:
        return f"FAILED  {head} {result['problem']}"
    lines = [f"{head}: built in {result['build_seconds']} s, lived for {result['seconds']} s"]
    for each in result["lives"]:
        verdict = "FAILED" if each["problem"] else "ok"
        lines.append(f"  {verdict:6}  {each['life']}  [{each['way']}, {each['seconds']} s]")
        if each["problem"]:
            lines.append(f"{each['said']}\n          {each['problem']}")
    return "\n".join(lines)


def failed(result: dict[str, Any]) -> bool:
    """Tell whether anything went otherwise than it must."""
    return "problem" in result or any(each["problem"] for each in result["lives"])


def main() -> int:
    """Examine all clients, or those that are named, two at a time: one may be building."""
    began = time.perf_counter()
    arguments = parse(sys.argv[1:])
    wanted = [client for client in CLIENTS if client.name in arguments.clients]
    left_out = {client.name: why for client in wanted if (why := missing(client))}
    able = [client for client in wanted if client.name not in left_out]
    with ThreadPoolExecutor(max_workers=2) as pool:
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
    return 1 if bad or (left_out and arguments.all) else 0


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
        parser.error(f"there is no client {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
