"""The report of an exploration as text: what happened, how to fix it, and what each call survives."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.results import Budget, Cell, Tolerance
from sm_emulator.explore.text import as_text
from sm_emulator.explore.tolerance import measure
from tests.explore import programs as p


@pytest.fixture
def report(in_process, search):
    """Return a function that explores a program and returns the search and its text."""

    def explore(program, prepare, kinds=None, most=None, **options):
        found = search(program, prepare, kinds, **options)
        measure(found, in_process(program, prepare).under)
        return found, text_of(found, most)

    return explore


def text_of(found, most=None):
    return "\n".join(as_text(found, 2.0, lambda each: f"replay of {each.schedule}", most))


def unwrapped(text):
    return " ".join(text.split())


def test_a_late_read_shows_its_basis_what_happened_and_how_to_fix_it(report):
    _, text = report(p.naive, p.a_model, Kinds(faults=()))
    assert unwrapped(text).startswith(
        "explored 1 schedule of at most 1 cause (late; max_lag 2 s): 0 harmless, 1 break it 7 runs in "
    )
    for part in (
        "BREAKS  CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1\n  error: ClientError: An error occurred",
        "  late EndpointConfig(cfg): documented by AWS\n"
        "      1  CreateEndpointConfig(cfg)#1  200\n"
        "      2  CreateEndpoint(ep)#1         400 ValidationException: Could not find e…\n"
        "         ↑ late EndpointConfig(cfg) x1, written 10 ms before\n"
        "         without: 200\n"
        "  missing: Endpoint(ep)\n"
        "  does not break it under read your writes, which AWS does not promise\n"
        "  fix: repeat CreateEndpoint with back-off",
        "  replay: replay of CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1\n",
        "TOLERANCE             late\n  CreateEndpoint(ep)  breaks\n",
    ):
        assert part in text


def test_an_old_value_shows_the_status_that_was_read(report):
    _, text = report(p.blue_green, p.a_live_endpoint, Kinds(faults=()))
    assert "DescribeEndpoint(ep)#1       200, EndpointStatus InService\n" in text
    assert "without: 200, EndpointStatus Updating\n" in text


def test_what_is_left_is_named(report):
    _, text = report(p.blue_green, p.a_live_endpoint, Kinds("none", ("lost",)))
    assert "\n  left: EndpointConfig(cfg)\n" in text


def test_an_exhausted_search_says_what_was_tried_and_what_is_survived(report):
    _, text = report(p.idempotent, p.a_model)
    claim = "exhausted: none of 5 schedules of at most 1 cause (late, lost, 503; max_lag 2 s) breaks it"
    assert unwrapped(text).startswith(claim)
    assert "TOLERANCE                    late    lost      503\n" in text
    assert "  CreateEndpoint(ep)         always  survives  " in text


def test_every_line_but_a_replay_fits_a_terminal(report):
    _, text = report(p.deploy_and_wait, p.a_model, Kinds(outcomes=True, crash=True))
    lines = [line for line in text.split("\n") if not line.startswith("  replay:")]
    assert max(map(len, lines)) <= 80


def test_breaks_beyond_those_wanted_are_counted(report):
    _, text = report(p.naive, p.a_model, Kinds("none", ("lost",)), most=1)
    assert "\nand 1 more: --all shows them\n" in text


def test_a_search_that_was_stopped_says_so_and_what_is_left(report):
    _, text = report(p.naive, p.a_model, Kinds("none", ("503",)), budget=Budget(runs=3))
    assert "0 break it; stopped: the budget is spent" in unwrapped(text)
    assert "; 1 absorbed by the SDK, 1 left" in unwrapped(text)


def test_what_is_not_repeatable_or_not_saved_is_said(report):
    found, _ = report(p.naive, p.a_model, Kinds(faults=()))
    found.breaks[0] = replace(found.breaks[0], confirmed=1, guarantees=())
    text = text_of(found)
    assert "  not repeatable: 1 of 2 further runs broke in this way\n" in text
    assert "  no session guarantee would prevent it\n" in text


def test_a_cell_says_how_often_and_what_comes_then(report):
    found, _ = report(p.naive, p.a_model, Kinds(faults=()))
    cells = {
        "503": Cell(1),
        "throttle": Cell(4, "gives up"),
        "lost": Cell(1),
        "reset": Cell(0, "breaks"),
    }
    found.tolerance = [Tolerance("CreateModel(m)", cells), Tolerance(f"CreateModel({'m' * 99})", {})]
    row, long = text_of(found).split("\n")[-3:-1]
    assert row.split("  ")[-4:] != ["-"] * 4
    assert "at least 1  4, then gives up  survives  breaks" in row
    assert long.endswith("m…  -           -                 -         -")


def test_the_first_words_are_painted_where_colours_are_wanted(report):
    found, _ = report(p.naive, p.a_model, Kinds(faults=()))
    parts = as_text(found, 2.0, str, None, lambda text, colour: f"<{colour} {text}>")
    text = "\n".join(parts)
    assert text.startswith("<red explored> 1 schedule")
    assert "\n<red BREAKS>  CreateEndpoint(ep)#1" in text
    assert "<yellow ↑> late" in text
