"""What findings look at: the efforts of one scenario, and who did what next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from sm_emulator.journal import Calls, Exchange, LogicalCall
from sm_emulator.report.retry_chain import RetryChain, efforts
from sm_emulator.wire.call import type_of

MOST_ATTEMPTS = 10

_Subject = tuple[str, str, str, str]


class Story:
    """The calls of a scenario; more than `most_attempts` at one thing are too many."""

    def __init__(self, calls: Calls, most_attempts: int = MOST_ATTEMPTS) -> None:
        self.calls = calls
        self.efforts: list[RetryChain] = efforts(calls)
        self.most_attempts = most_attempts
        self._by_subject: dict[_Subject, list[Exchange]] = defaultdict(list)
        self._by_session: dict[str, list[LogicalCall]] = defaultdict(list)
        for call in calls:
            self._by_session[call.session].append(call)
            for attempt in call.attempts:
                self._by_subject[_subject(attempt)].append(attempt)

    def steps(self) -> Iterator[tuple[Exchange, Exchange | None]]:
        """Give each exchange with the next that its session had about the same resource."""
        for exchanges in self._by_subject.values():
            exchanges.sort(key=lambda exchange: exchange.wall)
            yield from pairwise([*exchanges, None])

    def sessions(self) -> Iterator[list[LogicalCall]]:
        """Give the calls of each session, oldest first."""
        yield from self._by_session.values()

    def later(self, exchange: Exchange) -> Iterator[LogicalCall]:
        """Give the calls that its session made after an exchange had ended."""
        for call in self._by_session[exchange.session]:
            if call.attempts[0].wall >= exchange.ended and exchange not in call.attempts:
                yield call


def _subject(exchange: Exchange) -> _Subject:
    kind = type_of(exchange.operation)
    return (exchange.session, exchange.region, kind, exchange.resource if kind else exchange.request_id)
