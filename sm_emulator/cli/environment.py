"""The environment of a command that runs against an emulator."""

from __future__ import annotations

import os
from collections.abc import Mapping

from sm_emulator.control.clients import environment
from sm_emulator.wire import DEFAULT_ACCOUNT, DEFAULT_REGION

# How SDKs behave is the caller's choice; where they go and as whom is not
_KEPT = frozenset(
    {
        "AWS_CLI_AUTO_PROMPT",
        "AWS_CLI_FILE_ENCODING",
        "AWS_DATA_PATH",
        "AWS_DEFAULTS_MODE",
        "AWS_DEFAULT_OUTPUT",
        "AWS_MAX_ATTEMPTS",
        "AWS_PAGER",
        "AWS_RETRY_MODE",
    }
)
_LOOPBACK = "127.0.0.1,localhost"


def environment_for(url: str, caller: Mapping[str, str]) -> dict[str, str]:
    """Make the environment in which every SDK goes to `url`, out of the `caller`'s.

    No variable or file of the caller's that would lead elsewhere stays: profiles, credentials,
    endpoints. A proxy stays for other addresses.
    """
    kept = {
        name: value for name, value in caller.items() if not name.startswith("AWS_") or name in _KEPT
    }
    region = caller.get("AWS_REGION") or caller.get("AWS_DEFAULT_REGION") or DEFAULT_REGION
    unproxied = ",".join(filter(None, (caller.get("NO_PROXY") or caller.get("no_proxy"), _LOOPBACK)))
    return {
        **kept,
        **environment(url, DEFAULT_ACCOUNT, region),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
    }
