"""The report as one HTML page: a lane for each effort, a bar for each attempt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from sm_emulator.report.pattern import Pattern, spell, words
from sm_emulator.report.scale import Scale
from sm_emulator.report.verdict import THROTTLED

_MOST_LANES = 200
_BAR = 9.0
_LETTER = 6.0  # what a letter of a written wait needs
_SERVER_ERROR = 500

_KINDS = {
    "ok": "answered",
    "refused": "refused",
    "throttled": "throttled",
    "broken": "server error",
    "lost": "answer lost",
}

# So that nobody has to tell colours apart
_GLYPHS = {"ok": "", "refused": "\u00d7", "throttled": "=", "broken": "!", "lost": "?"}


def write(report: Mapping[str, Any]) -> str:
    """Write a report's document. Names in it are escaped: they are whatever a client sent."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["spell"] = spell
    template = environment.from_string(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    wanted = _by_waiter(report["efforts"])
    shown = _shown(wanted)
    moments = [t for effort in shown for a in _attempts(effort) for t in (a["offset"], _end(a))]
    scale = Scale(moments)
    numbers = _numbers(report["findings"])
    return template.render(
        report=report,
        totals=_totals(report),
        rows=[
            {**row, "pattern": list(words(row["waits"] and Pattern(**row["waits"])))}
            for row in report["operations"]
        ],
        lanes=[_lane(effort, number, scale, numbers) for number, effort in enumerate(shown, 1)],
        lane_of=_lane_of(shown),
        left_out=len(wanted) - len(shown),
        ticks=[(spell(moment), pixel) for moment, pixel in scale.ticks()],
        width=scale.width + 60,
        kinds=_KINDS,
        glyphs=_GLYPHS,
    )


def _by_waiter(efforts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join the polls of a waiter: its session did nothing else meanwhile."""
    joined: list[dict[str, Any]] = []
    latest: dict[str, dict[str, Any]] = {}
    for effort in efforts:
        what = (effort["operation"], effort["resource"])
        waiter = what if all(attempt["waiter"] for attempt in _attempts(effort)) else None
        before = latest.get(effort["session"])
        if before and waiter and before["waiter"] == waiter:
            before["calls"] = [*before["calls"], *effort["calls"]]
        else:
            latest[effort["session"]] = {**effort, "waiter": waiter}
            joined.append(latest[effort["session"]])
    return joined


def _shown(efforts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out the uneventful where there are too many, and then the last."""
    if len(efforts) <= _MOST_LANES:
        return list(efforts)
    return [effort for effort in efforts if _eventful(effort)][:_MOST_LANES]


def _eventful(effort: Mapping[str, Any]) -> bool:
    attempts = _attempts(effort)
    return len(attempts) > 1 or any(a["stale"] or a["faults"] or a["outcome"] != "ok" for a in attempts)


def _attempts(effort: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [attempt for call in effort["calls"] for attempt in call["attempts"]]


def _end(attempt: Mapping[str, Any]) -> float:
    end: float = attempt["offset"] + attempt["duration"]
    return end


def _totals(report: Mapping[str, Any]) -> dict[str, int]:
    rows = report["operations"]
    members = {
        "calls": ("calls",),
        "attempts": ("attempts",),
        "retries": ("sdk_retries", "application_retries"),
        "given up": ("give_ups",),
        "stale answers": ("stale",),
        "faults": ("faults",),
    }
    return {name: sum(row[key] for row in rows for key in keys) for name, keys in members.items()}


def _numbers(findings: Sequence[Mapping[str, Any]]) -> dict[str, list[int]]:
    """Tell for each call the numbers of the findings about it."""
    numbers: dict[str, list[int]] = {}
    for number, finding in enumerate(findings, 1):
        for call in finding["calls"]:
            numbers.setdefault(call, []).append(number)
    return numbers


def _lane_of(efforts: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Tell for each call the number of the lane that it is in."""
    return {call["id"]: number for number, effort in enumerate(efforts, 1) for call in effort["calls"]}


def _lane(
    effort: Mapping[str, Any], number: int, scale: Scale, numbers: Mapping[str, list[int]]
) -> dict[str, Any]:
    bars: list[dict[str, Any]] = []
    waits, boxes = [], []
    ended = 0.0
    for call in effort["calls"]:
        for attempt, (pause, by) in zip(call["attempts"], _pauses(call, ended), strict=True):
            bar = _bar(attempt, scale)
            if bars:
                waits.append(_wait(bars[-1]["x"] + bars[-1]["width"], bar["x"], pause, by))
            bars.append(bar)
            ended = _end(attempt)
        first = bars[-len(call["attempts"])]
        if len(call["attempts"]) > 1:
            boxes.append(
                {"x": first["x"] - 4, "width": bars[-1]["x"] + bars[-1]["width"] - first["x"] + 8}
            )
    return {
        "operation": effort["operation"],
        "resource": effort["resource"],
        "waiter": bool(effort["waiter"]),
        "number": number,
        "bars": bars,
        "waits": waits,
        "boxes": boxes,
        "findings": sorted({n for call in effort["calls"] for n in numbers.get(call["id"], ())}),
    }


def _pauses(call: Mapping[str, Any], ended: float) -> Iterator[tuple[float, str]]:
    """Give the wait before each attempt at a call, and who waited: between its polls a waiter does."""
    if call["waited"] is None:
        yield call["attempts"][0]["offset"] - ended, "sdk"
    else:
        yield call["waited"], "program"
    for wait in call["waits"]:
        yield wait, "sdk" if call["by_sdk"] else "program"


def _bar(attempt: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    x = scale(attempt["offset"])
    kind = _kind(attempt)
    return {
        "x": x,
        "width": max(_BAR, scale(_end(attempt)) - x),
        "kind": kind,
        "stale": attempt["stale"],
        "fault": bool(attempt["faults"]),
        "told": _told(attempt, kind),
    }


def _kind(attempt: Mapping[str, Any]) -> str:
    if attempt["delivery"]:
        return "lost"
    if attempt["code"] in THROTTLED:
        return "throttled"
    if attempt["status"] >= _SERVER_ERROR:
        return "broken"
    return "refused" if attempt["code"] else "ok"


def _told(attempt: Mapping[str, Any], kind: str) -> list[str]:
    """Give the lines that are shown when a bar is pointed at."""
    of = f" of {attempt['max_attempts']}" if attempt["max_attempts"] else ""
    lines = [
        f"{attempt['operation']}, attempt {attempt['attempt']}{of}: {_KINDS[kind]}",
        f"at {attempt['offset']:.3f} s, answered after {spell(attempt['duration'])}",
    ]
    if kind != "ok":
        lines.append(f"{attempt['status'] or ''} {attempt['outcome']}".strip())
    if attempt["message"]:
        lines.append(attempt["message"])
    lines += [f"fault {name}" for name in attempt["faults"]]
    lines += [_read(read) for read in attempt["reads"]]
    return [*lines, f"request {attempt['request_id']}"]


def _read(read: Mapping[str, Any]) -> str:
    replica = "any replica" if read["replica"] is None else f"replica {read['replica']}"
    freshness = f"{read['stale']} behind" if read["stale"] else "fresh"
    return f"{read['surface']} read of {replica}: {freshness}, {spell(read['age'])} after the write"


def _wait(start: float, end: float, seconds: float, by: str) -> dict[str, Any]:
    room = end - start
    text = spell(seconds)
    return {
        "x": start,
        "end": end,
        "by": by,
        "middle": start + room / 2,
        "text": text if room >= _LETTER * len(text) else "",
        "told": f"waited {text}, by the {'SDK' if by == 'sdk' else 'program'}",
    }
