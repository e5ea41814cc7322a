"""Headers as they came over a connection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache


class RequestHeaders:
    """The headers of one request: `raw` in the order and with the names that came; `size` in bytes."""

    __slots__ = ("_by_name", "_raw", "size")

    def __init__(self, raw: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._by_name: dict[str, str] = {}
        self.size = 0
        for given, value in raw:
            name = _lower(given)
            known = self._by_name.get(name)
            text = value.decode("latin-1")
            self._by_name[name] = text if known is None else f"{known},{text}"
            self.size += len(given) + len(value) + 4

    def get(self, name: str, default: str, /) -> str:
        """Look a header up by its lower-case name; one that came twice is one list."""
        return self._by_name.get(name, default)

    def items(self) -> Iterable[tuple[str, str]]:
        """List all, by the names that came."""
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._raw]


@lru_cache(maxsize=256)  # clients send the same names in every request
def _lower(name: bytes) -> str:
    return name.decode("latin-1").lower()
