"""A command that `run` starts: its process group, its signals and its terminal."""

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from threading import Event

# Windows has neither SIGHUP nor SIGKILL, nor process groups
_FORWARDED = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
_GROUPS = hasattr(os, "killpg")
_GRACE = 0.5  # seconds that processes left behind have to end after SIGTERM
_POLL = 0.02
_STDIN = 0


def run(
    command: Sequence[str],
    variables: Mapping[str, str],
    started: Callable[[Callable[[], object]], object] = lambda _: None,
) -> int:
    """Run a command and return its exit code: 128 and the signal where one ended it.

    `started` is called with a function that kills it, once it has started.

    A signal to end this process is forwarded to the command, which decides; the second one
    kills the command. Raises OSError where the command cannot be started.
    """
    received: list[int] = []
    child: subprocess.Popen[bytes] | None = None

    def forward(number: int, _frame: object) -> None:
        received.append(number)
        if child is not None:
            _signal(child, number if len(received) == 1 else _KILL)

    # An ignored signal stays ignored, for the command too: nohup relies on it
    heeded = [number for number in _FORWARDED if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, forward) for number in heeded}
    try:
        group = {"process_group": 0} if _GROUPS else {}
        child = subprocess.Popen(command, env=variables, **group)  # type: ignore[call-overload]  # noqa: S603
        started(partial(_signal, child, _KILL))
        for early in received[:1]:
            _signal(child, early)
        code = _wait(child)
        _end_group(child)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _signal(child: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the process group of a command; return whether it still has a process."""
    if not _GROUPS:
        child.send_signal(number)
        return False
    try:
        os.killpg(child.pid, number)
    except (ProcessLookupError, PermissionError):  # macOS refuses to signal what has ended
        return False
    return True


def _end_group(child: subprocess.Popen[bytes]) -> None:
    """End the processes that a command has left behind in its process group."""
    for number in (signal.SIGTERM, _KILL):
        if not _signal(child, number):
            return
        for _ in range(round(_GRACE / _POLL)):
            with suppress(ChildProcessError):  # as a container's PID 1 we inherit orphans
                os.waitpid(-child.pid, os.WNOHANG)
            if not _signal(child, 0):
                return
            Event().wait(_POLL)


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Wait for a command. It has the terminal meanwhile if this process is its foreground job.

    So Ctrl-C reaches the command alone and once. Ctrl-Z stops it, and then this process.
    """
    if not (_GROUPS and os.isatty(_STDIN) and os.tcgetpgrp(_STDIN) == os.getpgrp()):
        return child.wait()
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # taking the terminal back must not stop us
    try:
        while True:
            os.tcsetpgrp(_STDIN, child.pid)
            _signal(child, signal.SIGCONT)  # it may have read from the terminal before it had it
            _, status = os.waitpid(child.pid, os.WUNTRACED)
            os.tcsetpgrp(_STDIN, os.getpgrp())
            if not os.WIFSTOPPED(status):
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode
            if os.WSTOPSIG(status) == signal.SIGTSTP:
                os.kill(os.getpid(), signal.SIGSTOP)
    finally:
        signal.signal(signal.SIGTTOU, before)
