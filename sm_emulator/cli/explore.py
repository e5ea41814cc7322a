"""`sm-emulator explore`: the smallest schedule that breaks a command, or that there is none."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any

import click

from sm_emulator.cli.explore_options import MAX_LAG, OPTIONS, SHOWN
from sm_emulator.cli.options import EXPLORED, load, setup_words, with_options
from sm_emulator.cli.run import CANNOT_EXECUTE, NOT_FOUND
from sm_emulator.config.settings import Override
from sm_emulator.errors import ConfigurationError, Problem, SetupError
from sm_emulator.values import printable

if TYPE_CHECKING:
    from sm_emulator.explore.command import Workload
    from sm_emulator.explore.search import Search
    from sm_emulator.explore.workers import Bench

BREAKS, NOT_EXPLORABLE, SPENT, INTERRUPTED = 1, 4, 5, 130
# Programs that sleep in real time need little processor time
_REAL_WORKERS = 4


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
@with_options([*OPTIONS, *EXPLORED])
def explore(
    *,
    command: tuple[str, ...],
    invariants: tuple[str, ...],
    budget: str | None,
    jobs: int | None,
    whole: bool,
    json_file: IO[str] | None,
    html: IO[str] | None,
    junit: IO[str] | None,
    **options: Any,
) -> None:
    """Find the smallest schedule that breaks COMMAND.

    A schedule says which reads are late and which requests fail.

    Runs COMMAND again and again, each time against an empty emulator, and compares how it ends with two
    runs in which nothing goes wrong. Its input is empty, and its output is not shown.

    \b
      sm-emulator explore -- python deploy.py
      sm-emulator explore --stale documented --faults none -- python deploy.py
      sm-emulator explore -k 2 --faults throttle --budget 60s -- python deploy.py
      sm-emulator explore --invariant 'endpoint ep is InService' -- ./deploy
      sm-emulator explore --setup 'python deploy.py' -- python update.py
      sm-emulator explore --preload sagemaker -- python sdk_deploy.py
      sm-emulator explore -j 8 -- ./deploy-in-go

    Exits with 0 where no schedule breaks it, 1 where one does, 4 where it fails by itself or is not
    repeatable, 5 where the budget is spent and nothing was found, 130 after Ctrl-C.
    """  # noqa: D301  \b keeps click from wrapping the lines
    from sm_emulator.explore import outputs, page  # noqa: PLC0415  keeps --help fast
    from sm_emulator.explore.text import as_text  # noqa: PLC0415

    bench = _bench(command, options)
    search = _search(options, invariants, budget)
    number = jobs or (1 if bench.workload.virtual else _REAL_WORKERS)
    try:
        with _interrupts():
            reason = _run(search, bench, number)
    except OSError as error:
        click.echo(f"error: cannot run {command[0]}: {error.strerror or error}", err=True)
        sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_EXECUTE)
    if reason:
        if junit:
            junit.write(outputs.junit_error(reason, search.seconds))
        click.echo(f"error: {printable(reason)}", err=True)
        sys.exit(NOT_EXPLORABLE)
    settings = _settings(options, virtual=bench.workload.virtual)
    most = None if whole else SHOWN
    replayed = partial(outputs.replay, command=command, settings=settings)
    lines = as_text(search, options["max_lag"], replayed, most, _paint)
    click.echo("\n".join(lines), color=False if os.environ.get("NO_COLOR") else None)
    if json_file:
        json_file.write(json.dumps(outputs.as_json(search, command, settings), indent=2) + "\n")
    if html:
        html.write(page.as_html(search, command, settings, options["max_lag"]))
    if junit:
        junit.write(outputs.as_junit(search, command, settings))
    if "GITHUB_ACTIONS" in os.environ:
        for line in outputs.github(search, command, settings):
            click.echo(line)
    sys.exit(_code(search))


def _paint(text: str, colour: str) -> str:
    return click.style(text, fg=colour, bold=True)


def _bench(command: tuple[str, ...], options: dict[str, Any]) -> Bench:
    from sm_emulator.explore.command import Workload  # noqa: PLC0415  keeps --help fast
    from sm_emulator.explore.interpreter import python_program, sleeps_virtually  # noqa: PLC0415
    from sm_emulator.explore.workers import Bench  # noqa: PLC0415

    mode, preload = options["mode"], options["preload"]
    program = None if preload == ("none",) or not hasattr(os, "fork") else python_program(command)
    if preload not in {(), ("none",)} and program is None:
        message = "is for `python FILE`, `python -m MODULE`, `python -c CODE` or a script of Python"
        raise ConfigurationError(Problem("--preload", message))
    workload = Workload(
        command,
        virtual=mode == "virtual" or (mode == "auto" and sleeps_virtually(command)),
        timeout=options["timeout"],
        max_lag=options["max_lag"],
        setup=setup_words(options["setup"], late=options["setup_late"]),
        setup_late=options["setup_late"],
    )
    return Bench(workload, load(options, Override("server.port", 0, "explore")), program, preload)


def _search(options: dict[str, Any], invariants: tuple[str, ...], budget: str | None) -> Search:
    from sm_emulator.clock import real_time  # noqa: PLC0415  keeps --help fast
    from sm_emulator.explore.choices import Kinds  # noqa: PLC0415
    from sm_emulator.explore.invariant import invariant  # noqa: PLC0415
    from sm_emulator.explore.results import Budget  # noqa: PLC0415
    from sm_emulator.explore.search import Search  # noqa: PLC0415

    words = [] if options["faults"] == "none" else options["faults"].split(",")
    kinds = Kinds(
        options["stale"],
        tuple(dict.fromkeys(word.strip() for word in words)),
        outcomes=options["outcomes"],
        crash=options["crash"],
    )
    if not kinds.words:
        raise ConfigurationError(Problem("--faults", "nothing is left that could go wrong"))
    return Search(
        execute=lambda _: NotImplemented,
        now=real_time("monotonic"),
        kinds=kinds,
        k=options["k"],
        exact=options["exact"],
        budget=Budget.parse(budget, "--budget") if budget is not None else Budget(),
        invariants=[invariant(text) for text in invariants],
        progress=_progress if sys.stderr.isatty() else lambda _: None,
    )


def _run(search: Search, bench: Bench, number: int) -> str:
    """Search, and return why there is nothing to search in, "" where there is."""
    from sm_emulator.explore.results import NotExplorableError  # noqa: PLC0415  keeps --help fast
    from sm_emulator.explore.tolerance import measure  # noqa: PLC0415
    from sm_emulator.explore.workers import workers  # noqa: PLC0415

    try:
        if number == 1:
            with bench.open() as runner:
                search.execute = runner
                search.run()
                measure(search, runner.under)
        else:
            with workers(bench, number) as several:
                search.execute, search.ahead = several, several.ahead
                search.run()
                measure(search, several.under)
    except SetupError as error:
        return f"the set-up fails: {error}"
    except NotExplorableError as error:
        return f"{error}{_hint(search, bench.workload)}"
    finally:
        _clear()
    return ""


def _hint(search: Search, workload: Workload) -> str:
    ending = search.reference.ending
    if ending.timed_out == "wall" and workload.virtual:
        return "; where it sleeps in a way that is not covered, use --time real, or a longer --timeout"
    if ending.timed_out:
        return "; see --timeout" if ending.timed_out == "wall" else " within a day of virtual time"
    return "; its standard input is empty" if "EOF" in ending.error else ""


@contextmanager
def _interrupts() -> Iterator[None]:
    """Make a signal to end this process what Ctrl-C is: the search stops, and what it found is shown."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    heeded = [number for number in numbers if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, signal.default_int_handler) for number in heeded}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _progress(search: Search) -> None:
    counts = search.counts
    found = f", {len(search.breaks)} break it" if search.breaks else ""
    click.echo(f"\r\x1b[K{counts.runs} runs, {counts.left} schedules left{found}", nl=False, err=True)


def _clear() -> None:
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)


def _settings(options: dict[str, Any], *, virtual: bool) -> list[str]:
    """Return the options of a replay that this exploration was given."""
    given = [("--config", options["config"]), ("--seed", options["seed"])]
    given += [("--set", text) for text in options["assignments"]]
    given.append(("--clock", None if virtual else "real"))
    lag = options["max_lag"]
    given += [("--max-lag", None if lag == MAX_LAG else f"{lag:g}s"), ("--setup", options["setup"])]
    words = [word for name, value in given if value is not None for word in (name, str(value))]
    return [*words, "--setup-late"] if options["setup_late"] else words


def _code(search: Search) -> int:
    if search.breaks:
        return BREAKS
    if search.stopped == "interrupted":
        return INTERRUPTED
    return SPENT if search.stopped else 0
