"""Lists: an index of its own lag, page by page, or fixed by the first page."""

import pytest

from sm_emulator.store import store
from sm_emulator.store.index import SortOrder
from sm_emulator.store.listing import MANY, ExpiredError, Mark, Page
from sm_emulator.store.reading import Session
from tests.support.virtual_store import ONE_COPY, VirtualStore, counted, key, late

IN_TURN = {"replicas": {"choice": "round_robin"}}
NEWEST_FIRST = SortOrder("created", descending=True)


BY_NAME = SortOrder()


def page(
    virtual: VirtualStore, order: SortOrder = BY_NAME, limit: int = 100, session: str = "s", **more
) -> Page:
    return virtual.store.page(
        "us-east-1", "EndpointConfig", "ListEndpointConfigs", order, limit, Session(session), **more
    )


def names(virtual: VirtualStore, *args, **options) -> list[str]:
    return [name for name, _ in page(virtual, *args, **options).items]


def whole(virtual: VirtualStore, order: SortOrder = BY_NAME, limit: int = 2) -> list[list[str]]:
    pages, mark = [], Mark()
    while mark is not None:
        read = page(virtual, order, limit, mark=mark)
        pages.append([name for name, _ in read.items])
        mark = read.next
    return pages


def filled(table: dict, *wanted: str) -> VirtualStore:
    virtual = VirtualStore(table)
    for name in wanted:
        virtual.create(name, f"value of {name}")
        virtual.clock.advance(0.001)
    return virtual


@pytest.mark.parametrize(
    ("order", "pages"),
    [
        (SortOrder("name"), [["a", "b"], ["c", "d"], ["e"]]),
        (SortOrder("name", descending=True), [["e", "d"], ["c", "b"], ["a"]]),
        (SortOrder("created"), [["d", "a"], ["c", "e"], ["b"]]),
        (NEWEST_FIRST, [["b", "e"], ["c", "a"], ["d"]]),
    ],
)
@pytest.mark.parametrize("table", [{}, late(after=["delete"]), {"list": {"snapshot": "query"}}], ids=str)
def test_pages_go_through_all_in_order(table, order, pages):
    assert whole(filled(table, *"daceb"), order) == pages


@pytest.mark.parametrize("table", [{}, {"list": {"snapshot": "query"}}], ids=str)
def test_a_page_that_ends_with_the_last_key_is_the_last(table):
    assert whole(filled(table, *"abcd")) == [["a", "b"], ["c", "d"]]
    assert whole(filled(table, *"ab")) == [["a", "b"]]
    assert whole(VirtualStore(table)) == [[]]


def test_another_type_or_region_is_another_list():
    virtual = filled({}, "a")
    virtual.store.write(key("m", "Model"), "x", "create")
    virtual.store.write(key("b")._replace(region="eu-west-1"), "x", "create")
    assert names(virtual) == ["a"]


def test_items_carry_what_their_replica_shows():
    virtual = VirtualStore(late(**ONE_COPY))
    virtual.create("a", "old")
    virtual.store.settle()
    virtual.update("a", "new")
    assert page(virtual).items == [("a", "old")]
    virtual.clock.advance(1)
    assert page(virtual).items == [("a", "new")]


def test_a_list_misses_what_was_just_created_though_the_leader_has_it():
    virtual = filled(late(surfaces=["list"]), "a")
    assert names(virtual) == []
    assert virtual.see("a") == "value of a"
    assert names(virtual, consistent=True) == ["a"]
    virtual.clock.advance(1)
    assert names(virtual) == ["a"]


def test_a_list_shows_the_ghost_of_what_was_just_deleted():
    virtual = filled(late(surfaces=["list"], after=["delete"]), "a", "b")
    virtual.delete("a")
    assert names(virtual) == ["a", "b"]
    assert virtual.see("a") is None
    virtual.clock.advance(1)
    assert names(virtual) == ["b"]


def test_describes_are_not_touched_by_rules_for_lists_nor_lists_by_rules_for_describes():
    virtual = filled(late(surfaces=["describe"], **ONE_COPY), "a")
    assert names(virtual) == ["a"]
    assert virtual.see("a") is None
    assert page(virtual).read.rule is None


def test_a_page_reports_the_read_that_returned_it():
    virtual = VirtualStore({**late(surfaces=["list"]), "replicas": {"choice": "round_robin"}})
    virtual.create("a")
    virtual.clock.advance(0.25)
    virtual.create("b")
    virtual.clock.advance(0.5)
    read = page(virtual).read
    assert (read.surface, read.replica, read.stale, read.rule) == ("list", 0, 2, "late")
    assert read.age == pytest.approx(0.5), "since the last write that it missed"
    virtual.clock.advance(0.25)
    read = page(virtual).read
    assert (read.replica, read.stale) == (1, 1)
    virtual.clock.advance(1)
    read = page(virtual).read
    assert (read.replica, read.stale, read.age, read.rule) == (None, 0, 0.0, "late")


def test_pages_may_disagree_as_each_selects_a_replica():
    table = {"rules": [{"name": "x", "lag": {"dist": "uniform", "low": 0, "high": "10s"}}]}
    virtual = VirtualStore({**table, **IN_TURN, "bounds": {"max_lag": "10s"}}, seed=3)
    for name in "abcdef":
        virtual.create(name)
    virtual.clock.advance(5)
    shown = [names(virtual) for _ in range(3)]
    assert len({tuple(names) for names in shown}) > 1
    assert [names(virtual) for _ in range(3)] == shown, "the same replicas, again in turn"


def test_the_stalest_and_the_freshest_replica_of_an_index():
    table = {"rules": [{"name": "x", "lag": {"dist": "uniform", "low": 0, "high": "10s"}}]}
    shown = {}
    for choice in ("stalest", "freshest"):
        virtual = VirtualStore({**table, "replicas": {"choice": choice}, "bounds": {"max_lag": "10s"}})
        for name in "abcdefgh":
            virtual.create(name)
        virtual.clock.advance(4)
        shown[choice] = names(virtual)
    assert len(shown["stalest"]) < len(shown["freshest"])


def test_a_page_counts_as_a_read_of_what_it_covers():
    virtual = VirtualStore(counted(1, surfaces=["list"]))
    for name in "abc":
        virtual.create(name)
    assert names(virtual, limit=1) == []
    assert names(virtual, limit=1) == ["a"]
    assert names(virtual) == ["a", "b", "c"]


def test_a_page_does_not_count_for_what_lies_behind_it():
    virtual = VirtualStore(counted(1, surfaces=["list"], names="z*"))
    for name in ("a", "b", "z"):
        virtual.create(name)
    assert names(virtual, limit=1) == ["a"]
    assert whole(virtual) == [["a", "b"]], "z is missed, for the first time"
    assert whole(virtual) == [["a", "b"], ["z"]]


def test_what_is_created_again_is_listed_at_its_second_creation():
    virtual = VirtualStore(late(after=["delete"]))
    for name in "ab":
        virtual.create(name)
    virtual.delete("a")
    virtual.create("c")
    virtual.create("a", "again")
    assert names(virtual, NEWEST_FIRST) == ["a", "c", "b"]
    virtual.update("b")
    assert names(virtual, NEWEST_FIRST) == ["a", "c", "b"], "an update creates nothing"


def test_a_key_that_vanishes_between_pages_neither_repeats_nor_hides_another():
    virtual = filled({}, *"abcd")
    first = page(virtual, limit=2)
    virtual.delete("b")
    virtual.delete("a")
    virtual.create("aa")
    assert names(virtual, mark=first.next) == ["c", "d"]


# -- guarantees -----------------------------------------------------------------------------------


def test_under_read_your_writes_a_list_has_the_sessions_own_creates_and_no_deletes():
    virtual = VirtualStore(late(session=["ryw"], **ONE_COPY))
    virtual.create("a")
    virtual.create("b", session="t")
    assert names(virtual) == ["a"]
    virtual.delete("a")
    assert names(virtual) == []
    assert names(virtual, session="t") == ["b"]


def test_under_monotonic_reads_what_a_session_saw_does_not_vanish_from_lists():
    virtual = VirtualStore(late(surfaces=["list"], session=["mr"], **ONE_COPY))
    virtual.create("a")
    assert names(virtual) == []
    assert virtual.see("a") == "v1"
    assert names(virtual) == ["a"]
    assert names(virtual, session="t") == []
    assert names(virtual, session="t", consistent=True) == ["a"]
    assert names(virtual, session="t") == ["a"]


# -- lists that are fixed by their first page -----------------------------------------------------

QUERY = {"list": {"snapshot": "query"}}


def test_the_first_page_fixes_what_all_show():
    virtual = filled(QUERY, *"abcde")
    first = page(virtual, limit=2)
    virtual.delete("c")
    virtual.update("d", "changed")
    virtual.create("bb")
    second = page(virtual, limit=2, mark=first.next)
    assert second.items == [("c", "value of c"), ("d", "value of d")]
    assert names(virtual, mark=second.next) == ["e"]
    assert page(virtual, mark=second.next).next is None
    assert names(virtual) == ["a", "b", "bb", "d", "e"]


def test_a_fixed_list_is_one_read_of_one_replica():
    virtual = filled({**late(surfaces=["list"], **IN_TURN), **QUERY}, *"abcd")
    virtual.clock.advance(0.9985)
    assert whole(virtual) == [["a", "b"], ["c"]]
    virtual.clock.advance(1)
    assert whole(virtual) == [["a", "b"], ["c", "d"]]


def test_a_fixed_list_counts_as_one_read():
    virtual = filled({**counted(1, surfaces=["list"]), **QUERY}, *"abc")
    assert whole(virtual) == [[]]
    assert whole(virtual) == [["a", "b"], ["c"]]


def test_a_fixed_list_of_many_items_is_fixed_in_parts(monkeypatch):
    monkeypatch.setattr(store, "FIXED", 3)
    virtual = filled(QUERY, *"abcdefg")
    first = page(virtual, limit=2)
    virtual.delete("c")
    virtual.delete("e")
    second = page(virtual, limit=2, mark=first.next)
    assert [name for name, _ in second.items] == ["c"], "fixed by the first page"
    third = page(virtual, limit=2, mark=second.next)
    assert [name for name, _ in third.items] == ["d", "f"], "fixed by this page"
    assert names(virtual, limit=2, mark=third.next) == ["g"]


def test_only_the_last_fixed_lists_are_kept():
    virtual = filled(QUERY, *"abc")
    marks = [page(virtual, limit=1).next for _ in range(MANY + 1)]
    assert names(virtual, mark=marks[-1]) == names(virtual, mark=marks[1]) == ["b", "c"]
    with pytest.raises(ExpiredError):
        page(virtual, mark=marks[0])
    assert virtual.bounds.evicted == {"lists fixed by their first page": 1}


def test_a_list_of_one_page_is_not_kept():
    virtual = filled(QUERY, *"abc")
    first = page(virtual, limit=1).next
    for _ in range(MANY + 1):
        page(virtual)
    assert names(virtual, mark=first) == ["b", "c"]
