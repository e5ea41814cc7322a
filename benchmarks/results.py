"""benchmarks/results.md: what the last runs found, written by them, a section each."""

from __future__ import annotations

import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

FILE = Path(__file__).parent / "results.md"
HEAD = "# Results\n\nWritten by `make bench` and `make soak`; nobody edits this file.\n"
PACKAGES = ("flask", "werkzeug", "moto", "microburst", "aiohttp")


def note(title: str, text: str, file: Path = FILE) -> None:
    """Write the section `title` anew; others stay as they are."""
    parts = re.split(r"^## (.*)\n", file.read_text(), flags=re.MULTILINE) if file.exists() else [""]
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    sections[title] = f"\n{text}\n"
    spelled = "".join(f"\n## {name}\n\n{body.strip()}\n" for name, body in sorted(sections.items()))
    file.write_text(HEAD + spelled)


def machine() -> str:
    """Describe the machine, what ran on it, and how busy it is at this moment."""
    processor = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    assert memory
    busy = os.getloadavg()[0]
    mood = " The machine was busy with other work." if busy > 0.5 else ""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {os.cpu_count()} cores"
        f" ({processor[1] if processor else platform.machine()}), {int(memory[1]) / 1e6:.0f} GB,"
        f" Linux {platform.release()}, Python {platform.python_version()}; {packages}."
        f" Load average before the run: {busy:.1f}.{mood}"
    )
