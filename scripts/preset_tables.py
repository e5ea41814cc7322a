"""Write docs/presets.md and docs/curves/: the share of fresh first reads, by preset, age and surface.

    python scripts/preset_tables.py         # takes half a minute

The figures are those that `sm-emulator presets NAME --plot` draws, with fewer writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sm_emulator.cli.output import as_svg, format_age
from sm_emulator.consistency.build import PRESETS, Preset, build
from sm_emulator.consistency.curve import Point, curve, fresh
from sm_emulator.store.rules import SURFACES, WRITE_KINDS, WriteKind

DOCS = Path(__file__).resolve().parent.parent / "docs"
N = 1000
# A curve is worth drawing from this number of different ages on
CURVE = 5
INTRODUCTION = f"""# Presets, measured

After this page you know how stale each preset is: the share of first reads that are fresh, by the age of
the write and the surface of the read. `scripts/preset_tables.py` writes it (n = {N}, seed 0, so each
figure may be off by some three points); `sm-emulator presets NAME --plot` draws the same,
`--svg FILE` a curve. [Consistency](consistency.md) describes the presets and their sources.

Presets that count reads instead of time show the same share at every age, because it is the first read
that misses. Ages with the same shares as the ages before and after them are left out.

Run every CI with [three exact presets](choosing-a-preset.md), `describe-lies`,
`read-after-create-miss-2` and `lost-reply`; then with `dynamodb` and `--reproducible`.

## What a round trip does

A client on loopback sends its next request some 2 ms after the last answer, and sees a short lag far
more often than one across a network. The setting `network` is the round trip, a duration or a
distribution, by which each request advances a virtual clock: 25 ms with `--reproducible`, else 0. On a
real clock, the fault `latency` delays requests. The share of loads and lists that are stale when they
follow the create:
"""
LOOPBACK, NETWORK = 0.002, 0.025  # seconds


def lines(preset: Preset) -> Iterator[str]:
    """Yield the lines of one preset's section."""
    name = preset.name.replace("-N", "-1")
    yield f"## {preset.name}\n"
    yield f"{preset.summary[0].upper()}{preset.summary[1:]}. Basis: {preset.basis}.\n"
    for kind in kinds(name):
        yield f"| {name}, after {kind} | " + " | ".join(SURFACES) + " |"
        yield "|---|" + "---|" * len(SURFACES)
        points = list(changing(curve(build({"preset": name}), kind, n=N)))
        for age, shares in points:
            yield f"| {format_age(age)} | " + " | ".join(f"{shares[s]:.1%}" for s in SURFACES) + " |"
        yield ""
        if len(points) >= CURVE:
            title = f"{name}: share of first reads that see a {kind}, by its age"
            (DOCS / f"curves/{name}.svg").write_text(as_svg(points, title), encoding="utf-8")
            yield f"![{title}](curves/{name}.svg)\n"


def round_trips() -> Iterator[str]:
    """Yield the table of what a round trip does to each preset that is measured in time."""
    yield "| preset | load, 2 ms | load, 25 ms | list, 2 ms | list, 25 ms |\n|---|---|---|---|---|"
    for preset in PRESETS:
        consistency = build({"preset": preset.name.replace("-N", "-1")})
        if any(rule.lag for rule in consistency.rules):
            shares = [
                1 - fresh(consistency, age, surface, n=N)
                for surface in ("load", "list")
                for age in (LOOPBACK, NETWORK)
            ]
            yield f"| `{preset.name}` | {' | '.join(f'{share:.0%}' for share in shares)} |"
    yield ""


def kinds(name: str) -> list[WriteKind]:
    """Return the kinds of write that a preset treats differently, or only creates."""
    rules = build({"preset": name}).rules
    alike = len({rule.after for rule in rules}) < len(WRITE_KINDS)
    return ["create"] if alike else [kind for kind in WRITE_KINDS if any(kind in r.after for r in rules)]


def changing(points: list[Point]) -> Iterator[Point]:
    """Yield the points that differ from the one before or after them."""
    shares = [None, *(point.fresh for point in points), None]
    for before, point, behind in zip(shares, points, shares[2:], strict=False):
        if not before == point.fresh == behind:
            yield point


if __name__ == "__main__":
    text = "\n".join([*round_trips(), *(line for preset in PRESETS for line in lines(preset))])
    (DOCS / "presets.md").write_text(f"{INTRODUCTION}\n{text}", encoding="utf-8")
