"""Threads for blocking work: bounded for each kind, and never shared between kinds."""

from threading import Event, Thread

import pytest

from sm_emulator.server.workers import Workers


class Held:
    """A job that runs until it is released."""

    def __init__(self) -> None:
        self.started, self.released, self.ended = Event(), Event(), Event()

    def __call__(self) -> None:
        self.started.set()
        assert self.released.wait(20)
        self.ended.set()


def test_a_kind_at_its_limit_queues_and_another_kind_does_not_wait():
    workers = Workers(2)
    held = [Held() for _ in range(3)]
    for job in held:
        workers.start("model", job)
    other = Held()
    workers.start("backend", other)
    assert all(job.started.wait(20) for job in (*held[:2], other))
    assert not held[2].started.is_set()
    held[0].released.set()
    assert held[2].started.wait(20)
    for job in (*held, other):
        job.released.set()
        assert job.ended.wait(20)


def test_a_free_thread_is_used_again():
    workers = Workers(1)
    for _ in range(3):
        done = Event()
        workers.start("model", done.set)
        assert done.wait(20)


def test_where_the_system_has_no_thread_left_a_job_waits_for_one_of_its_kind(monkeypatch):
    workers = Workers(5)
    running, queued = Held(), Event()
    workers.start("model", running)
    assert running.started.wait(20)

    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(Thread, "start", refuse)
    workers.start("model", queued.set)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        workers.start("backend", queued.set)
    assert not queued.is_set()
    running.released.set()
    assert queued.wait(20)
