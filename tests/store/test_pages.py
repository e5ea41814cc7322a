"""Lists: an index of its own lag, page by page, or fixed by the first page."""

import pytest

from sm_emulator.store import ExpiredError, Mark, Page, Session, SortOrder
from sm_emulator.store.listing import MANY
from tests.support.virtual_store import ONE_COPY, World, counted, key, late

IN_TURN = {"replicas": {"choice": "round_robin"}}
NEWEST_FIRST = SortOrder("created", descending=True)


BY_NAME = SortOrder()


def page(world: World, order: SortOrder = BY_NAME, limit: int = 100, session: str = "s", **more) -> Page:
    return world.store.page(
        "us-east-1", "EndpointConfig", "ListEndpointConfigs", order, limit, Session(session), **more
    )


def names(world: World, *args, **options) -> list[str]:
    return [name for name, _ in page(world, *args, **options).items]


def whole(world: World, order: SortOrder = BY_NAME, limit: int = 2) -> list[list[str]]:
    pages, mark = [], Mark()
    while mark is not None:
        read = page(world, order, limit, mark=mark)
        pages.append([name for name, _ in read.items])
        mark = read.next
    return pages


def filled(table: dict, *wanted: str) -> World:
    world = World(table)
    for name in wanted:
        world.create(name, f"value of {name}")
        world.clock.advance(0.001)
    return world


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
    assert whole(World(table)) == [[]]


def test_another_type_or_region_is_another_list():
    world = filled({}, "a")
    world.store.write(key("m", "Model"), "x", "create")
    world.store.write(key("b")._replace(region="eu-west-1"), "x", "create")
    assert names(world) == ["a"]


def test_items_carry_what_their_replica_shows():
    world = World(late(**ONE_COPY))
    world.create("a", "old")
    world.store.settle()
    world.update("a", "new")
    assert page(world).items == [("a", "old")]
    world.clock.advance(1)
    assert page(world).items == [("a", "new")]


def test_a_list_misses_what_was_just_created_though_the_leader_has_it():
    world = filled(late(surfaces=["list"]), "a")
    assert names(world) == []
    assert world.see("a") == "value of a"
    assert names(world, consistent=True) == ["a"]
    world.clock.advance(1)
    assert names(world) == ["a"]


def test_a_list_shows_the_ghost_of_what_was_just_deleted():
    world = filled(late(surfaces=["list"], after=["delete"]), "a", "b")
    world.delete("a")
    assert names(world) == ["a", "b"]
    assert world.see("a") is None
    world.clock.advance(1)
    assert names(world) == ["b"]


def test_describes_are_not_touched_by_rules_for_lists_nor_lists_by_rules_for_describes():
    world = filled(late(surfaces=["describe"], **ONE_COPY), "a")
    assert names(world) == ["a"]
    assert world.see("a") is None
    assert page(world).read.rule is None


def test_a_page_tells_what_it_met():
    world = World({**late(surfaces=["list"]), "replicas": {"choice": "round_robin"}})
    world.create("a")
    world.clock.advance(0.25)
    world.create("b")
    world.clock.advance(0.5)
    read = page(world).read
    assert (read.surface, read.replica, read.stale, read.rule) == ("list", 0, 2, "late")
    assert read.age == pytest.approx(0.5), "since the last write that it missed"
    world.clock.advance(0.25)
    read = page(world).read
    assert (read.replica, read.stale) == (1, 1)
    world.clock.advance(1)
    read = page(world).read
    assert (read.replica, read.stale, read.age, read.rule) == (None, 0, 0.0, "late")


def test_pages_may_disagree_as_each_asks_a_replica():
    table = {"rules": [{"name": "x", "lag": {"dist": "uniform", "low": 0, "high": "10s"}}]}
    world = World({**table, **IN_TURN, "bounds": {"max_lag": "10s"}}, seed=3)
    for name in "abcdef":
        world.create(name)
    world.clock.advance(5)
    shown = [names(world) for _ in range(3)]
    assert len({tuple(names) for names in shown}) > 1
    assert [names(world) for _ in range(3)] == shown, "the same replicas, again in turn"


def test_the_stalest_and_the_freshest_replica_of_an_index():
    table = {"rules": [{"name": "x", "lag": {"dist": "uniform", "low": 0, "high": "10s"}}]}
    shown = {}
    for choice in ("stalest", "freshest"):
        world = World({**table, "replicas": {"choice": choice}, "bounds": {"max_lag": "10s"}})
        for name in "abcdefgh":
            world.create(name)
        world.clock.advance(4)
        shown[choice] = names(world)
    assert len(shown["stalest"]) < len(shown["freshest"])


def test_a_page_counts_as_a_read_of_what_it_covers():
    world = World(counted(1, surfaces=["list"]))
    for name in "abc":
        world.create(name)
    assert names(world, limit=1) == []
    assert names(world, limit=1) == ["a"]
    assert names(world) == ["a", "b", "c"]


def test_a_page_does_not_count_for_what_lies_behind_it():
    world = World(counted(1, surfaces=["list"], names="z*"))
    for name in ("a", "b", "z"):
        world.create(name)
    assert names(world, limit=1) == ["a"]
    assert whole(world) == [["a", "b"]], "z is missed, for the first time"
    assert whole(world) == [["a", "b"], ["z"]]


def test_what_is_created_anew_stands_where_its_new_life_began():
    world = World(late(after=["delete"]))
    for name in "ab":
        world.create(name)
    world.delete("a")
    world.create("c")
    world.create("a", "anew")
    assert names(world, NEWEST_FIRST) == ["a", "c", "b"]
    world.update("b")
    assert names(world, NEWEST_FIRST) == ["a", "c", "b"], "an update is no new life"


def test_a_key_that_vanishes_between_pages_neither_repeats_nor_hides_another():
    world = filled({}, *"abcd")
    first = page(world, limit=2)
    world.delete("b")
    world.delete("a")
    world.create("aa")
    assert names(world, mark=first.next) == ["c", "d"]


# -- guarantees -----------------------------------------------------------------------------------


def test_under_read_your_writes_a_list_has_the_sessions_own_creates_and_no_deletes():
    world = World(late(session=["ryw"], **ONE_COPY))
    world.create("a")
    world.create("b", session="t")
    assert names(world) == ["a"]
    world.delete("a")
    assert names(world) == []
    assert names(world, session="t") == ["b"]


def test_under_monotonic_reads_what_a_session_saw_does_not_vanish_from_lists():
    world = World(late(surfaces=["list"], session=["mr"], **ONE_COPY))
    world.create("a")
    assert names(world) == []
    assert world.see("a") == "v1"
    assert names(world) == ["a"]
    assert names(world, session="t") == []
    assert names(world, session="t", consistent=True) == ["a"]
    assert names(world, session="t") == ["a"]


# -- lists that are fixed by their first page -----------------------------------------------------

QUERY = {"list": {"snapshot": "query"}}


def test_the_first_page_fixes_what_all_show():
    world = filled(QUERY, *"abcde")
    first = page(world, limit=2)
    world.delete("c")
    world.update("d", "changed")
    world.create("bb")
    second = page(world, limit=2, mark=first.next)
    assert second.items == [("c", "value of c"), ("d", "value of d")]
    assert names(world, mark=second.next) == ["e"]
    assert page(world, mark=second.next).next is None
    assert names(world) == ["a", "b", "bb", "d", "e"]


def test_a_fixed_list_is_one_read_of_one_replica():
    world = filled({**late(surfaces=["list"], **IN_TURN), **QUERY}, *"abcd")
    world.clock.advance(0.9985)
    assert whole(world) == [["a", "b"], ["c"]]
    world.clock.advance(1)
    assert whole(world) == [["a", "b"], ["c", "d"]]


def test_a_fixed_list_counts_as_one_read():
    world = filled({**counted(1, surfaces=["list"]), **QUERY}, *"abc")
    assert whole(world) == [[]]
    assert whole(world) == [["a", "b"], ["c"]]


def test_only_the_last_fixed_lists_are_kept():
    world = filled(QUERY, *"abc")
    marks = [page(world, limit=1).next for _ in range(MANY + 1)]
    assert names(world, mark=marks[-1]) == names(world, mark=marks[1]) == ["b", "c"]
    with pytest.raises(ExpiredError):
        page(world, mark=marks[0])


def test_a_list_of_one_page_is_not_kept():
    world = filled(QUERY, *"abc")
    first = page(world, limit=1).next
    for _ in range(MANY + 1):
        page(world)
    assert names(world, mark=first) == ["b", "c"]
