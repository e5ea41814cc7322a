"""A command in a process group of its own: signals reach all of it, and nothing of it stays."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from threading import Event

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_GRACE = 2.0  # seconds that what a command has left behind has to end
_POLL = 0.02


def run(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command to its end, and give its exit code: 128 and the signal where one ended it.

    The signals that ask this process to end go to the command, which decides. Raises OSError where it
    cannot be started.
    """
    came: list[int] = []  # before the command was there
    # what is ignored stays so, for the command too: that is how nohup works
    heeded = [number for number in _PASSED_ON if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, lambda n, _: came.append(n)) for number in heeded}
    try:
        child = subprocess.Popen(command, env=environment, process_group=0)  # noqa: S603  that is the task
        for number in heeded:
            signal.signal(number, lambda n, _: _signal(child.pid, n))
        for early in came:
            _signal(child.pid, early)
        code = _wait(child, _terminal())
        _sweep(child.pid)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; False where there is none any more."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


def _sweep(group: int) -> None:
    """End what a command has left behind in its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if not _signal(group, number):
            return
        for _ in range(round(_GRACE / _POLL)):
            if not _signal(group, 0):
                return
            Event().wait(_POLL)


def _terminal() -> int | None:
    """Tell the terminal that is ours to lend, None where there is none."""
    return 0 if os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp() else None


def _wait(child: subprocess.Popen[bytes], terminal: int | None) -> int:
    """Wait for the end of a command, which has the terminal meanwhile, as a shell's job has.

    So Ctrl-C reaches it alone and once. Ctrl-Z stops it, and then us.
    """
    if terminal is None:
        return child.wait()
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # taking it back must not stop us
    try:
        while True:
            os.tcsetpgrp(terminal, child.pid)
            _signal(child.pid, signal.SIGCONT)  # it may have asked for the terminal before it had it
            _, status = os.waitpid(child.pid, os.WUNTRACED)
            os.tcsetpgrp(terminal, os.getpgrp())
            if not os.WIFSTOPPED(status):
                child.returncode = os.waitstatus_to_exitcode(status)
                return child.returncode
            if os.WSTOPSIG(status) == signal.SIGTSTP:
                os.kill(os.getpid(), signal.SIGSTOP)
    finally:
        signal.signal(signal.SIGTTOU, before)
