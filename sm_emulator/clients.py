"""boto3 clients bound to an emulator. The one door to boto3, which is imported here and only late."""

from __future__ import annotations

import os
from typing import Any

# botocore's table of where a variable is read: (in the configuration, in the environment, default)
_NO_PROFILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def client(service: str, url: str, account: str, region: str, **options: Any) -> Any:
    """Make a boto3 client for `url` whose requests belong to `account`; `options` go to boto3.

    The session knows nothing of the machine's profiles and credentials.
    """
    import boto3  # noqa: PLC0415  heavy, and not needed to serve
    import botocore.session  # noqa: PLC0415

    core = botocore.session.Session(session_vars=_NO_PROFILES)
    session = boto3.session.Session(
        aws_access_key_id=account,
        aws_secret_access_key="emulated",  # noqa: S106  nobody checks it
        region_name=region,
        botocore_session=core,
    )
    return session.client(service, endpoint_url=url, **options)
