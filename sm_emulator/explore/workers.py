"""Where a command runs: in this process, or in several worker processes at the same time."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from multiprocessing.util import Finalize
from pathlib import Path
from tempfile import TemporaryDirectory

from sm_emulator.config.settings import Settings
from sm_emulator.emulator import Emulator
from sm_emulator.errors import ConfigurationError
from sm_emulator.explore.command import CommandRunner, Workload, environment
from sm_emulator.explore.interpreter import PythonProgram
from sm_emulator.explore.process import ForkServer, end_strays
from sm_emulator.explore.run import Run
from sm_emulator.schedule.schedule import Schedule
from sm_emulator.store.rules import Guarantee


@dataclass(frozen=True)
class Bench:
    """All that a worker needs: the workload, the settings of its emulator, and what its forks load.

    `program` is None where each run starts an interpreter of its own.
    """

    workload: Workload
    settings: Settings
    program: PythonProgram | None = None
    preload: tuple[str, ...] = ()

    @contextmanager
    def open(self, stopping: Event | None = None) -> Iterator[CommandRunner]:
        """Serve an emulator and start the fork server, until the end of the `with`.

        Raises OSError where it cannot serve, ConfigurationError where a module cannot be loaded.
        """
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="sm-emulator-")))
            stack.callback(end_strays, folder)
            emulator = Emulator.of(self.settings).start()
            stack.callback(emulator.stop)
            server = None
            if self.program:
                variables = environment(emulator, virtual=self.workload.virtual)
                server = ForkServer(self.program, self.preload, variables, folder)
                stack.callback(server.stop)
            yield CommandRunner(
                self.workload, emulator, folder, server, stopping.is_set if stopping else lambda: False
            )


@dataclass
class Workers:
    """Runs schedules in worker processes, under the session guarantees `session`.

    Those that `ahead` names run before they are needed.
    """

    pool: ProcessPoolExecutor
    session: tuple[Guarantee, ...] = ()
    _futures: dict[str, Future[Run]] = field(default_factory=dict)

    def ahead(self, schedules: Sequence[Schedule]) -> None:
        """Start the runs of schedules, in this order; those that were started before are not needed."""
        for future in self._futures.values():
            future.cancel()
        self._futures = {str(each): self._submit(each) for each in schedules}

    def __call__(self, schedule: Schedule) -> Run:
        """Return the run of a schedule."""
        started = self._futures.pop(str(schedule), None)
        return (started or self._submit(schedule)).result()

    def under(self, *session: Guarantee) -> Workers:
        """Return the same workers under session guarantees."""
        return Workers(self.pool, session)

    def _submit(self, schedule: Schedule) -> Future[Run]:
        return self.pool.submit(_run, schedule, self.session)


@contextmanager
def workers(bench: Bench, number: int) -> Iterator[Workers]:
    """Start worker processes, until the end of the `with`; nothing that they started is left."""
    context = multiprocessing.get_context("spawn")
    stopping = context.Event()
    pool = ProcessPoolExecutor(number, context, _open, (bench, stopping))
    try:
        yield Workers(pool)
    finally:
        stopping.set()
        pool.shutdown(cancel_futures=True)


_stack = ExitStack()
_runner: list[CommandRunner] = []
_failed: list[Exception] = []


def _open(bench: Bench, stopping: Event) -> None:
    # Ctrl-C reaches this process too; a handler, as what it starts must not ignore the signal
    signal.signal(signal.SIGINT, lambda *_: None)
    try:
        _runner.append(_stack.enter_context(bench.open(stopping)))
    except (ConfigurationError, OSError) as error:
        _failed.append(error)  # for the first run: one that is raised here breaks the pool, and is lost
    Finalize(None, _stack.close, exitpriority=1)


def _run(schedule: Schedule, session: tuple[Guarantee, ...]) -> Run:
    for error in _failed:
        raise error
    return _runner[0].under(*session)(schedule)
