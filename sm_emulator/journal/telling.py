"""What an answer tells of itself, in headers beside AWS's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sm_emulator.store import Read


def telling(reads: Iterable[Read], faults: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Give the headers that tell what reads under a rule saw, and which faults acted."""
    if shown := ", ".join(_render(read) for read in reads if read.rule is not None):
        yield "x-sm-emulator-read", shown
    if acted := ", ".join(faults):
        yield "x-sm-emulator-fault", acted


def _render(read: Read) -> str:
    return (
        f"surface={read.surface}; replica={'any' if read.replica is None else read.replica}; "
        f"stale={read.stale}; age={round(read.age, 6):g}; rule={read.rule}"
    )
