"""The clients: what they are called, how they are started, and what is expected of them."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOWHERE = "http://127.0.0.1:9"  # what is not for SageMaker must not leave this machine

SETTINGS = {
    "lifecycle.rules": [
        # mlflow does not describe what it deletes; it lists until it is gone
        {"match": {"names": "churn", "operations": ["DeleteEndpoint"]}, "seconds": 0},
        {"describes": 2},
    ],
    # the Rust program wants to be refused once
    "quotas.instances": {"ml.p3.16xlarge": 0},
}
QUIET = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
    "SAGEMAKER_USER_CONFIG_OVERRIDE": str(HERE / "sagemaker-sdk" / "quiet.yaml"),
}
FROM_OUTSIDE = ("AWS_ENDPOINT_URL_SAGEMAKER", "AWS_ENDPOINT_URL", "configuration file")


@dataclass(frozen=True, slots=True)
class Client:
    """A client, which lives in the folder `name` as life.py, life.sh or a crate.

    `ways` are those to tell it the endpoint's URL from outside, `argument` how code does, where the
    program takes it as its second argument. `refused` is the first call that fails when nothing new
    is seen at once, `attempts` how often the SDK makes a call in all, by default.
    """

    name: str
    title: str
    argument: str | None = None
    ways: tuple[str, ...] = FROM_OUTSIDE
    refused: str = "CreateEndpointConfig"
    attempts: int = 3

    @property
    def all_ways(self) -> tuple[str, ...]:
        """List all ways in which it can be pointed somewhere."""
        return (*self.ways, self.argument) if self.argument else self.ways

    @property
    def folder(self) -> Path:
        """Where it is."""
        return HERE / self.name

    @property
    def toolchain(self) -> str:
        """What must be there to build it."""
        return "cargo" if (self.folder / "Cargo.toml").exists() else "python"

    @property
    def version(self) -> str:
        """The version that its folder pins."""
        if self.toolchain == "cargo":
            packages = tomllib.loads((self.folder / "Cargo.lock").read_text())["package"]
            return next(each["version"] for each in packages if each["name"] == "aws-sdk-sagemaker")
        pin = re.search(r"==(\S+)", (self.folder / "requirements.txt").read_text())
        assert pin, "the first line pins the client itself"
        return pin[1]


CLIENTS = (
    Client("rust", "AWS SDK for Rust", ".endpoint_url(…)"),
    Client("boto3", "boto3", "endpoint_url=…"),
    Client("aiobotocore", "aiobotocore", "endpoint_url=…", attempts=5),
    Client("awscli", "AWS CLI v1", "--endpoint-url …", attempts=5),
    # its `create` describes what it has just created
    Client("sagemaker-core", "sagemaker-core", refused="DescribeModel"),
    Client("sagemaker-sdk", "SageMaker Python SDK v2"),
    # it needs S3 and STS as well, so one URL must serve all
    Client("mlflow", "mlflow", ways=("AWS_ENDPOINT_URL",)),
)


def environment(way: str, url: str, scratch: Path) -> Mapping[str, str]:
    """Point a client at `url` in a way, with nothing of the caller's own AWS configuration."""
    config = scratch / "config"
    config.write_text(f"[default]\nendpoint_url = {NOWHERE}\n")
    told = {}
    if way == "configuration file":
        config.write_text(config.read_text() + _SERVICES.format(url=url))
    elif way.startswith("AWS_"):
        told = {"AWS_ENDPOINT_URL": NOWHERE, way: url}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **QUIET,
        **told,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }


_SERVICES = """\
services = emulator

[services emulator]
sagemaker =
  endpoint_url = {url}
"""
