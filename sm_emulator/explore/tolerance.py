"""How much a program survives at each of its calls, and which guarantees would save it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from math import inf
from typing import Literal

from sm_emulator.explore.choices import extensions
from sm_emulator.explore.mask import Mask
from sm_emulator.explore.oracle import Verdict
from sm_emulator.explore.results import Break, Cell, SpentError, Tolerance
from sm_emulator.explore.run import Execute, Run
from sm_emulator.explore.search import Search
from sm_emulator.explore.shrink import strongest
from sm_emulator.schedule.causes import FAULT_KINDS, SLOW, Cause, Crash, Fault, Late, resource_text
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.schedule.script import Basis
from sm_emulator.store.rules import Guarantee

Guarantees = tuple[Guarantee, ...]
# Refusals in a row that are tried at most
MOST_IN_A_ROW = 32
_SINGLE: tuple[Guarantees, ...] = (("mr",), ("ryw",))
_BOTH: Guarantees = ("mr", "ryw")
_ALL: Guarantees = ("mr", "mw", "ryw", "wfr")


def measure(search: Search, under: Callable[..., Execute]) -> None:
    """Add to a search that has ended the tolerance of each call, and the guarantees that save it.

    `under` returns what runs the program under session guarantees. Most of it is known from the search.
    The rest is measured unless the search was stopped, and as far as its budget goes.
    """
    if not hasattr(search, "mask"):  # it was stopped before it knew the calls
        return
    search.tolerance = _known(search)
    if not search.stopped:
        with suppress(SpentError, KeyboardInterrupt):
            _find_guarantees(search, under)
            _count_refusals(search)


def kind_of(cause: Cause) -> str:
    """Return the kind of a cause in a word."""
    match cause:
        case Late():
            return "late"
        case Fault():
            return cause.kind
        case Crash():
            return "crash"
    return SLOW if cause.name == SLOW else "failed"


def basis_of(cause: Late, run: Run, mask: Mask) -> Basis | None:
    """Return why AWS may answer a read of a run late; None where the run has no such read."""
    return next(
        (
            point.basis
            for point in mask.points(run)
            if (point.label, point.subject) == (cause.label, cause.subject)
        ),
        None,
    )


def _known(search: Search) -> list[Tolerance]:
    """Return what the search found out about each call, in the order of their first requests."""
    rows: dict[str, Tolerance] = {}
    for cause in extensions(search.reference, search.mask, search.kinds).causes:
        call = _call(cause, search)
        row = rows.setdefault(call, Tolerance(call))
        if cell := _cell(cause, search):
            kind = kind_of(cause)
            row.kinds[kind] = min(row.kinds.get(kind, cell), cell, key=_severity)
    return list(rows.values())


def _call(cause: Cause, search: Search) -> str:
    """Return the call at which a cause acts."""
    if isinstance(cause, Crash):
        points = search.mask.points(search.reference)
        label = [point for point in points if point.kind == "write"][cause.after - 1].label
    else:
        label = cause.label
    return resource_text(label.operation, label.resource)


def _cell(cause: Cause, search: Search) -> Cell | None:
    """Return what a cause did to the program, None where it was not tried or did not act."""
    basis = basis_of(cause, search.reference, search.mask) if isinstance(cause, Late) else None
    for found in search.breaks:
        if [*strongest(found.schedule)] == [cause]:
            return Cell((found.schedule.causes[0].count or 1) - 1, "breaks", basis)
    known = search.known(Schedule((cause,)))
    if known is None or known[0].unmet:
        return None
    if known[1].gave_up:
        return Cell(0, "gives up", basis)
    return Cell(cause.count, "", basis)


def _severity(cell: Cell) -> tuple[float, bool]:
    return inf if cell.survived is None else cell.survived, cell.then != "breaks"


def _find_guarantees(search: Search, under: Callable[..., Execute]) -> None:
    """Find for each break with a late read under which session guarantees it vanishes."""
    for place, found in enumerate(search.breaks):
        if any(isinstance(cause, Late) for cause in found.schedule.causes):
            search.breaks[place] = replace(found, guarantees=_saving(found, search, under))


def _saving(found: Break, search: Search, under: Callable[..., Execute]) -> tuple[Guarantees, ...]:
    """Return the smallest sets of guarantees under which a schedule does not break the program."""
    endless = Schedule(tuple(strongest(found.schedule)))
    known = search.known(endless)
    schedule = endless if known and known[1].kind else found.schedule

    def saves(guarantees: Guarantees) -> bool:
        return not search.judged_by(under(*guarantees), schedule)[1].kind

    if single := tuple(each for each in _SINGLE if saves(each)):
        return single
    # under guarantees about writes no list is late
    lists = any(isinstance(c, Late) and c.label.operation.startswith("List") for c in schedule.causes)
    return next(((each,) for each in ((_BOTH,) if lists else (_BOTH, _ALL)) if saves(each)), ())


def _count_refusals(search: Search) -> None:
    """Count how many refusals in a row each call survives, of those that survive one.

    Its first request is refused until the program gives up: the requests until then are one too many.
    """
    rows = {row.call: row for row in search.tolerance}
    first: dict[tuple[str, str], Fault] = {}
    for cause in extensions(search.reference, search.mask, search.kinds).causes:
        if isinstance(cause, Fault) and FAULT_KINDS[cause.kind].phase == "before":
            first.setdefault((_call(cause, search), cause.kind), replace(cause, times=MOST_IN_A_ROW))
    wanted = {
        place: cause for place, cause in first.items() if rows[place[0]].kinds.get(place[1]) == Cell(1)
    }
    search.ahead([Schedule((cause,)) for cause in wanted.values()])
    for (call, kind), cause in wanted.items():
        rows[call].kinds[kind] = _refusals(cause, search)


def _refusals(cause: Fault, search: Search) -> Cell:
    """Return how many refusals a call survives, where it survives one."""
    run, verdict = search.judged(Schedule((cause,)))
    if not _fails(verdict):
        return Cell(cause.times)
    refused, then = sum(bool(exchange.causes) for exchange in run.exchanges), _then(verdict)
    for times in range(refused - 1, 1, -1):
        verdict = search.judged(Schedule((replace(cause, times=times),)))[1]
        if not _fails(verdict):
            return Cell(times, then)
        then = _then(verdict)
    return Cell(1, then)


def _fails(verdict: Verdict) -> bool:
    return bool(verdict.kind) or verdict.gave_up


def _then(verdict: Verdict) -> Literal["breaks", "gives up"]:
    return "gives up" if verdict.gave_up else "breaks"
