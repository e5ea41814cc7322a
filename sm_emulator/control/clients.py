"""boto3 clients bound to an emulator. The one door to boto3, which is imported here and only late."""

from __future__ import annotations

import os
from functools import cache
from threading import Lock
from typing import Any

from sm_emulator.auth import SECRET
from sm_emulator.wire import DEFAULT_REGION

# botocore's table of where a variable is read: (in the configuration, in the environment, default)
_NO_PROFILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
# boto3 says of its sessions that threads must not share them; of clients, that they may
_making = Lock()


def client(service: str, url: str, account: str, **options: Any) -> Any:
    """Make a boto3 client for `url` whose requests belong to `account`; `options` go to boto3.

    The session knows nothing of the machine's profiles and credentials. There is one, since what it
    has loaded of botocore's models makes every further client cheap: 5 ms instead of 200.
    """
    defaults = {
        "region_name": DEFAULT_REGION,
        "aws_access_key_id": account,
        "aws_secret_access_key": SECRET,
    }
    with _making:
        return _session().client(service, endpoint_url=url, **(defaults | options))


def environment(url: str, account: str, region: str) -> dict[str, str]:
    """Give the variables by which SDKs and tools of another process reach `url` as `account`.

    Real credentials cannot leak to, nor come from, anywhere else: those are dummies, and the
    machine's own are not asked for.
    """
    return {
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ENDPOINT_URL": url,
        "AWS_ENDPOINT_URL_SAGEMAKER": url,
        "AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SM_EMULATOR_URL": url,
    }


@cache
def _session() -> Any:
    import boto3  # noqa: PLC0415  heavy, and not needed to serve
    import botocore.session  # noqa: PLC0415

    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=_NO_PROFILES))
