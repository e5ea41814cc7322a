"""What a program survives at each call, and which guarantees save it from a break."""

from __future__ import annotations

import pytest

from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.results import Budget, Cell
from sm_emulator.explore.tolerance import measure
from tests.explore import programs as p


@pytest.fixture
def measured(in_process, search):
    """Return a function that explores a program and measures its tolerance."""

    def explore(program, prepare, kinds=None, **options):
        found = search(program, prepare, kinds, **options)
        measure(found, in_process(program, prepare).under)
        return found

    return explore


@pytest.mark.parametrize(
    ("program", "prepare", "saving"),
    [
        (p.naive, p.a_model, (("ryw",),)),
        (p.describe_first, p.a_model, (("mr",), ("ryw",))),
        (p.three_attempts, p.a_model, (("ryw",),)),
        (p.blue_green, p.a_live_endpoint, (("ryw",),)),
        (p.deploy_and_wait, p.a_model, (("ryw",),)),
        (p.list_as_a_guard, p.a_model, (("ryw",),)),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_break_names_the_weakest_guarantees_that_save_its_program(measured, program, prepare, saving):
    found = measured(program, prepare, Kinds(faults=()))
    assert [each.guarantees for each in found.breaks] == [saving]


def test_a_break_without_a_late_read_is_not_measured_under_guarantees(measured):
    found = measured(p.naive, p.a_model, Kinds("none", ("lost",)))
    assert {each.guarantees for each in found.breaks} == {None}


def test_a_call_survives_as_many_late_reads_as_the_smallest_break_less_one(measured):
    found = measured(p.three_attempts, p.a_model, Kinds(faults=()))
    assert [(row.call, row.kinds) for row in found.tolerance] == [
        ("CreateEndpoint(ep)", {"late": Cell(2, "breaks", "documented")})
    ]


def test_what_is_late_for_as_long_as_is_legal_and_survived_has_no_number(measured):
    found = measured(p.back_off, p.a_model, Kinds(faults=()))
    assert found.tolerance[0].kinds == {"late": Cell(None, "", "documented")}


def test_refusals_in_a_row_are_counted_until_the_sdk_gives_up(measured):
    found = measured(p.idempotent, p.a_model, Kinds("none", ("throttle", "lost")))
    (attempts,) = {exchange.max_attempts for exchange in found.reference.exchanges}
    assert {row.call: row.kinds for row in found.tolerance} == {
        call: {"throttle": Cell(attempts - 1, "gives up"), "lost": Cell(1)}
        for call in ("CreateEndpointConfig(cfg)", "CreateEndpoint(ep)")
    }


def test_a_crash_belongs_to_the_call_whose_answer_was_never_sent(measured):
    found = measured(p.naive, p.a_model, Kinds("none", (), crash=True))
    assert {row.call: row.kinds["crash"] for row in found.tolerance} == {
        "CreateEndpointConfig(cfg)": Cell(0, "breaks"),
        "CreateEndpoint(ep)": Cell(0, "breaks"),
    }


def test_a_spent_budget_leaves_what_the_search_knows(measured):
    kinds = Kinds("none", ("503",))
    whole = measured(p.idempotent, p.a_model, kinds)
    searched = 2 + whole.counts.tried
    found = measured(p.idempotent, p.a_model, kinds, budget=Budget(runs=searched))
    assert found.exhausted
    assert {cell for row in found.tolerance for cell in row.kinds.values()} == {Cell(1)}
    assert found.counts.runs == searched


def test_a_search_that_was_stopped_before_its_reference_has_no_table(measured):
    assert measured(p.naive, p.a_model, budget=Budget(runs=0)).tolerance == []
