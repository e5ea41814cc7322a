"""`sm-emulator explore` with programs that do not behave: nothing of them is left, nor of the terminal."""

import os
import pty
import subprocess
import sys
import termios
import time

import pytest

from tests.cli.test_explore import BIN, explore, is_running, python

pytestmark = pytest.mark.slow
# Leaves a process that no longer belongs to the program, as daemons do, and tells which
DAEMON = """
import os, subprocess, sys
daemon = "import os; os.setsid(); print(os.getpid(), file=open({file!r}, 'a')); os.execvp('sleep', ['sleep', '300'])"
subprocess.run(["sh", "-c", '"$0" -c "$1" & sleep 1', sys.executable, daemon])
raise SystemExit("left a daemon")
"""
FORKED = """
import os, signal
if os.fork() == 0:
    os.setsid()
    print(os.getpid(), file=open({file!r}, "a"))
    signal.pause()
while not os.path.exists({file!r}) or not open({file!r}).read():
    pass
raise SystemExit("left a fork")
"""
# Takes the terminal, whose Ctrl-C is a signal then, however the tests were started
ON_TERMINAL = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what a daemon came from")
@pytest.mark.parametrize("program", [DAEMON, FORKED])
@pytest.mark.parametrize("how", [(), ("--preload", "none"), ("-j", "2")])
def test_no_process_is_left_that_left_the_program(tmp_path, program, how):
    file = tmp_path / "pids"
    done = explore(*how, *python(program.format(file=str(file))))
    assert (done.returncode, "even without any cause: left a" in done.stderr) == (4, True), done.stderr
    pids = file.read_text().split()
    assert pids
    assert not [pid for pid in pids if is_running(pid)]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys\nfor _ in range(1600): print('x' * 65_535)\nsys.exit('printed 100 MB')", "printed 100 MB"),
        ("import sys\nsys.exit(f'read {len(sys.stdin.read())}')", "read 0"),
        ("import time\nwhile True: time.sleep(80_000)", "does not end even without any cause within a day"),
        ("import subprocess\nsubprocess.Popen(['sleep', '300'])\nraise SystemExit('with a child')", "with a child"),
    ],
    ids=["output", "input", "virtual time", "child"],
)  # fmt: skip
def test_a_program_that_does_not_fit_is_told_why(program, message):
    done = explore(*python(program))
    assert done.returncode == 4
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stdout + done.stderr) < 1000


@pytest.mark.parametrize("number", ["1", "2"])
def test_a_worker_that_cannot_start_says_why(number):
    words = ("-j", number, "--preload", "no_such_module", *python("pass"))
    done = explore(*words)
    assert done.returncode == 2
    assert "No module named 'no_such_module'" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_cannot_be_executed_is_126(tmp_path):
    file = tmp_path / "deploy"
    file.touch(mode=0o644)
    done = explore("--", str(file))
    assert (done.returncode, done.stderr) == (126, f"error: cannot run {file}: Permission denied\n")


def test_ctrl_c_on_a_terminal_reports_and_leaves_it_as_it_was(tmp_path):
    file = tmp_path / "pids"
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    program = ["--", "sh", "-c", f"echo $$ >> {file}; sleep 300"]
    running = subprocess.Popen(
        [sys.executable, "-c", ON_TERMINAL, str(BIN / "sm-emulator"), "explore", "-j", "1", *program],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.write(ours, b"\x03")
    assert running.wait(timeout=30) == 130
    assert termios.tcgetattr(theirs) == before
    shown = os.read(ours, 65_536).decode()
    os.close(theirs)
    os.close(ours)
    assert "Traceback" not in shown
    assert "interrupted" in shown
    assert not [pid for pid in file.read_text().split() if is_running(pid)]
