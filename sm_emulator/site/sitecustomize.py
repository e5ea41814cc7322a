"""Python imports this first in a program whose sleeps move the clock of an emulator.

That is a program with this folder in PYTHONPATH and an emulator in AWS_ENDPOINT_URL. It needs nothing of
the package, which the program's Python may not have.
"""

import importlib.util
import json
import os
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

_HERE = Path(__file__).parent


def _advance(seconds: float) -> None:
    """Move the clock of the scenario that the program uses."""
    from http.client import HTTPConnection  # noqa: PLC0415  not every program sleeps

    account = os.environ.get("AWS_ACCESS_KEY_ID", "")
    scenario = account if len(account) == 12 and account.isdecimal() else "default"  # noqa: PLR2004
    connection = HTTPConnection(urlsplit(os.environ["AWS_ENDPOINT_URL"]).netloc)
    path = f"/_emulator/scenarios/{scenario}/clock"
    body = json.dumps({"advance_seconds": seconds})
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = response.read().decode()
    connection.close()
    if response.status != 200:  # noqa: PLR2004
        raise ValueError(f"cannot sleep in virtual time: {answer}")


def _run(spec: ModuleSpec) -> ModuleType:
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    assert spec.loader
    spec.loader.exec_module(module)
    return module


if "AWS_ENDPOINT_URL" in os.environ:
    _spec = importlib.util.spec_from_file_location("_virtual_sleep", _HERE.parent / "virtual_sleep.py")
    assert _spec
    _virtual = _run(_spec).virtual_sleep(_advance)  # ends when nothing refers to it
    _virtual.__enter__()
    if "SM_EMULATOR_RUN" in os.environ:
        import sm_emulator_seeding  # type: ignore[import-not-found]  # this folder is in the path until below

        sm_emulator_seeding.seed(Path(os.environ["SM_EMULATOR_RUN"]))
sys.path.remove(str(_HERE))
if _replaced := PathFinder.find_spec("sitecustomize"):  # what Python would have imported instead
    _run(_replaced)
