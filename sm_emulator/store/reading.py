"""Reading one key."""

from __future__ import annotations

from sm_emulator.store.answer import Read
from sm_emulator.store.replica import ask
from sm_emulator.store.state import Met, State
from sm_emulator.store.version import Key, Version
from sm_emulator.store.view import View


def read(state: State, key: Key, met: Met, *, consistent: bool) -> Read:
    """Read `key` as one replica shows it; `consistent`: as the leader holds it."""
    chain = state.chains[key]
    if chain is None:
        absent = Version(0, state.writes[key], "delete", met.now, None)
        return state.seen(met, key, None, absent)
    if consistent:
        return state.seen(met, key, chain, chain.head)
    if chain.is_settled:
        rule = state.consistency.rule(key.type, key.name, met.surface, met.operation)
        return state.seen(met, key, chain, chain.head, rule)
    view = View(chain, met.surface, met.operation, met.session.identity, met.now)
    held = view.held()
    if held is None:
        return state.seen(met, key, chain, chain.head)
    nth = (chain.head.n, chain.count_read(met.session.identity))
    asked = ask(state.consistency, state.seed, key, held.rule, met.session.name, nth, view.newest)
    replica, position = view.seen_by(asked, state.consistency)
    version = view.versions[position]
    spend(state, key, view)
    return state.seen(met, key, chain, version, held.rule, replica)


def spend(state: State, key: Key, view: View) -> None:
    """Count a read against what is hidden by number, if anything is."""
    spent = view.spend()
    if spent is not None:
        state.chains.await_settling(key, spent)


def peek(state: State, key: Key, met: Met) -> list[Read]:
    """Tell what each replica would answer; nothing is counted or remembered."""
    replicas = range(state.consistency.replicas.count)
    chain = state.chains[key]
    if chain is None:
        return [Read(None, met.surface, replica) for replica in replicas]
    view = View(chain, met.surface, met.operation, met.session.identity, met.now)
    held = view.held()
    rule = held.rule.name if held else None
    head = chain.head
    return [
        Read(version.value, met.surface, replica, head.n - version.n, met.now - head.committed, rule)
        for replica in replicas
        for version in (view.versions[view.newest(replica)],)
    ]
