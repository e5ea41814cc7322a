"""Headers as they came over a connection."""

from __future__ import annotations

from collections.abc import Iterable


class Received:
    """The headers of one request: `raw` in the order and with the names that came."""

    __slots__ = ("_by_name", "_raw")

    def __init__(self, raw: list[tuple[str, str]]) -> None:
        self._raw = raw
        self._by_name: dict[str, str] = {}
        for given, value in raw:
            name = given.lower()
            known = self._by_name.get(name)
            self._by_name[name] = value if known is None else f"{known},{value}"

    def get(self, name: str, default: str, /) -> str:
        """Look a header up by its lower-case name; one that came twice is one list."""
        return self._by_name.get(name, default)

    def items(self) -> Iterable[tuple[str, str]]:
        """List all, by the names that came."""
        return self._raw
