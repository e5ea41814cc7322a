"""Virtual time of programs in other processes: what Python and Node load first."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

SITE = Path(__file__).parent.parent / "site"


def variables(caller: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which Python and Node programs sleep in the emulator's virtual time.

    They need those of the emulator, too. Sets and dictionaries of Python are equal in equal runs.
    """
    hook = f"--require={json.dumps(str(SITE / 'virtual_time.cjs'), ensure_ascii=False)}"
    return {
        "PYTHONPATH": os.pathsep.join([str(SITE), *filter(None, [caller.get("PYTHONPATH")])]),
        "PYTHONHASHSEED": caller.get("PYTHONHASHSEED", "0"),
        "NODE_OPTIONS": " ".join([*filter(None, [caller.get("NODE_OPTIONS")]), hook]),
    }
