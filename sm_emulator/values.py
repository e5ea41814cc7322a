"""Values that users write in settings: durations, globs, and suggestions for misspelt names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(duration: float | str) -> float:
    """Read a duration that the schema accepted: a number of seconds, or a text with a unit."""
    if isinstance(duration, str):
        unit = duration.lstrip("0123456789.")
        return float(duration.removesuffix(unit)) * _UNITS[unit]
    return float(duration)


def is_glob(names: str) -> bool:
    """Tell whether every [ of a glob is closed; fnmatch takes an open one for itself."""
    return re.fullmatch(r"(?:[^\[]|\[!?\]?[^\]]*\])*", names) is not None


def printable(text: str) -> str:
    """Escape the characters of `text` that a terminal might interpret."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Phrase a suggestion, to be appended to a refusal; empty where nothing is near."""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""
