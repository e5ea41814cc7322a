"""What an answer tells of itself, in headers beside AWS's own."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sm_emulator.journal.exchange import Met


def debug_headers(met: Iterable[Met], faults: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Give the headers that tell what reads under a rule met, and which faults acted."""
    shown = []
    for surface, replica, stale, age, rule, _ in met:
        answered = "any" if replica is None else replica
        shown.append(f"surface={surface}; replica={answered}; stale={stale}; age={age:g}; rule={rule}")
    told = (("x-sm-emulator-read", ", ".join(shown)),) if shown else ()
    return (*told, ("x-sm-emulator-fault", ", ".join(faults))) if faults else told
