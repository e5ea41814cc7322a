"""Values that users write: durations, globs, hosts, and suggestions for misspelt names."""

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from fnmatch import translate
from functools import lru_cache
from ipaddress import ip_address

# Compiling a glob takes quadratic time in its length: 30 ms at this length in the worst case
MAX_GLOB = 1024
_LONGEST_NAME = 200
_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(duration: float | str) -> float:
    """Return a duration that the schema accepted: a number of seconds, or a string with a unit."""
    if isinstance(duration, str):
        unit = duration.lstrip("0123456789.")
        return float(duration.removesuffix(unit)) * _UNITS[unit]
    return float(duration)


def is_duration(text: str) -> bool:
    """Return whether a text is a number of seconds, or a time with a unit, like 500ms."""
    return re.fullmatch(r"[0-9]+(\.[0-9]+)?(ms|s|m|h)?", text) is not None


def matches_glob(text: str, glob: str) -> bool:
    """Return whether a text matches a glob of * ? [abc] [!abc], case included.

    Matching does not backtrack over asterisks. Raises ValueError for a glob longer than MAX_GLOB.
    """
    return _compiled(glob)(text) is not None


def is_glob(text: str) -> bool:
    """Return whether every [ of a glob is closed; fnmatch takes an unclosed one literally.

    The glob is compiled now, so that the first request that it is matched with need not wait for it.
    """
    _compiled(text)
    return re.fullmatch(r"(?:[^\[]|\[!?+\]?+[^\]]*+\])*+", text) is not None


def is_loopback(host: str) -> bool:
    """Return whether a name or address is this machine, without a DNS query."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def printable(text: str) -> str:
    """Escape the characters of `text` that a terminal might interpret."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a suggestion to append to an error message; empty where nothing is similar."""
    if len(name) > _LONGEST_NAME:  # comparing takes quadratic time
        return ""
    close = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


@lru_cache(maxsize=4096)  # more than the globs of all rules that a scenario may have
def _compiled(glob: str) -> Callable[[str], object]:
    if len(glob) > MAX_GLOB:
        raise ValueError(f"a glob of {len(glob)} characters; allowed: at most {MAX_GLOB}")
    return re.compile(translate(glob)).match
