"""Builds of the clients: Python environments and a Rust binary, kept in the user's cache; Terraform."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from clients import HERE, Client

# Where Terraform itself looks, and where images of CI have it
PLUGINS = (
    Path.home() / ".terraform.d" / "plugins",
    Path("/usr/local/share/terraform/plugins"),
    Path("/opt/tf-plugins"),
)


def cache() -> Path:
    """Return the folder of builds: in the user's cache, or in .venv where that cannot be written."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = user / "sm-emulator" / "conformance"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return HERE.parent / ".venv" / "conformance"
    return place


def missing(client: Client) -> str | None:
    """Return what the client needs and this machine lacks."""
    if client.toolchain != "python" and shutil.which(client.toolchain) is None:
        return f"no {client.toolchain} here"
    if client.toolchain == "terraform" and _plugins(client) is None:
        return f"no provider {client.version} in {', '.join(map(str, _places()))} (TF_PLUGIN_DIR)"
    return None


def _plugins(client: Client) -> Path | None:
    """Return the folder of plugins that has the provider: it is never downloaded."""
    provider = f"registry.terraform.io/hashicorp/aws/{client.version}"
    return next((place for place in _places() if (place / provider).is_dir()), None)


def _places() -> tuple[Path, ...]:
    given = os.environ.get("TF_PLUGIN_DIR")
    return (Path(given),) if given else PLUGINS


def build(client: Client) -> list[str]:
    """Build the client, unless it is built, and return the command that runs its program.

    Raises subprocess.CalledProcessError, with its output, where that fails.
    """
    if client.toolchain == "cargo":
        return [str(_cargo(client))]
    if client.toolchain == "terraform":
        script = str(client.folder / "lifecycle.sh")
        return ["env", f"TF_PLUGIN_DIR={_plugins(client)}", "sh", script]
    place = _environment(client)
    if (client.folder / "lifecycle.sh").exists():
        # `sh` finds the environment's `aws` by its PATH
        return [
            "env",
            f"PATH={place}/bin:{os.environ['PATH']}",
            "sh",
            str(client.folder / "lifecycle.sh"),
        ]
    return [str(place / "bin" / "python"), str(client.folder / "lifecycle.py")]


def _cargo(client: Client) -> Path:
    target = cache() / client.name
    _run(["cargo", "build", "--quiet", "--locked", "--target-dir", target], cwd=client.folder)
    return target / "debug" / "lifecycle"


def _environment(client: Client) -> Path:
    """Return an environment, named by the packages installed in it, so that it never changes."""
    wanted = (client.folder / "requirements.txt").read_text()
    key = hashlib.sha256(f"{sys.version} {wanted}".encode()).hexdigest()[:12]
    place = cache() / f"{client.name}-{key}"
    installed = place / "installed"
    if not installed.exists():
        venv.create(place, with_pip=True, clear=True)
        pip = [place / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "install", "-r", client.folder / "requirements.txt"], cwd=client.folder)
        installed.touch()
    return place


def _run(command: list[object], cwd: Path) -> None:
    subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
