"""Write docs/operations.md and schemas/COVERAGE.json; `--check` only compares.

The page lists the operations of SageMaker and SageMaker Runtime by who implements them: sm-emulator
(registered in sm_emulator/operations/), moto (a method of its responses), or neither; and the known
differences from AWS, of tests/fidelity/differences.toml.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import botocore.session
from moto.core.utils import camelcase_to_underscores
from moto.sagemaker.responses import SageMakerResponse
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from sm_emulator.operations.registry import OPERATIONS

ROOT = Path(__file__).resolve().parent.parent
FIDELITY = ROOT / "tests" / "fidelity"
TITLES = {"sagemaker": "SageMaker", "sagemaker-runtime": "SageMaker Runtime"}
MOTO = {"sagemaker": SageMakerResponse, "sagemaker-runtime": SageMakerRuntimeResponse}
HEAD = """\
# Operations

After this page you know which operations work here, which moto answers, and how answers differ from
AWS. `make operations` writes it from the registered operations, moto {moto}, botocore {botocore} and
`tests/fidelity/differences.toml`. `sm-emulator operations` shows the same list.

| service | operations | sm-emulator | moto | neither |
|---|---|---|---|---|
"""


def coverage() -> dict[str, Any]:
    """Return for each operation of each service whether moto implements it."""
    session = botocore.session.Session()
    return {
        "moto": version("moto"),
        "services": {
            service: {
                name: camelcase_to_underscores(name) in vars(responses)
                for name in sorted(session.get_service_model(service).operation_names)
            }
            for service, responses in MOTO.items()
        },
    }


def page(covered: dict[str, Any]) -> str:
    """Render docs/operations.md."""
    differences = tomllib.loads((FIDELITY / "differences.toml").read_text())
    text = HEAD.format(moto=covered["moto"], botocore=version("botocore"))
    sections = ""
    for service, operations in covered["services"].items():
        groups: dict[str, list[str]] = {"sm-emulator": [], "moto": [], "neither": []}
        for name, moto in operations.items():
            by = "sm-emulator" if name in OPERATIONS else "moto" if moto else "neither"
            groups[by].append(name)
        counts = " | ".join(str(len(names)) for names in groups.values())
        text += f"| {TITLES[service]} | {len(operations)} | {counts} |\n"
        for by, names in groups.items():
            sections += f"\n## {TITLES[service]}, implemented by {by}\n\n{', '.join(names) or 'none'}\n"
    return text + sections + "\n".join(["", *_known(differences), *_cases(differences)]) + "\n"


def _known(differences: dict[str, Any]) -> Iterator[str]:
    yield from (
        "## Known differences from AWS",
        "",
        "[Limits](limits.md) lists what is a guess.",
        "",
    )
    yield from ("| operations | difference |", "|---|---|")
    for known in differences["known"]:
        yield f"| {', '.join(known['operations'])} | {known['difference']} |"


def _cases(differences: dict[str, Any]) -> Iterator[str]:
    """Yield the table of the cases known of AWS that are not tested here."""
    lines = (FIDELITY / "cases.jsonl").read_text().splitlines()
    yield from ("", "## Known behaviour of AWS that is not implemented", "")
    yield f"Of the {len(lines)} cases of `tests/fidelity/cases.jsonl`, all but these are tests."
    yield from ("", "| case | operation | given | why not |", "|---|---|---|---|")
    for case in map(json.loads, lines):
        reason = differences["cases"].get(case["id"]) or differences["operations"].get(case["operation"])
        if reason:
            given = case["given"].replace("|", "\\|")
            yield f"| {case['id']} | {case['operation']} | {given} | {reason} |"


def files() -> dict[Path, str]:
    """Render every generated file, by path."""
    covered = coverage()
    return {
        ROOT / "schemas" / "COVERAGE.json": json.dumps(covered, indent=1) + "\n",
        ROOT / "docs" / "operations.md": page(covered),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args().check
    stale = {p: t for p, t in files().items() if not p.exists() or p.read_text() != t}
    if check:
        lines = [f"{path.relative_to(ROOT)} is out of date: run make operations" for path in stale]
        print("\n".join(lines) or "current")
        return bool(stale)
    for path, text in stale.items():
        path.write_text(text)
    print(f"wrote {len(stale)} changed files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
