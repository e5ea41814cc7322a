"""The scenarios of an emulator, by account."""

import logging
from collections import OrderedDict
from collections.abc import Iterator
from threading import RLock

from sm_emulator.scenario.disposal import dispose
from sm_emulator.scenario.scenario import ScenarioConfig, ScenarioState

_log = logging.getLogger(__name__)
# After this number of requests the records of all scenarios are measured
_MEASURED = 256
# Steps in which a request frees what was evicted: 10 ms at most, and more than a request adds
_FREED = 500


class ScenarioEntry:
    """A scenario: its current state, which a reset replaces.

    A request under way keeps the state in which it began. `active` counts these requests; the holder of
    the state's lock changes it.
    """

    def __init__(self, account: str, config: ScenarioConfig) -> None:
        self.state = ScenarioState(account, config, RLock())
        self.active = 0

    def reset(self) -> None:
        """Return to the initial state."""
        dispose([self._renew()])

    def _renew(self) -> ScenarioState:
        old = self.state
        with old.lock:
            self.state = ScenarioState(old.account, old.config, old.lock)
            old.config.discard(old.account)
        return old


class Scenarios:
    """The scenarios of one emulator, by account.

    The first request of an account creates its scenario. Beyond `limit` of those, the least recently
    used one without a request under way is evicted. Scenarios that a program asks for stay. Journals and
    histories use about `max_bytes` in total: the oldest records go first, of the least recently used.
    """

    def __init__(self, config: ScenarioConfig, limit: int = 1000, max_bytes: int = 512 * 2**20) -> None:
        self._config = config
        self._limit, self._max_bytes = limit, max_bytes
        self._uses = 0
        self._lock = RLock()
        self._pinned: dict[str, ScenarioEntry] = {}
        self._recent: OrderedDict[str, ScenarioEntry] = OrderedDict()
        self._retired: list[object] = []
        self.evicted = 0

    def __getitem__(self, account: str) -> ScenarioEntry:
        """Return the scenario of an account; this is a use of it, and creates it where there is none."""
        self._uses += 1
        if self._uses % _MEASURED == 0:
            self._shorten_records()
        if self._retired:
            with self._lock:
                dispose(self._retired, _FREED)
        if entry := self._pinned.get(account):
            return entry
        with self._lock:
            if entry := self._recent.get(account):
                self._recent.move_to_end(account)
                return entry
            if len(self._recent) >= self._limit:
                self._evict()
            entry = self._recent[account] = ScenarioEntry(account, self._config)
        return entry

    def peek(self, account: str) -> ScenarioEntry:
        """Return the scenario of an account, or one like it that is not kept; no use of it."""
        entry = self._pinned.get(account) or self._recent.get(account)
        return entry or ScenarioEntry(account, self._config)

    def pin(self, account: str, config: ScenarioConfig | None = None) -> ScenarioEntry:
        """Return the scenario of an account, which stays; with a `config`, a new one of it."""
        with self._lock:
            entry = ScenarioEntry(account, config) if config else self[account]
            old = self._remove(account)
            self._pinned[account] = entry
        if config:
            config.discard(account)
            for each in old:
                each.reset()
        return entry

    def unpin(self, account: str) -> None:
        """Let the scenario of an account be evicted, as one that a request has created."""
        with self._lock:
            if entry := self._pinned.pop(account, None):
                if len(self._recent) >= self._limit:
                    self._evict()
                self._recent[account] = entry

    def discard(self, account: str) -> None:
        """Remove the scenario of an account; its next request creates another."""
        with self._lock:
            old = self._remove(account)
        self._config.discard(account)
        for each in old:
            each.reset()

    def retire(self, state: object) -> None:
        """Free a state that no request uses any more: further requests do, each a part of it."""
        with self._lock:
            self._retired.append(state)

    def _remove(self, account: str) -> list[ScenarioEntry]:
        found = (self._pinned.pop(account, None), self._recent.pop(account, None))
        return [entry for entry in found if entry]

    def _shorten_records(self) -> None:
        with self._lock:
            states = [entry.state for entry in (*self._recent.values(), *self._pinned.values())]
        excess = sum(each.bytes for state in states for each in state.records) - self._max_bytes
        for state in states:
            if excess <= 0:
                return
            excess = state.shorten_records(excess)

    def _evict(self) -> None:
        idle = next((account for account, entry in self._recent.items() if not entry.active), None)
        if idle is None:
            return
        self.retire(self._recent.pop(idle))
        self._config.discard(idle)
        self.evicted += 1
        if self.evicted == 1:
            _log.warning(
                "evicted the least recently used of %d scenarios, see scenarios.limit; "
                "GET /_emulator/health counts evictions",
                self._limit,
            )

    def __iter__(self) -> Iterator[ScenarioEntry]:
        with self._lock:
            return iter([*self._pinned.values(), *self._recent.values()])

    def __len__(self) -> int:
        return len(self._pinned) + len(self._recent)
