"""The report as one HTML page, a lane for each retry chain, a bar for each attempt; and as JUnit XML."""

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from math import log2
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sm_emulator.report.summary import describe_waits, duration
from sm_emulator.report.trace import THROTTLING_CODES, shortened
from sm_emulator.values import printable

_FOLDER = Path(__file__).parent
_MOST_LANES = 200
_MANY = 20  # calls; more than these share a lane for each operation and resource
_BAR = 9.0
_SCREEN = 840.0
_SERVER_ERROR = 500
# Characters that XML 1.0 cannot hold, or that a terminal may obey; a client may put them into a name
_CONTROL = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INDENT = re.compile(r"\n\s+")
# What a cause of a schedule begins with, and its lane says
_PLACE = re.compile(r"^\S+#\d+ ")

# The text and the mark of each, for marks can be read without colours
_OUTCOMES = {
    "ok": ("answered", ""),
    "refused": ("refused", "\u00d7"),
    "throttled": ("throttled", "="),
    "broken": ("server error", "!"),
    "lost": ("answer lost", "?"),
}
_TOTALS = {
    "calls": ("calls",),
    "attempts": ("attempts",),
    "retries": ("sdk_retries", "application_retries"),
    "given up": ("give_ups",),
    "stale answers": ("stale",),
    "faults": ("faults",),
}


class Scale(dict[float, float]):
    """Pixels by moment: each stretch between two moments is as wide as its logarithm."""

    _LEAST = 11.0  # the width of a bar and its margin
    _PER_DOUBLING = (2.0, 20.0)  # pixels for each doubling of a stretch: least, most
    _CROWDED = 0.5  # pixels for each doubling where there are many
    _UNIT = 0.001
    _BETWEEN_TICKS = 70.0

    def __init__(
        self, moments: Iterable[float], screen: float = _SCREEN, *, crowded: bool = False
    ) -> None:
        ordered = sorted({0.0, *moments})
        doublings = [log2(1 + (after - before) / self._UNIT) for before, after in pairwise(ordered)]
        left = screen - self._LEAST * len(doublings)
        least, most = self._PER_DOUBLING
        least = self._CROWDED if crowded else least
        each = min(max(left / (sum(doublings) or 1), least), most)
        widths = (self._LEAST + each * doubling for doubling in doublings)
        super().__init__(zip(ordered, accumulate(widths, initial=0.0), strict=True))

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Yield moments with their positions, far enough apart to be labelled."""
        last = -self._BETWEEN_TICKS
        for moment, pixel in self.items():
            if pixel - last >= self._BETWEEN_TICKS:
                yield moment, pixel
                last = pixel


def write(report: Mapping[str, Any]) -> str:
    """Return a report's document as HTML."""
    numbers: dict[str, list[int]] = {}  # of the findings about each call
    for number, finding in enumerate(report["findings"], 1):
        for call in finding["calls"]:
            numbers.setdefault(call, []).append(number)
    rows = report["operations"]
    drawn = timeline(report["retry_chains"], numbers)
    return render(
        "page.html",
        report,
        totals={name: sum(row[key] for row in rows for key in keys) for name, keys in _TOTALS.items()},
        drawn=drawn,
        lane_of={call["id"]: lane["number"] for lane in drawn["lanes"] for call in lane["calls"]},
    )


def timeline(
    chains: Sequence[Mapping[str, Any]],
    numbers: Mapping[str, list[int]] = MappingProxyType({}),
    screen: float = _SCREEN,
) -> dict[str, Any]:
    """Return what is drawn of retry chains, about `screen` pixels wide.

    `numbers` are those of the findings about each call.
    """
    chains = _by_waiter(chains)
    crowded = len(chains) > _MANY
    if crowded:
        chains = _by_subject(chains)
    shown = chains
    if len(chains) > _MOST_LANES:
        shown = [chain for chain in chains if _eventful(chain)][:_MOST_LANES]
    attempts = [attempt for chain in shown for attempt in _attempts(chain)]
    moments = [a["offset"] for a in attempts] + [_end(a) for a in attempts if not crowded]
    scale = Scale(moments, screen, crowded=crowded)
    failed = [a for a in attempts if a["outcome"] != "ok"]
    return {
        "lanes": [_lane(chain, number, scale, numbers) for number, chain in enumerate(shown, 1)],
        "left_out": len(chains) - len(shown),
        "crowded": crowded,
        "first_failure": min(failed, key=lambda a: a["offset"])["request_id"] if failed else None,
        "ticks": [(duration(moment), pixel) for moment, pixel in scale.ticks()],
        "width": max(scale.values()) + 60,
    }


def junit(report: Mapping[str, Any]) -> str:
    """Return a report's document as XML for CI servers: cases for the command and each finding type."""
    return render("junit.xml", report)


def render(name: str, report: Mapping[str, Any], folder: Path = _FOLDER, **values: object) -> str:
    """Fill in a template of a folder, or of this one.

    In HTML and XML names are escaped, and control characters made visible: clients chose them.
    """
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape  # noqa: PLC0415

    def source(name: str) -> str:
        file = next(file for place in (folder, _FOLDER) if (file := place / name).exists())
        text = file.read_text(encoding="utf-8")
        return _INDENT.sub("\n", text) if name.endswith(".html") else text

    environment = Environment(
        loader=FunctionLoader(source),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "duration": duration,
        "describe_waits": describe_waits,
        "shell": shlex.join,
        "short": shortened,
    }
    environment.globals["outcomes"] = _OUTCOMES
    text = environment.get_template(name).render(report=report, **values)
    if name.endswith(".html"):
        return _CONTROL.sub(lambda found: printable(found[0]), text)
    return _CONTROL.sub("\ufffd", text) if name.endswith(".xml") else text


def _by_waiter(chains: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join the polls of a waiter: its session did nothing else meanwhile."""
    joined: list[dict[str, Any]] = []
    latest: dict[str, dict[str, Any]] = {}
    for chain in chains:
        subject = (chain["operation"], chain["resource"])
        waiter = subject if all(attempt["waiter"] for attempt in _attempts(chain)) else None
        before = latest.get(chain["session"])
        if before and waiter and before["waiter"] == waiter:
            before["calls"] = [*before["calls"], *chain["calls"]]
        else:
            latest[chain["session"]] = {**chain, "waiter": waiter}
            joined.append(latest[chain["session"]])
    return joined


def _by_subject(chains: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Join the calls of an operation on a resource; with a lane for each, few would fit a screen."""
    joined: dict[tuple[str, str], dict[str, Any]] = {}
    for chain in chains:
        subject = (chain["operation"], chain["resource"])
        lane = joined.setdefault(subject, {**chain, "waiter": None, "calls": []})
        lane["calls"] += chain["calls"]
    for lane in joined.values():
        lane["calls"].sort(key=lambda call: call["attempts"][0]["offset"])
    return list(joined.values())


def _eventful(chain: Mapping[str, Any]) -> bool:
    attempts = _attempts(chain)
    return len(attempts) > 1 or any(a["stale"] or a["faults"] or a["outcome"] != "ok" for a in attempts)


def _attempts(chain: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [attempt for call in chain["calls"] for attempt in call["attempts"]]


def _end(attempt: Mapping[str, Any]) -> float:
    end: float = attempt["offset"] + attempt["duration"]
    return end


def _lane(
    chain: Mapping[str, Any], number: int, scale: Scale, numbers: Mapping[str, list[int]]
) -> dict[str, Any]:
    bars: list[dict[str, Any]] = []
    waits, boxes = [], []
    said: set[str] = set()
    end = ended = 0.0  # of the last bar, in pixels and seconds
    for call in chain["calls"]:
        pauses = _pauses(call, ended, polls=bool(chain["waiter"]))
        for attempt, (pause, by) in zip(call["attempts"], pauses, strict=True):
            x = scale[attempt["offset"]]
            if bars and by:
                waits.append({"x": end, "end": x, "by": by, "seconds": pause})
            ended = _end(attempt)
            width = max(_BAR, scale.get(ended, x) - x)
            new = [cause for cause in attempt["causes"] if cause not in said]
            said.update(new)
            text = " ; ".join(_PLACE.sub("", cause) for cause in new)
            bars.append({**attempt, "x": x, "width": width, "look": _look(attempt), "cause": text})
            end = x + width
        if len(call["attempts"]) > 1:
            x = bars[-len(call["attempts"])]["x"]
            boxes.append({"x": x - 4, "width": end - x + 8})
    findings = sorted({n for call in chain["calls"] for n in numbers.get(call["id"], ())})
    drawn = {"bars": bars, "waits": waits, "boxes": boxes}
    return {**chain, **drawn, "number": number, "findings": findings}


def _pauses(call: Mapping[str, Any], ended: float, *, polls: bool) -> Iterator[tuple[float, str]]:
    """Yield the wait before each attempt of a call, and who waited, "" for no one.

    Between `polls` the waiter does, between other calls only a program that retries.
    """
    if call["waited"] is None:
        yield call["attempts"][0]["offset"] - ended, "sdk" if polls else ""
    else:
        yield call["waited"], "program"
    for wait in call["waits"]:
        yield wait, "sdk" if call["by_sdk"] else "program"


def _look(attempt: Mapping[str, Any]) -> str:
    if attempt["delivery"]:
        return "lost"
    if attempt["code"] in THROTTLING_CODES:
        return "throttled"
    if attempt["status"] >= _SERVER_ERROR:
        return "broken"
    return "refused" if attempt["code"] else "ok"
