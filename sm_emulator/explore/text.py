"""What an exploration found, as text that fits a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence

from sm_emulator.explore.difference import answered, caused, first_difference
from sm_emulator.explore.fixes import fixes
from sm_emulator.explore.outputs import left_and_missing
from sm_emulator.explore.results import CONFIRMATIONS, Break, Cell, Tolerance
from sm_emulator.explore.search import Search
from sm_emulator.explore.tolerance import basis_of
from sm_emulator.report.summary import duration
from sm_emulator.schedule.causes import FAULT_KINDS, Late
from sm_emulator.values import printable

_WIDTH = 80
# Requests that are shown, from the one before the first difference on
_SHOWN = 4
# Columns of the table that fit side by side, and the longest call in full
_COLUMNS, _CALL = 4, 36
_BASES = {
    "documented": "documented by AWS",
    "sdk": "stated by AWS's SDK or advice",
    "extrapolated": "extrapolated: AWS does not say it",
}
_GUARANTEES = {
    "ryw": "read your writes",
    "mr": "monotonic reads",
    "mw": "monotonic writes",
    "wfr": "writes follow reads",
}
# Paints a text in a colour
Paint = Callable[[str, str], str]


def as_text(
    search: Search,
    max_lag: float,
    replayed: Callable[[Break], str],
    most: int | None = None,
    paint: Paint = lambda text, _: text,
) -> Iterator[str]:
    """Yield the parts of the report: the verdict, the `most` smallest breaks (None: all), the tolerance.

    `replayed` returns how a break is run again.
    """
    yield _painted(_wrapped(verdict(search, max_lag)), paint, "red" if search.breaks else "green")
    yield _wrapped(_counts(search))
    shown = search.breaks[:most]
    for each in shown:
        yield ""
        yield _painted(_wrapped(f"BREAKS  {each.schedule}", "", "        "), paint, "red")
        yield from _break(each, search, paint)
        yield printable(f"  replay: {replayed(each)}")
    if len(shown) < len(search.breaks):
        yield f"\nand {len(search.breaks) - len(shown)} more: --all shows them"
    yield from _table(search.tolerance)


def verdict(search: Search, max_lag: float) -> str:
    """Return the result of a search in a sentence."""
    counts, kinds = search.counts, ", ".join(search.kinds.words)
    causes = f"{search.k} cause{'s' * (search.k > 1)} ({kinds}; max_lag {max_lag:g} s)"
    if search.exhausted:
        return f"exhausted: none of {counts.tried} schedules of at most {causes} breaks it"
    return (
        f"explored {counts.tried} schedule{'s' * (counts.tried != 1)} of at most {causes}: "
        f"{counts.tried - counts.broken} harmless, {counts.broken} break it"
        + (f"; stopped: {search.stopped}" if search.stopped else "")
    )


def _counts(search: Search) -> str:
    """Return how the work was done, and what of it was saved."""
    counts = search.counts
    numbers = {
        "absorbed by the SDK": counts.absorbed,
        "with an equal history": counts.equal,
        "ended with the injected error": counts.gave_up,
        "unmet": counts.unmet,
        "folded as polls": counts.folded,
        "taken as absorbed": counts.taken,
        "left": counts.left,
    }
    words = [f"{number} {what}" for what, number in numbers.items() if number]
    virtual = duration(counts.virtual_seconds)
    spent = f"{counts.runs} runs in {search.seconds:.1f} s, {virtual} by the emulator's clock"
    return "; ".join([spent, *([", ".join(words)] if words else [])])


def _break(found: Break, search: Search, paint: Paint) -> Iterator[str]:
    for violation in found.verdict.violations:
        yield _wrapped(f"{violation.kind}: {violation.message}", "  ", "    ")
    for cause in found.schedule.causes:
        if isinstance(cause, Late) and (basis := basis_of(cause, found.run, search.mask)):
            yield _wrapped(f"late {cause.subject}: {_BASES[basis]}", "  ", "    ")
    yield from _requests(found, search, paint)
    for what, names in zip(("left", "missing"), left_and_missing(found.run, search), strict=True):
        if names:
            yield _wrapped(f"{what}: {', '.join(names)}", "  ", "    ")
    if not found.repeatable:
        yield f"  not repeatable: {found.confirmed} of {CONFIRMATIONS} further runs broke in this way"
    if found.guarantees is not None:
        yield _wrapped(_saving(found.guarantees), "  ", "    ")
    for sentence in fixes(found):
        yield _wrapped(f"fix: {sentence}", "  ", "    ")


def _requests(found: Break, search: Search, paint: Paint) -> Iterator[str]:
    """Yield the requests around the first that went otherwise than in the reference."""
    first = first_difference(found.run, search.reference, search.mask)
    if first is None:
        return
    begin = max(0, first - 1)
    usual = search.reference.exchanges[first : first + 1]
    shown = found.run.exchanges[begin : begin + _SHOWN]
    width = max((len(printable(each.place or each.label)) for each in (*shown, *usual)), default=0)
    for number, exchange in enumerate(shown, begin + 1):
        label = printable(exchange.place or exchange.label).ljust(width)
        yield _cut(f"    {number:>3}  {label}  {answered(exchange)}")
        for cause in caused(exchange):
            yield _painted(_wrapped(f"\u2191 {cause}", " " * 9, " " * 11), paint, "yellow")
        if number - 1 == first:
            yield from (_cut(f"         without: {answered(each)}") for each in usual)
    if first >= len(found.run.exchanges):
        yield from (_cut(f"         without: {each.place}  {answered(each)}") for each in usual)
    if more := len(found.run.exchanges) - begin - len(shown):
        yield f"         and {more} more request{'s' * (more > 1)}"


def _saving(guarantees: Sequence[Sequence[str]]) -> str:
    if not guarantees:
        return "no session guarantee would prevent it"
    sets = [" with ".join(_GUARANTEES[each] for each in guarantee) for guarantee in guarantees]
    return f"does not break it under {' or '.join(sets)}, which AWS does not promise"


def _table(rows: Sequence[Tolerance]) -> Iterator[str]:
    """Yield the table of what each call survives, in parts that fit."""
    kinds = sorted(dict.fromkeys(kind for row in rows for kind in row.kinds), key="late".__ne__)
    for start in range(0, len(kinds), _COLUMNS):
        part = kinds[start : start + _COLUMNS]
        lines = [["TOLERANCE", *part]]
        lines += [
            [
                f"  {_cut(row.call, _CALL)}",
                *(_cell(kind, row.kinds.get(kind)) for kind in part),
            ]
            for row in rows
        ]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        yield ""
        for line in lines:
            yield "  ".join(map(str.ljust, line, widths)).rstrip()
    if kinds:
        yield "How often in a row each call survives it; always: for as long as is legal."


def _cell(kind: str, cell: Cell | None) -> str:
    if cell is None:
        return "-"
    if cell.survived is None:
        return "always"
    if cell.then:
        return f"{cell.survived}, then {cell.then}" if cell.survived else cell.then
    counted = kind in FAULT_KINDS and FAULT_KINDS[kind].phase == "before"
    return f"at least {cell.survived}" if counted else "survives"


def _wrapped(text: str, first: str = "", other: str = "  ") -> str:
    return textwrap.fill(
        printable(text),
        _WIDTH,
        initial_indent=first,
        subsequent_indent=other,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _cut(text: str, width: int = _WIDTH) -> str:
    text = printable(text)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _painted(text: str, paint: Paint, colour: str) -> str:
    """Paint the first word of a text."""
    start = len(text) - len(text.lstrip())
    word = text[start:].partition(" ")[0]
    return text[:start] + paint(word, colour) + text[start + len(word) :]
