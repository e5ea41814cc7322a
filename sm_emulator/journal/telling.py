"""What an answer tells of itself, in headers beside AWS's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sm_emulator.store import Read


def telling(reads: Iterable[Read], faults: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Give the headers that tell what reads under a rule saw, and which faults acted."""
    told: tuple[tuple[str, str], ...] = ()
    if shown := _shown(reads):
        told += (("x-sm-emulator-read", shown),)
    if faults:
        told += (("x-sm-emulator-fault", ", ".join(faults)),)
    return told


def _shown(reads: Iterable[Read]) -> str:
    shown = ""
    for _, surface, replica, stale, age, rule in reads:
        if rule is not None:
            answered = "any" if replica is None else replica
            shown += f"{', ' if shown else ''}surface={surface}; replica={answered}; "
            shown += f"stale={stale}; age={age:g}; rule={rule}"
    return shown
