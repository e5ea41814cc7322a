"""Reads whose version is chosen from outside, among all that a replica may legally show."""

from collections.abc import Callable, Sequence

from sm_emulator.store.listing import Shown
from sm_emulator.store.reading import View
from sm_emulator.store.rules import Consistency, Surface
from sm_emulator.store.version import Key, Version

# Returns the position of one of the legal versions of a key, which are ordered from the oldest to the
# leader's, and the choice in words
Choose = Callable[[Key, Sequence[Version]], tuple[int, str]]


class Chooser:
    """Lets `Choose` decide, and sends stale reads to replicas that can be that stale.

    Where writes are ordered, a replica that has shown a commit has shown all before: `_shown` has the
    newest commit that each replica has shown on a surface.
    """

    def __init__(self) -> None:
        self._shown: dict[tuple[Surface, int], int] = {}

    def show(self, consistency: Consistency, choose: Choose, key: Key, view: View) -> Shown:
        """Return the chosen version of an unsettled key. The leader's falls under no rule."""
        if view.surface == "list" and consistency.orders_writes:
            # each key of a page would have to fit to those that the page has shown before
            return Shown(key, view, view.chain.latest)
        surface, replicas = view.surface, consistency.replicas
        others = range(replicas.visible_at_ack, replicas.count)
        shown = {r: self._shown.get((surface, r), 0) for r in others}
        least, versions = view.oldest_legal(consistency), view.versions
        if consistency.orders_writes:
            newest = sorted(shown.values())[replicas.read_replicas - 1 :]
            while least < len(versions) - 1 and not (newest and newest[0] < versions[least + 1].lsn):
                least += 1
        position, words = choose(key, versions[least:])
        version = versions[least + position]
        if version is versions[-1]:
            return Shown(key, view, version, choice=words)
        missed = versions[least + position + 1].lsn
        able = [r for r in shown if shown[r] < missed or not consistency.orders_writes]
        replica = max(able, key=lambda r: shown[r], default=None)
        if replica is not None:
            self._shown[surface, replica] = max(shown[replica], version.lsn)
        return Shown(key, view, version, view.rule, replica, words)
