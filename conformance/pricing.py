"""The model that answers for `price`: a Python function, which raises KeyError without `area`."""

import json

from sm_emulator.containers import Invocation


def predict(invocation: Invocation) -> dict[str, int]:
    """Return a price by the area."""
    return {"price": 1_000 * json.loads(invocation.body)["area"]}
