"""Seeds `random` in the processes of a run; programs import it, so it needs nothing of the package."""

import itertools
import json
import random
from pathlib import Path


def seed(folder: Path) -> None:
    """Seed `random`, in each process of a run differently: jitter and names are equal in equal runs."""
    for number in itertools.count():
        try:
            (folder / f"{number}.process").touch(exist_ok=False)
        except FileExistsError:
            continue
        given = json.loads((folder / "settings.json").read_text()).get("seed", 0)
        random.seed(f"{given} {number}")
        return
