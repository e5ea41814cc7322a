"""`sm-emulator run`, over processes: the command is left alone, nothing stays, the report is result."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

BIN = Path(sys.executable).parent
ONE_REQUEST = """
import os, urllib.request
headers = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}
request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL_SAGEMAKER"], b"{}", headers)
print(urllib.request.urlopen(request).read().decode())
"""
# A program with a bug, which ends well all the same
NAIVE = """
import boto3
sagemaker = boto3.client("sagemaker")
sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
try:
    sagemaker.describe_model(ModelName="m")
except sagemaker.exceptions.ClientError:
    pass
"""
# With waits by chance, for one real second or a virtual minute
DEPLOY = """
import random, time
import boto3
sagemaker = boto3.client("sagemaker")
variant = {"VariantName": "v", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
def patient(call, **members):
    for attempt in range(10):
        try:
            return call(**members)
        except sagemaker.exceptions.ClientError as error:
            print(call.__name__, "missed" if "Could not find" in str(error) else error)
            time.sleep(random.uniform(0, 0.02 * 2**attempt))
for name in "abc":
    sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "i"})
    variants = [{**variant, "ModelName": name}]
    patient(sagemaker.create_endpoint_config, EndpointConfigName=name, ProductionVariants=variants)
    patient(sagemaker.create_endpoint, EndpointName=name, EndpointConfigName=name)
patient(sagemaker.describe_endpoint, EndpointName="c")
sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="c")
print(sagemaker.describe_endpoint(EndpointName="c")["EndpointStatus"])
"""


def command(*words: str) -> list[str]:
    return [str(BIN / "sm-emulator"), "run", *words]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    others = ("SM_EMULATOR_", "GITHUB_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    return subprocess.run(
        command(*words),
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def python(program: str) -> list[str]:
    return ["--", sys.executable, "-c", program]


def test_the_output_of_a_command_is_left_alone_and_the_report_is_on_stderr():
    result = run(*python(ONE_REQUEST))
    assert (result.returncode, result.stdout) == (0, '{"Models":[]}\n')
    assert result.stderr.startswith("sm-emulator report   preset strong   seed 0   1 calls, 1 attempts")
    assert "no findings" in result.stderr
    assert "\x1b" not in result.stderr


def test_its_input_is_left_alone():
    result = subprocess.run(
        command("--", "cat"), input="a line\n", capture_output=True, text=True, check=False
    )
    assert result.stdout == "a line\n"


def test_options_of_the_command_are_the_commands_without_dashes_too():
    assert run("sh", "-c", "echo $0 $1", "--seed", "5").stdout == "--seed 5\n"


# A deployment misses some writes: by that seed, or as 3 ms are short for the lags of dynamodb
@pytest.mark.parametrize("late", [("--seed", "2"), ("--set", "network=3ms")], ids=["25ms", "3ms"])
def test_ten_reproducible_runs_have_one_outcome(late):
    options = ("--reproducible", "--preset", "dynamodb", "--set", "lifecycle.creating_seconds=40")
    outcomes = {run(*options, *late, *python(DEPLOY)).stdout for _ in range(10)}
    assert len(outcomes) == 1, outcomes
    outcome = outcomes.pop()
    assert "missed" in outcome
    assert outcome.endswith("InService\n"), outcome


def test_a_run_on_real_time_says_that_outcomes_depend_on_it():
    real = run("--preset", "dynamodb", "--fail-on", "any", *python(ONE_REQUEST))
    assert "outcomes depend on real time: equal runs need --reproducible --seed 0" in real.stderr


def test_sleeps_of_python_programs_move_the_clock_beside_a_sitecustomize_of_their_own(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text("print('mine', flush=True)")
    program = """
import asyncio, time
began = time.monotonic()
time.sleep(3600)
asyncio.run(asyncio.sleep(1800))
print(time.monotonic() - began >= 5400)
try:
    time.sleep(-1)
except ValueError as error:
    print("advance_seconds: " in str(error))
"""
    path = filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")])
    result = run("--reproducible", *python(program), PYTHONPATH=os.pathsep.join(path))
    assert result.stdout.splitlines()[-3:] == ["mine", "True", "True"], result.stderr


def test_sleeps_take_their_time_on_a_real_clock():
    words = "--reproducible", "--clock", "real"
    assert run(*words, *python("import time; time.sleep(0.01); print('slept')")).stdout == "slept\n"


def test_its_exit_code_is_kept():
    assert run("--", "sh", "-c", "exit 7").returncode == 7
    assert run("--", "sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


def test_every_sdk_is_configured_for_the_emulator_only():
    mine = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "secret",
        "AWS_ENDPOINT_URL_S3": "https://s3.example",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_MAX_ATTEMPTS": "4",
        "AWS_REGION": "eu-west-1",
        "NO_PROXY": "example.com",
    }
    result = run("--", "env", **mine)
    seen = dict(line.split("=", 1) for line in result.stdout.splitlines() if "=" in line)
    url = seen["SM_EMULATOR_URL"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
    assert {name: value for name, value in seen.items() if name.startswith("AWS_")} == {
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SAGEMAKER": url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "4",
    }
    assert seen["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_a_command_that_is_not_there_is_127_and_one_that_is_none_126(tmp_path: Path):
    missing = run("--", "no-such-command")
    assert (missing.returncode, missing.stderr) == (
        127,
        "error: cannot run no-such-command: No such file or directory\n",
    )
    assert run("--", str(tmp_path)).returncode == 126


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "Missing argument 'COMMAND...'"),
        (("--fail-on", "stale-mis-not-retried", "--", "true"), "did you mean 'stale-miss-not-retried'?"),
        (("--fail-on", "x", "--", "true"), "'x' is not a finding; allowed: any, acted-on-stale-value, "),
        (("--report", "/no/such/file", "--", "true"), "No such file or directory"),
        (("--preset", "dynamo", "--", "true"), "is not a preset"),
        (("--max-attempts", "0", "--", "true"), "0 is not in the range x>=1"),
    ],
)
def test_wrong_usage_is_2_and_the_command_is_not_run(words, message):
    result = run(*words)
    assert result.returncode == 2
    assert message in result.stderr
    assert "report  " not in result.stderr


def test_an_address_of_another_machine_is_3():
    assert run("--set", "server.host=192.0.2.1", "--", "true").returncode == 3


def test_findings_fail_the_run_where_requested(tmp_path: Path):
    stale = ("--preset", "read-after-create-miss-1")
    files = {name: tmp_path / f"report.{name}" for name in ("txt", "html", "xml")}
    result = run(
        *stale,
        *("--report", str(files["txt"]), "--html", str(files["html"]), "--junit", str(files["xml"])),
        *("--fail-on", "too-many-attempts,stale-miss-not-retried"),
        *python(NAIVE),
    )
    assert (result.returncode, result.stdout, result.stderr) == (1, "", "")
    assert "stale-miss-not-retried\n" in files["txt"].read_text()
    assert "\x1b" not in files["txt"].read_text()
    assert files["html"].read_text().startswith("<!doctype html>")
    assert ET.parse(files["xml"]).getroot().get("failures") == "1"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--fail-on", "any"), 1),
        (("--fail-on", "too-many-attempts"), 0),
        ((), 0),
    ],
)
def test_other_findings_do_not(words, code):
    result = run("--preset", "read-after-create-miss-1", "--json", *words, *python(NAIVE))
    assert result.returncode == code
    assert [finding["name"] for finding in json.loads(result.stderr)["findings"]] == [
        "stale-miss-not-retried"
    ]


def test_a_run_without_a_request_is_not_green():
    done = run("--fail-on", "any", "--", "true")
    assert done.returncode == 1
    assert "no-request\n  No request arrived from true, so nothing was tested." in done.stderr
    assert run("--", "true").returncode == 0


def test_a_job_on_github_shows_the_findings_and_the_report(tmp_path):
    summary = tmp_path / "summary"
    job = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    for words, level in (((), "warning"), (("--fail-on", "any"), "error")):
        done = run(*words, "--", "true", **job)
        start = f"\n::{level} title=sm-emulator%3A no-request::No request arrived from true, so"
        assert start in done.stderr
    assert summary.read_text().count("````text\nsm-emulator report   preset strong") == 2
    done = run("--json", "--", "true", **job)
    assert json.loads(done.stderr)["findings"]


def test_the_report_has_the_command_and_its_end():
    done = run("--", "sh", "-c", "exit 7")
    assert re.search(r"\ncommand sh -c 'exit 7'   exit code 7   [\d.]+ m?s\n", done.stderr)


def test_what_a_failed_command_leaves_behind_is_reported():
    done = run("--json", *python(f"{NAIVE}\nraise SystemExit(9)"))
    assert [finding["name"] for finding in json.loads(done.stderr)["findings"]] == ["left-behind"]
    done = run("--json", "--cleans-up", *python(NAIVE))
    assert [finding["name"] for finding in json.loads(done.stderr)["findings"]] == ["left-behind"]


TESTS = """
import pytest

MODEL = dict(ModelName="m", PrimaryContainer={"Image": "i"})

def test_of_the_run(sagemaker_client, sm_emulator):
    assert sm_emulator.summary()["seed"] == 7
    sagemaker_client.create_model(**MODEL)
    with pytest.raises(sagemaker_client.exceptions.ClientError):
        sagemaker_client.describe_model(ModelName="m")

@pytest.mark.sm_emulator(preset="strong", clock="virtual")
def test_of_its_marker(sagemaker_client):
    sagemaker_client.create_model(**MODEL)
    assert sagemaker_client.describe_model(ModelName="m")

def test_without_a_request(sm_emulator): pass
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_tests_with_the_plugin_belong_to_the_run(tmp_path: Path, workers):
    (tmp_path / "test_it.py").write_text(TESTS)
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *workers, str(tmp_path)]
    done = run(
        "--preset",
        "read-after-create-miss-1",
        "--seed",
        "7",
        "--fail-on",
        "any",
        "--json",
        "--",
        *pytest_,
    )
    assert "3 passed" in done.stdout, done.stdout
    report = json.loads(done.stderr)
    assert done.returncode == 1
    assert [finding["name"] for finding in report["findings"]] == ["stale-miss-not-retried"]
    assert {row["operation"]: row["calls"] for row in report["operations"]} == {
        "CreateModel": 2,
        "DescribeModel": 2,
    }
    assert report["duration"] < 600


def test_tests_with_the_plugin_that_make_no_request_are_not_green(tmp_path: Path):
    (tmp_path / "test_it.py").write_text("def test_it(sm_emulator): pass")
    done = run(
        "--fail-on",
        "any",
        "--",
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    )
    assert (done.returncode, "no-request" in done.stderr) == (1, True)


def test_the_code_of_a_command_that_failed_goes_before():
    result = run(
        "--preset",
        "read-after-create-miss-1",
        "--fail-on",
        "any",
        *python(f"{NAIVE}\nraise SystemExit(9)"),
    )
    assert result.returncode == 9


# -- signals ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_goes_to_the_command(number):
    script = f"trap 'echo caught; exit 5' {number.value}; echo up; while :; do sleep 0.1; done"
    with subprocess.Popen(
        command("--", "sh", "-c", script),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509  the suite may run under nohup
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "up\n"
        running.send_signal(number)
        out, err = running.communicate(timeout=20)
    assert (running.returncode, out) == (5, "caught\n")
    assert "sm-emulator report" in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_a_signal_ends_is_128_and_the_signal(number, code):
    with subprocess.Popen(
        command("--", "sh", "-c", "echo up; exec sleep 60"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "up\n"
        running.send_signal(number)
        running.communicate(timeout=20)
    assert running.returncode == code


def test_a_second_signal_kills_a_command_that_ignores_them_and_leaves_nothing(tmp_path: Path):
    # the second process has the output open, so the output ends only when both have ended
    script = "trap '' TERM INT HUP; sleep 600 & echo up; while :; do sleep 0.1; done"
    with subprocess.Popen(
        command("--", "sh", "-c", script),
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout
        assert running.stdout.readline() == "up\n"
        running.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            running.wait(0.3)
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=20)
    assert running.returncode == 128 + signal.SIGKILL
    assert "sm-emulator report" in err
    assert list(tmp_path.iterdir()) == []


def test_run_names_its_signals_and_exit_codes_in_its_help():
    assert "one that ends it is 130, 143 or 129" in " ".join(run("--help").stdout.split())


def test_what_is_ignored_stays_ignored_as_under_nohup():
    result = subprocess.run(
        ["sh", "-c", f"trap '' HUP; {' '.join(command('--', 'sh'))} -c 'kill -HUP $$; echo alive'"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout == "alive\n"


def is_running(pid: int) -> bool:
    """Return whether a process runs; one that ended and waits for its parent does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_nothing_of_the_command_is_left_running():
    result = run("--", "sh", "-c", "sleep 60 >/dev/null 2>&1 & echo $!")
    assert not is_running(int(result.stdout))


# Makes this process one that inherits orphans, as a container's first process does
SUBREAPER = """
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(36, 1) == 0  # PR_SET_CHILD_SUBREAPER
os.execv(sys.argv[1], sys.argv[1:])
"""
STUBBORN = "(trap '' TERM; echo $$; exec sleep 60) >/dev/null 2>&1 & echo $!"


def test_a_process_left_behind_that_ignores_sigterm_is_killed_and_reaped():
    words = [sys.executable, "-c", SUBREAPER, *command("--", "sh", "-c", STUBBORN)]
    result = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert not is_running(int(result.stdout))


# What Windows lacks; asyncio and subprocess are imported first, for they need some of it here
WITHOUT_POSIX = """
import asyncio, subprocess, multiprocessing, os, signal, sys
for name in ("SIGHUP", "SIGKILL", "SIGTSTP", "SIGTTOU", "SIGTTIN", "SIGCONT", "SIGSTOP", "SIGUSR1", "SIGALRM"):
    delattr(signal, name)
for name in ("fork", "forkpty", "openpty", "killpg", "getpgrp", "setpgid", "setsid", "tcgetpgrp", "tcsetpgrp", "getuid"):
    delattr(os, name)
for name in ("pty", "tty", "termios", "fcntl", "resource", "pwd", "grp", "readline"):
    sys.modules[name] = None
"""


def test_it_runs_without_process_groups_terminals_and_their_signals():
    program = f"{WITHOUT_POSIX}\nfrom sm_emulator.cli import main\nmain()"
    result = subprocess.run(
        [sys.executable, "-c", program, "run", "--", sys.executable, "-c", ONE_REQUEST],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, '{"Models":[]}\n'), result.stderr
    assert "1 calls, 1 attempts" in result.stderr


PLUGIN_TEST = """
def test_it(sagemaker_client):
    assert sagemaker_client.list_models()["Models"] == []
"""


def test_the_plugin_runs_without_them_too(tmp_path: Path):
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST)
    program = f"{WITHOUT_POSIX}\nimport pytest\nsys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', '-p', 'no:faulthandler', {str(tmp_path)!r}]))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (result.returncode, "1 passed" in result.stdout) == (0, True), result.stdout + result.stderr


def test_the_emulator_is_gone_with_the_command():
    from urllib.error import URLError
    from urllib.request import urlopen

    url = run("--", "sh", "-c", "echo $SM_EMULATOR_URL").stdout.strip()
    with pytest.raises(URLError):
        urlopen(f"{url}/_emulator/health", timeout=5)


# -- at a terminal ---------------------------------------------------------------------------------


class Terminal:
    """A terminal with a session of its own, in which `run` is the foreground job."""

    def __init__(self, *words: str) -> None:
        self.pid, self.descriptor = pty.fork()
        if not self.pid:
            os.environ.pop("NO_COLOR", None)
            os.execv(words[0], words)
        self.said = ""

    def until(self, text: str) -> None:
        while text not in self.said:
            assert select.select([self.descriptor], [], [], 60)[0], self.said
            try:
                self.said += os.read(self.descriptor, 4096).decode()
            except OSError as error:  # what Linux says where the other end is closed
                raise AssertionError(self.said) from error

    def type(self, keys: bytes) -> None:
        os.write(self.descriptor, keys)

    def end(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        os.close(self.descriptor)
        return os.waitstatus_to_exitcode(status)


def test_the_command_has_the_terminal():
    terminal = Terminal(*command("--", "sh", "-c", "echo up; read line; echo got $line"))
    terminal.until("up")
    terminal.type(b"words\n")
    terminal.until("got words")
    terminal.until("no request arrived")
    assert terminal.end() == 0
    assert "\x1b[1msm-emulator report\x1b[0m" in terminal.said


# What is typed before the command has the terminal would go to us
AT_THE_TERMINAL = """
import os, signal, time
seen = []
signal.signal(signal.SIGINT, lambda *_: seen.append(1))
while os.tcgetpgrp(0) != os.getpgrp():
    time.sleep(0.01)
print("up", flush=True)
"""


def test_control_c_reaches_the_command_once():
    program = (
        f"{AT_THE_TERMINAL}\nwhile not seen: time.sleep(0.01)\ntime.sleep(0.3)\nprint('seen', len(seen))"
    )
    terminal = Terminal(*command(*python(program)))
    terminal.until("up")
    terminal.type(b"\x03")
    terminal.until("seen 1")
    terminal.until("no request arrived")
    assert terminal.end() == 0


def test_control_z_stops_both_and_they_go_on():
    terminal = Terminal(*command(*python(f"{AT_THE_TERMINAL}\nprint('got', input())")))
    terminal.until("up")
    terminal.type(b"\x1a")
    _, status = os.waitpid(terminal.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.type(b"more\n")
    terminal.until("got more")
    terminal.until("no request arrived")
    assert terminal.end() == 0
