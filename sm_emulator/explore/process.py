"""A program as a process: without input and terminal, ended with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Protocol, Self

from sm_emulator.control.virtual_time import SITE
from sm_emulator.errors import ConfigurationError, Problem
from sm_emulator.explore.interpreter import PythonProgram
from sm_emulator.values import printable

_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows has none
_TAIL = 65_536
_FOLDER = "SM_EMULATOR_FOLDER"  # marks the fork server for `end_strays`
# What Node and Rust print below an error
_NOTES = ("Node.js v", "note: ")


class Process(Protocol):
    """A process under way."""

    def wait(self, seconds: float) -> int | None:
        """Return its exit code, negative for a signal; None where it has not ended in this time."""

    def end(self) -> None:
        """Kill it, and what it has started, unless they have ended."""


class Spawned:
    """A process that was started by its command. Raises OSError where it cannot be."""

    def __init__(
        self, command: Sequence[str], variables: Mapping[str, str], out: IO[bytes], error: IO[bytes]
    ) -> None:
        self._child = subprocess.Popen(  # noqa: S603  running a command is what it is for
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=error,
            start_new_session=True,
        )

    def wait(self, seconds: float) -> int | None:
        """Return its exit code, None where it has not ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._child.wait(seconds)
        return None

    def end(self) -> None:
        """Kill its session, and reap it."""
        _kill(self._child.pid)
        self._child.wait()


class ForkServer:
    """Starts a Python program in forks of a process that has loaded its modules.

    Raises ConfigurationError where a module of `preload` cannot be imported. `variables` are those of
    the environment while modules are loaded. `folder` gets its files.
    """

    def __init__(
        self,
        program: PythonProgram,
        preload: Sequence[str],
        variables: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._control, other = socket.socketpair()
        wanted = {"control": other.fileno(), "preload": list(preload), **program.as_json()}
        self._request = folder / "request.json"
        with (folder / "preload.txt").open("w+b") as output:
            self._server = subprocess.Popen(  # noqa: S603
                [*program.interpreter, str(SITE / "fork_server.py"), json.dumps(wanted)],
                env={**variables, _FOLDER: str(folder)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=[other.fileno()],
                start_new_session=True,
            )
            other.close()
            self._lines = self._control.makefile("rb")
            if self._lines.readline() != b"ready\n":
                self.stop()
                raise ConfigurationError(
                    Problem("preload", last_line(output) or "the interpreter ended")
                )

    def start(
        self, _command: Sequence[str], variables: Mapping[str, str], out: IO[bytes], error: IO[bytes]
    ) -> Process:
        """Start the program, which is the command."""
        self._request.write_text(json.dumps(dict(variables)))
        socket.send_fds(self._control, [os.fsencode(self._request)], [out.fileno(), error.fileno()])
        return _Forked(int(self._lines.readline()), self._control, self._lines)

    def stop(self) -> None:
        """End the process with the modules."""
        self._lines.close()
        self._control.close()
        _kill(self._server.pid)
        self._server.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Forked:
    """A process that the fork server has started; the next one can be once this one has ended."""

    def __init__(self, pid: int, control: socket.socket, lines: Any) -> None:
        self._pid, self._control, self._lines = pid, control, lines
        self._code: int | None = None

    def wait(self, seconds: float) -> int | None:
        if self._code is None and select.select([self._control], [], [], seconds)[0]:
            self._code = int(self._lines.readline())
        return self._code

    def end(self) -> None:
        _kill(self._pid)
        while self.wait(1.0) is None:
            _kill(self._pid)


def _kill(session: int) -> None:
    """Kill the processes of a session: the first of it may have ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses for what has ended
        os.killpg(session, _KILL)


def end_strays(folder: Path) -> None:
    """Kill the processes with `folder` in their environment, on Linux: daemons leave their sessions."""
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or is of another user
            if os.fsencode(folder) in file.read_bytes():
                os.kill(int(file.parent.name), _KILL)


def last_line(output: IO[bytes]) -> str:
    """Return the last line that says something, of what may be binary.

    Under an error, Node and Java print what they know of it, indented.
    """
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - _TAIL))
    lines = [line.rstrip() for line in output.read().decode(errors="replace").splitlines()]
    said = [line for line in lines if line.strip("{}[]() \t") and not line.startswith(_NOTES)]
    outer = [line for line in said if not line[0].isspace()]
    return printable((outer or said or [""])[-1].strip())
