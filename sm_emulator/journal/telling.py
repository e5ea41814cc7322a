"""What an answer tells of itself, in headers beside AWS's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sm_emulator.store import Read


def telling(reads: Iterable[Read], faults: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Give the headers that tell what reads under a rule saw, and which faults acted."""
    told: tuple[tuple[str, str], ...] = ()
    if shown := [_render(read) for read in reads if read.rule is not None]:
        told += (("x-sm-emulator-read", ", ".join(shown)),)
    if faults:
        told += (("x-sm-emulator-fault", ", ".join(faults)),)
    return told


def _render(read: Read) -> str:
    age = round(read.age * 1e6) / 1e6  # to the microsecond, at half the price of round(age, 6)
    return (
        f"surface={read.surface}; replica={'any' if read.replica is None else read.replica}; "
        f"stale={read.stale}; age={age:g}; rule={read.rule}"
    )
