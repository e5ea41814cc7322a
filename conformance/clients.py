"""The clients: their names, versions and expected behaviour."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
NOWHERE = "http://127.0.0.1:9"  # other requests must not leave this machine

SETTINGS = {
    "lifecycle.rules": [
        # mlflow does not describe an endpoint that it deletes; it lists until the endpoint is gone
        {"match": {"names": "churn", "operations": ["DeleteEndpoint"]}, "seconds": 0},
        {"describes": 2},
    ],
    # the Rust program tests a refusal
    "quotas.instances": {"ml.p3.16xlarge": 0},
    "models.responses": [{"match": {"models": "price"}, "python": "pricing:predict"}],
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
    """A client, whose program is lifecycle.py, lifecycle.sh or a crate in the folder `name`.

    An `optional` one may be left out: its toolchain is not in a package registry. `survived` are the
    presets that its retries survive. It is explored with each of the numbers of attempts `explored`.

    `channels` are the ways to configure the endpoint's URL outside the program, `argument` how code
    does it, where the program takes the URL as its second argument. `refused` is the first call that
    fails when new resources are not visible yet, `attempts` the default attempts of the SDK.
    """

    name: str
    title: str
    argument: str | None = None
    channels: tuple[str, ...] = FROM_OUTSIDE
    refused: str = "CreateEndpointConfig"
    attempts: int = 3
    survived: tuple[str, ...] = ("describe-lies", "read-after-create-miss-2")
    optional: bool = False
    explored: tuple[int, ...] = ()

    @property
    def all_channels(self) -> tuple[str, ...]:
        """All ways to configure the endpoint's URL."""
        return (*self.channels, self.argument) if self.argument else self.channels

    @property
    def folder(self) -> Path:
        """Its folder."""
        return HERE / self.name

    @property
    def toolchain(self) -> str:
        """The program that builds it."""
        marks = {"Cargo.toml": "cargo", "main.tf": "terraform", "requirements.txt": "python"}
        return next(tool for mark, tool in marks.items() if (self.folder / mark).exists())

    @property
    def version(self) -> str:
        """The version that its folder pins."""
        if self.toolchain == "cargo":
            packages = tomllib.loads((self.folder / "Cargo.lock").read_text())["package"]
            return next(each["version"] for each in packages if each["name"] == "aws-sdk-sagemaker")
        if self.toolchain == "terraform":
            pin = re.search(r'version = "(\S+)"', (self.folder / "main.tf").read_text())
        else:
            pin = re.search(r"==(\S+)", (self.folder / "requirements.txt").read_text())
        assert pin, "the first pin is that of the client itself"
        return pin[1]


CLIENTS = (
    Client("rust", "AWS SDK for Rust", ".endpoint_url(…)", explored=(1, 3)),
    Client("boto3", "boto3", "endpoint_url=…"),
    Client("aiobotocore", "aiobotocore", "endpoint_url=…", attempts=5),
    Client("awscli", "AWS CLI v1", "--endpoint-url …", attempts=5),
    # its `create` describes the new resource
    Client("sagemaker-core", "sagemaker-core", refused="DescribeModel"),
    Client("sagemaker-sdk", "SageMaker Python SDK v2"),
    # ModelBuilder queries IAM whether the role is usable, and describes the model that it has created
    Client(
        "sagemaker-sdk-3",
        "SageMaker Python SDK v3, sagemaker-serve",
        channels=("AWS_ENDPOINT_URL",),
        refused="DescribeModel",
    ),
    # it needs S3 and STS as well, so one URL must serve all
    Client("mlflow", "mlflow", channels=("AWS_ENDPOINT_URL",)),
    # it makes a role and describes what it has created; what is not found is created again and refused
    Client(
        "terraform",
        "Terraform AWS provider",
        channels=("AWS_ENDPOINT_URL",),
        refused="DescribeModel",
        survived=("describe-lies",),
        optional=True,
    ),
)


def environment(channel: str, url: str, scratch: Path) -> Mapping[str, str]:
    """Return an environment that configures `url` by a channel, without the caller's AWS settings."""
    config = scratch / "config"
    config.write_text(f"[default]\nendpoint_url = {NOWHERE}\n")
    variables = {}
    if channel == "configuration file":
        config.write_text(config.read_text() + _SERVICES.format(url=url))
    elif channel.startswith("AWS_"):
        variables = {"AWS_ENDPOINT_URL": NOWHERE, channel: url}
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        **QUIET,
        **variables,
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
