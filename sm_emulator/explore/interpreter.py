"""Which interpreter runs a command, and so how its time passes."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

_PYTHON = re.compile(r"python[0-9.]*(\.exe)?")
_NODE = re.compile(r"node(js)?(\.exe)?")
_FLAGS = re.compile(r"-[bBdOqsuvx]+")  # of Python, those without a value
_ISOLATED = re.compile(r"-[a-zA-Z]*[EIS][a-zA-Z]*")  # it ignores PYTHONPATH then
_LONGEST_SHEBANG = 512


@dataclass(frozen=True)
class PythonProgram:
    """A program for Python: the words that start the interpreter, and what it runs."""

    interpreter: tuple[str, ...]
    kind: Literal["script", "module", "code"]
    target: str
    arguments: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what the fork server needs to know."""
        return {"kind": self.kind, "target": self.target, "arguments": list(self.arguments)}


def sleeps_virtually(command: Sequence[str]) -> bool:
    """Return whether a program's sleeps can move the clock: Python and Node load our file first."""
    words = _interpreter(command)
    options = itertools.takewhile(lambda word: word.startswith("-"), words[1:])
    name = Path(words[0]).name
    isolated = any(map(_ISOLATED.fullmatch, options))
    return bool(_NODE.fullmatch(name) or (_PYTHON.fullmatch(name) and not isolated))


def python_program(command: Sequence[str]) -> PythonProgram | None:
    """Return what a command runs by Python; None where it is of another language, or not clear."""
    words = _interpreter(command)
    if not _PYTHON.fullmatch(Path(words[0]).name):
        return None
    options = 1
    while options < len(words) and (_FLAGS.fullmatch(words[options]) or words[options] in {"-W", "-X"}):
        options += 2 if words[options] in {"-W", "-X"} else 1
    start, rest = tuple(words[:options]), words[options:]
    match rest:
        case ["-m", target, *arguments]:
            return PythonProgram(start, "module", target, tuple(arguments))
        case ["-c", target, *arguments]:
            return PythonProgram(start, "code", target, tuple(arguments))
        case [target, *arguments] if not target.startswith("-") and Path(target).is_file():
            return PythonProgram(start, "script", target, tuple(arguments))
    return None


def _interpreter(command: Sequence[str]) -> list[str]:
    """Return a command with its interpreter first, where the file that it names has one."""
    found = shutil.which(command[0])
    if found is None or _PYTHON.fullmatch(Path(found).name):
        return list(command)
    with Path(found).open("rb") as file:
        first = file.readline(_LONGEST_SHEBANG).decode(errors="replace")
    if not first.startswith("#!"):
        return list(command)
    words = first.removeprefix("#!").split()
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if not word.startswith("-")]
    return [*words, found, *command[1:]] if words else list(command)
