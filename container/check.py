"""Build the image, run it as docs/container.md says, and run an application in a container against it.

    make container

With docker where an engine answers, else with podman. Where no registry can be reached, the script
../shared/container/standin_base.sh makes a base under the same name; it proves the Dockerfile's steps,
user, entry point, health check and signals, not the real base. Exit codes: 1 a check failed, 3 there
is nothing here to build with. Containers are removed in any case; the images stay, for the next time.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import boto3

ROOT = Path(__file__).resolve().parent.parent
STANDIN = ROOT.parent / "shared" / "container" / "standin_base.sh"
BASE = "docker.io/library/python:3.12-slim"
IMAGE = "sm-emulator:check"
APPLICATION = "sm-emulator:check-application"
HARDENED = ["--read-only", "--tmpfs=/tmp", "--cap-drop=all", "--security-opt=no-new-privileges"]
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "123456789012",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
}
LARGE = bytes(6_000_000)  # moto writes what is above 5 MB into a file
CANNOT_BUILD = 3
MOST_MB = 200  # over the base
MOST_SECONDS = 1.0  # to stop; the engine's own work and that of others on the machine can only add
TRIES = 3


class Engine:
    """docker or podman, by its command line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = _free_port()
        if (
            name == "podman"
        ):  # has HEALTHCHECK only in docker's format; the host's network needs no bridge
            self._build = ["--format=docker", "--pull=never", "--network=host"]
            self.published = ["--network=host", f"--env=SM_EMULATOR_PORT={self.port}"]
            self.inner_port = self.port
        else:
            self._build = []
            self.published = [f"--publish=127.0.0.1:{self.port}:7243"]
            self.inner_port = 7243

    def __call__(self, *words: str | Path, timeout: float = 60) -> str:
        """Run a command of the engine; give what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [self.name, *words], stdout=subprocess.PIPE, text=True, check=True, timeout=timeout
        )
        return done.stdout

    def build(self, tag: str, context: Path) -> float:
        """Build `context`; give the seconds that it took."""
        begun = time.monotonic()
        self("build", *self._build, "--quiet", f"--tag={tag}", context, timeout=1200)
        return time.monotonic() - begun

    def megabytes(self, image: str) -> float:
        return int(self("image", "inspect", "--format={{.Size}}", image)) / 1e6

    def is_well(self, container: str) -> bool:
        """Return the result of the image's health check; podman runs it only on request."""
        if self.name == "podman":
            return _works("podman", "healthcheck", "run", container)
        return self("inspect", "--format={{.State.Health.Status}}", container).strip() == "healthy"

    def once(self, *words: str) -> str:
        """Run a container to its end, next to the other if there is one; return its output."""
        with self._removed("once") as name:
            return self("run", f"--name={name}", *HARDENED, *words)

    @contextmanager
    def serving(self, *options: str) -> Iterator[str]:
        """Run the image in a container; yield its name. Print its log on a failure."""
        with self._removed("serving") as name:
            try:
                self("run", "--detach", f"--name={name}", *HARDENED, *self.published, *options, IMAGE)
                yield name
            except BaseException:
                subprocess.run([self.name, "logs", name], check=False)
                raise

    @contextmanager
    def _removed(self, what: str) -> Iterator[str]:
        name = f"sm-emulator-check-{os.getpid()}-{what}"
        try:
            yield name
        finally:
            subprocess.run([self.name, "rm", "--force", name], capture_output=True, check=False)


def _works(*command: str) -> bool:
    if not shutil.which(command[0]):
        return False
    return subprocess.run(command, capture_output=True, timeout=300, check=False).returncode == 0


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def choose() -> tuple[Engine, str]:
    """Choose an engine that has the base image or can get it; return the base."""
    if _works("docker", "info") and (
        _works("docker", "image", "inspect", BASE) or _works("docker", "pull", BASE)
    ):
        return Engine("docker"), BASE
    if _works("podman", "pull", BASE):
        return Engine("podman"), BASE
    if not STANDIN.exists():
        print(f"cannot build here: no engine can pull {BASE}, and there is no {STANDIN}")
        sys.exit(CANNOT_BUILD)
    output = subprocess.run(
        ["bash", STANDIN, BASE], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    os.environ |= dict(word.split("=", 1) for word in shlex.split(output) if "=" in word)
    return Engine("podman"), f"a stand-in for {BASE}, made here"


def expect(what: str, found: object, wanted: object) -> None:
    """Print what was checked. Raises AssertionError where it is otherwise."""
    assert found == wanted, f"{what}: {found!r}, expected {wanted!r}"
    print(f"  ok: {what}: {found}", flush=True)


def until(what: str, probe: Any, seconds: float = 30) -> None:
    """Call `probe` until it returns True. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not probe():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.02)


def get(engine: Engine, path: str) -> Any:
    """GET a page of the admin API, by loopback."""
    with urlopen(f"http://127.0.0.1:{engine.port}/_emulator/{path}", timeout=5) as answer:
        return json.load(answer)


def answers(engine: Engine) -> bool:
    try:
        return bool(get(engine, "health"))
    except OSError:
        return False


def check_image(engine: Engine) -> None:
    """Look into an image that nothing configures."""
    shown = engine.once("--network=none", IMAGE, "settings", "--json")
    settings = {row["key"]: (row["value"], row["origin"]) for row in json.loads(shown)}
    expect("by default it binds", settings["server.host"][0], "0.0.0.0")
    expect("and its preset is", settings["consistency.preset"][0], "strong")
    program = """if True:
        import sys
        from importlib.metadata import distributions
        ours = [path for path in sys.path if path.startswith("/opt")]
        for one in distributions(path=ours):
            print(f"{one.name}=={one.version}")
    """
    listed = engine.once("--network=none", "--entrypoint=python", IMAGE, "-c", program)
    locked = pins((ROOT / "constraints.txt").read_text().split())
    unlocked = {pin for pin in pins(listed.split()) - locked if not pin.startswith("sm-emulator==")}
    expect("packages in it that constraints.txt does not pin", sorted(unlocked), [])


def pins(lines: Sequence[str]) -> set[str]:
    return {
        re.sub(r"[-_.]+", "-", name).lower() + f"=={v}" for name, v in (x.split("==") for x in lines)
    }


def check_privileges(engine: Engine, container: str) -> None:
    """See what the kernel says of the process that serves."""
    status = dict(
        line.split(":\t", 1) for line in engine("exec", container, "cat", "/proc/1/status").splitlines()
    )
    expect("its user", status["Uid"].split(), ["65532"] * 4)
    expect("its capabilities", int(status["CapEff"], 16) | int(status["CapBnd"], 16), 0)
    expect("new privileges are refused", status["NoNewPrivs"], "1")


def check_configuration(engine: Engine) -> None:
    settings = {row["key"]: row for row in get(engine, "settings")}
    expect("preset, from", settings["consistency.preset"]["origin"], "/etc/sm-emulator/config.toml")
    expect("preset", settings["consistency.preset"]["value"], "describe-lies")
    expect("seed, from", settings["seed"]["origin"], "environment SM_EMULATOR_SEED")
    expect("seed", get(engine, "health")["seed"], 7)


def check_stale_read(engine: Engine, container: str) -> None:
    """Let the application of compose.yaml deploy; its first CreateEndpoint is stale."""
    environment = CREDENTIALS | {"AWS_ENDPOINT_URL_SAGEMAKER": f"http://127.0.0.1:{engine.inner_port}"}
    options = [f"--env={name}={value}" for name, value in environment.items()]
    output = engine.once(f"--network=container:{container}", *options, APPLICATION).splitlines()
    arn = "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/churn"
    expect(
        "the application prints",
        output,
        [
            f'attempt 1: Could not find endpoint configuration "{arn}".',
            "attempt 2: created",
            "InService",
        ],
    )


def check_fall_through(engine: Engine) -> None:
    """Call STS and S3 at the same address, in the account of the access key."""
    session = boto3.Session("123456789012", "any", region_name="us-east-1")
    url = f"http://127.0.0.1:{engine.port}"
    sts, s3 = (session.client(service, endpoint_url=url) for service in ("sts", "s3"))
    expect("STS returns the account", sts.get_caller_identity()["Account"], "123456789012")
    s3.create_bucket(Bucket="models")
    s3.put_object(Bucket="models", Key="churn", Body=LARGE)
    kept = s3.get_object(Bucket="models", Key="churn")["Body"].read()
    expect("S3 keeps 6 MB", kept == LARGE, True)


def stop(engine: Engine, container: str) -> float:
    """End a container as engines do; give the seconds that it took. Its exit code must be 0."""
    begun = time.monotonic()
    engine("stop", "-t", "10", container)
    took = time.monotonic() - begun
    expect(
        "stopped, its exit code",
        engine("inspect", "--format={{.State.ExitCode}}", container).strip(),
        "0",
    )
    return took


def main() -> int:
    """Do all of it, and report the figures."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that containers are removed then, too
    engine, base = choose()
    print(f"{engine.name}, on {base}", flush=True)
    built = engine.build(IMAGE, ROOT)
    engine.build(APPLICATION, ROOT / "examples" / "compose")
    over = engine.megabytes(IMAGE) - engine.megabytes(BASE)
    check_image(engine)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.toml"
        file.write_text('seed = 3\n[consistency]\npreset = "describe-lies"\n')
        mounted = f"--volume={file}:/etc/sm-emulator/config.toml:ro"
        begun = time.monotonic()
        with engine.serving(mounted, "--env=SM_EMULATOR_SEED=7") as container:
            until("it answers", lambda: answers(engine))
            started = time.monotonic() - begun
            until("its health check is content", lambda: engine.is_well(container))
            check_privileges(engine, container)
            check_configuration(engine)
            check_stale_read(engine, container)
            check_fall_through(engine)
            stops = [stop(engine, container)]
    while min(stops) >= MOST_SECONDS and len(stops) < TRIES:
        with engine.serving() as container:
            until("it answers", lambda: answers(engine))
            check_fall_through(engine)  # with moto loaded, as before
            stops.append(stop(engine, container))
    print(
        f"built in {built:.0f} s   {over:.0f} MB over its base ({engine.megabytes(IMAGE):.0f} MB)   "
        f"answers {started:.2f} s after docker run   stops in {min(stops):.2f} s"
    )
    assert over < MOST_MB, f"the image is {over:.0f} MB over its base; at most {MOST_MB} MB are allowed"
    assert min(stops) < MOST_SECONDS, f"it stops in {stops} s; at most {MOST_SECONDS} s are allowed"
    return 0


if __name__ == "__main__":
    sys.exit(main())
