"""Which handler a request reaches, and where the admin application is built."""

from sm_emulator.server import OriginPolicy
from sm_emulator.server.dispatcher import Dispatcher, immediate
from sm_emulator.wire import Outcome, Request, Work, run_steps


def test_the_admin_application_is_built_once_and_not_in_the_event_loop():
    built = []

    def build():
        built.append("application")
        return lambda _: immediate(Outcome(200, (), b"admin"))

    dispatcher = Dispatcher(OriginPolicy(()), lambda _: immediate(Outcome(200, (), b"aws")), build)
    health = Request("GET", {}, b"", "/_emulator/health")
    work = next(dispatcher(health))
    assert isinstance(work, Work)
    assert (built, work.kind) == ([], "admin")
    assert [run_steps(dispatcher(health)).body for _ in range(2)] == [b"admin", b"admin"]
    assert built == ["application"]
