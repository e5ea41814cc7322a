"""boto3 clients bound to an emulator. Only this module imports boto3, and only when called."""

import os
import re
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any

from sm_emulator.auth.verifier import SECRET
from sm_emulator.wire.call import DEFAULT_REGION

# botocore's table of sources for a variable: (in the configuration, in the environment, default)
_NO_PROFILES = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
# boto3 documents that threads must not share a session, and that they may share clients
_session_lock = Lock()
_LOOPBACK = "127.0.0.1,localhost"
# Where requests go and with which credentials is decided here; how SDKs behave is up to the caller
_KEPT = re.compile(
    "AWS_(CLI_AUTO_PROMPT|CLI_FILE_ENCODING|DATA_PATH|DEFAULTS_MODE|DEFAULT_OUTPUT|MAX_ATTEMPTS|PAGER"
    "|RETRY_MODE)|(?!AWS_).*"
)


def client(service: str, url: str, account: str, **options: Any) -> Any:
    """Make a boto3 client for `url` whose requests belong to `account`; `options` go to boto3.

    No profile, credential or proxy of the machine is used. All clients share a session, whose loaded
    models make every further client cheap: 5 ms instead of 200.
    """
    defaults = {
        "region_name": DEFAULT_REGION,
        "aws_access_key_id": account,
        "aws_secret_access_key": SECRET,
    }
    with _session_lock:
        return _session().client(service, endpoint_url=url, **(defaults | options))


def environment(
    url: str, account: str, region: str, caller: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the variables by which SDKs and tools of another process reach `url` as `account`.

    The credentials are dummies, and instance metadata is off, so real credentials are neither sent nor
    looked up. `caller` is the environment that these are added to: its list of hosts without a proxy is
    extended by loopback.
    """
    unproxied = ",".join(filter(None, (caller.get("NO_PROXY") or caller.get("no_proxy"), _LOOPBACK)))
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
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
    }


def environment_for(url: str, account: str, caller: Mapping[str, str]) -> dict[str, str]:
    """Return the `caller`'s environment, changed so that every SDK reaches `url` as `account`.

    It holds none of the caller's profiles, credentials and endpoints. A proxy stays in use for other
    addresses.
    """
    kept = {name: value for name, value in caller.items() if _KEPT.fullmatch(name)}
    region = caller.get("AWS_REGION") or caller.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    return {
        **kept,
        **environment(url, account, region, caller),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@cache
def _session() -> Any:
    import boto3  # noqa: PLC0415  heavy, and not needed to serve
    import botocore.session  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    session = botocore.session.Session(session_vars=_NO_PROFILES)
    session.set_default_client_config(Config(proxies={}))  # a client's own `config` may name one
    return boto3.session.Session(botocore_session=session)
