"""`sm-emulator explore`, over processes: breaks, exhaustion, bad input, and nothing left running."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.slow
HEAD = """
import sys, time
import boto3
sagemaker = boto3.client("sagemaker")
variants = [dict(VariantName="a", ModelName="m", InstanceType="ml.m5.large", InitialInstanceCount=1)]
"""
NAIVE = f"""{HEAD}
sagemaker.create_endpoint_config(EndpointConfigName="cfg", ProductionVariants=variants)
sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="cfg")
"""
PATIENT = f"""{HEAD}
def patient(call, **members):
    for _ in range(20):
        try:
            return call(**members)
        except sagemaker.exceptions.ClientError as error:
            if "already existing" in str(error):
                return
            time.sleep(1)
    sys.exit("gave up")
patient(sagemaker.create_endpoint_config, EndpointConfigName="cfg", ProductionVariants=variants)
patient(sagemaker.create_endpoint, EndpointName="ep", EndpointConfigName="cfg")
"""
LOOSE = ("--set", "models.required=false")


def explore(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("SM_EMULATOR_") and name != "GITHUB_ACTIONS"
    }
    return subprocess.run(
        [str(BIN / "sm-emulator"), "explore", *words],
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def python(program: str) -> tuple[str, ...]:
    return "--", sys.executable, "-c", program


def test_a_naive_program_is_broken_and_each_schedule_replays(tmp_path):
    files = [tmp_path / f"found.{kind}" for kind in ("json", "xml", "html")]
    words = ("--json", str(files[0]), "--junit", str(files[1]), "--html", str(files[2]))
    done = explore(*LOOSE, *words, *python(NAIVE), GITHUB_ACTIONS="true", AWS_MAX_ATTEMPTS="5")
    assert done.returncode == 1, done.stderr
    found = json.loads(files[0].read_text())
    late = "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1"
    assert late in {each["schedule"] for each in found["breaks"]}
    late_break = next(each for each in found["breaks"] if each["schedule"] == late)
    assert (late_break["causes"][0]["basis"], late_break["guarantees"]) == ("documented", [["ryw"]])
    tolerated = {row["call"]: row["kinds"]["503"] for row in found["tolerance"]}
    assert tolerated["CreateEndpoint(ep)"] == {"survived": 4, "then": "gives up", "basis": None}
    assert f"BREAKS  {late}\n  error: " in done.stdout
    assert "\x1b" not in done.stdout
    assert "::error title=sm-emulator explore%3A error::" in done.stdout
    assert f"<code>{late}</code>" in files[2].read_text()
    suite = ET.parse(files[1]).getroot()[0]
    failed = {(c.get("classname"), c.get("name")) for c in suite if c.find("failure") is not None}
    assert ("CreateEndpoint(ep)#1", "late") in failed
    replayed = subprocess.run(
        [str(BIN / "sm-emulator"), "run", *LOOSE, "--schedule", late, *python(NAIVE)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert replayed.returncode == 1
    assert "Could not find endpoint configuration" in replayed.stderr


@pytest.mark.parametrize("how", [(), ("--preload", "none"), ("-j", "2")])
def test_a_patient_program_is_exhausted_however_it_is_run(how):
    done = explore(*LOOSE, *how, "--crash", *python(PATIENT))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("exhausted: none of 7 schedules of at most 1 cause"), done.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("-k", "0", "--", "true"), 2, "0 is not in the range x>=1"),
        (("--budget", "soon", "--", "true"), 2, "'soon' is neither a number of runs nor a time"),
        (("--max-lag", "5", "--", "true"), 4, "no request arrived"),
        (("--max-lag", "-1", "--", "true"), 2, "'-1' is not a duration"),
        (("--faults", "lots", "--", "true"), 2, "'lots' is not allowed"),
        (("--stale", "none", "--faults", "none", "--", "true"), 2, "nothing is left"),
        (("--invariant", "endpont churn exists", "--", "true"), 2, "is not a type of resource"),
        (("--setup", "a 'b", "--", "true"), 2, "is not a command: No closing quotation"),
        (("--setup-late", "--", "true"), 2, "--setup-late: needs --setup"),
        (("--preload", "boto3", "--", "true"), 2, "--preload: is for `python FILE`"),
        (("--preload", "no_such_module", *python("pass")), 2, "No module named 'no_such_module'"),
        (("--", "no-such-command"), 127, "cannot run no-such-command"),
        (("--", "true"), 4, "no request arrived from the program"),
        (("--", "sh", "-c", "echo broken >&2; exit 7"), 4, "fails (exit code 7) even without any cause: broken"),
        (python("import os; os.write(2, bytes(range(256))); raise SystemExit(3)"), 4, "fails (exit code 3)"),
        (python("input()"), 4, "its standard input is empty"),
        (("--setup", "false", "--", "true"), 4, "the set-up fails: exit code 1"),
        (("--setup", "no-such", "--", "true"), 4, "the set-up fails: no-such: No such file or directory"),
        (("--timeout", "500ms", "--", "sleep", "60"), 4, "does not end even without any cause; see --timeout"),
    ],
)  # fmt: skip
def test_bad_input_is_a_clear_error(words, code, message):
    done = explore(*words)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_cannot_be_explored_is_an_error_in_junit(tmp_path):
    assert explore("--junit", str(tmp_path / "found.xml"), "--", "true").returncode == 4
    suites = ET.parse(tmp_path / "found.xml").getroot()
    assert suites.find(".//error").get("message") == "no request arrived from the program"


def test_the_replay_command_has_the_set_up_and_the_lag_of_the_exploration(tmp_path):
    (tmp_path / "setup.py").write_text(NAIVE.rpartition("sagemaker.create_endpoint(")[0])
    setup = shlex.join([sys.executable, str(tmp_path / "setup.py")])
    (tmp_path / "late.py").write_text(f"""{HEAD}
time.sleep(30)
sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="cfg")
""")
    given = (*LOOSE, "--faults", "none", "--max-lag", "1m", "--setup", setup, "--setup-late")
    done = explore(*given, "--", sys.executable, str(tmp_path / "late.py"))
    assert done.returncode == 1, done.stderr
    replayed = shlex.split(done.stdout.partition("replay: ")[2].partition("\n\n")[0])
    assert "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1" in replayed
    result = subprocess.run(
        [str(BIN / replayed[0]), *replayed[1:]], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 1
    assert "Could not find endpoint configuration" in result.stderr


def test_the_replay_of_a_program_in_real_time_is_in_real_time():
    words = *LOOSE, "--time", "real", "--faults", "none", "--preload", "none", "-j", "1"
    done = explore(*words, *python("import time; time.sleep(0.01)" + NAIVE))
    replayed = done.stdout.partition("replay: ")[2]
    assert replayed.startswith("sm-emulator run --set models.required=false --clock real --schedule")


def test_a_spent_budget_without_a_break_is_5():
    done = explore(*LOOSE, "--budget", "3", *python(PATIENT))
    assert (done.returncode, "stopped: the budget is spent" in done.stdout) == (5, True)


def test_ctrl_c_leaves_nothing_running_and_reports(tmp_path):
    file = tmp_path / "pids"
    program = ("--", "sh", "-c", f"sleep 300 & echo $$ $! >> {file}; sleep 300")
    running = subprocess.Popen(
        [str(BIN / "sm-emulator"), "explore", "-j", "1", *program],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    out, error = running.communicate(timeout=30)
    assert running.returncode == 130, (out, error)
    assert "Traceback" not in error
    assert not [pid for pid in file.read_text().split() if is_running(pid)]


def is_running(pid: str) -> bool:
    """Return whether a process is there, and not only waits to be reaped by the machine's first one."""
    seen = subprocess.run(["ps", "-o", "stat=", "-p", pid], capture_output=True, text=True, check=False)
    return bool(seen.stdout.strip()) and not seen.stdout.startswith("Z")
