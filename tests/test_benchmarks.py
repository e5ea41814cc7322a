"""The benchmarks run, at a tiny size. What they measure is not asserted: nothing here is timed."""

import asyncio
import importlib
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from sm_emulator import Emulator

BENCHMARKS = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture
def program(monkeypatch):
    """Import a program of benchmarks/, as if it was started there."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return importlib.import_module


def test_the_generator_loads_a_server(program):
    load, messages = program("load"), program("messages")
    with Emulator(settings={"models.required": False}) as emulator:
        done = load.drive(urlsplit(emulator.url).port, messages.creates(), connections=2, seconds=0.05)
        made = emulator.scenario().summary()["resources"]
    assert made >= 2
    assert done.rate > 0


def test_the_generator_stops_at_a_refusal(program):
    load, messages = program("load"), program("messages")
    with Emulator() as emulator, pytest.raises(RuntimeError, match="Could not find endpoint config"):
        load.drive(urlsplit(emulator.url).port, messages.describes(), connections=1, seconds=0.05)


def test_a_bare_route_gives_our_answers(program):
    servers, load, messages = program("servers"), program("load"), program("messages")
    bare = servers.program("bare", "bare_flask.py")
    with servers.serving(bare):
        assert load.drive(bare.port, messages.describes(), connections=1, seconds=0.01).rate > 0


def test_a_crowd_is_counted_to_the_last(program, monkeypatch):
    crowd, faults = program("crowd"), program("faults")
    monkeypatch.setitem(faults.SLOW[0]["effect"], "delay", 0.01)
    result = crowd.crowd(20, seconds=0.1)
    assert (result.refused, result.lost) == ([], [])
    assert [len(burst) for burst in result.bursts] == [10] * crowd.BURSTS
    assert len(result.delayed) >= 10
    assert "refused or lost" in crowd.figures(result)[0].what


def test_a_soak_explains_every_answer(program, monkeypatch):
    soak, servers = program("soak"), program("servers")
    monkeypatch.setattr(program("life"), "LIVE", 5)
    server = servers.ours()
    with servers.serving(server):
        result = asyncio.run(soak.soak(server, seconds=0.2))
    assert result.tally.wrong == []
    assert len(result.minutes) == soak.PARTS
    assert "answers that nothing explains" in soak.report(result, soak.figures(result))


def test_the_cost_of_the_plugin_is_measured_against_suites_without_it(program):
    plugin = program("plugin")
    taken = plugin.measure(1)
    assert all(milliseconds > 0 for (milliseconds,) in taken.values())
    assert plugin.report(taken).count("at most") == 4


def test_a_search_is_counted_and_timed(program):
    explore = program("explore")
    with Emulator() as emulator:
        runner = explore.InProcess(
            explore.programs.naive, emulator, prepare=explore.programs.a_model, max_lag=2.0
        )
        found = explore.search("naive", runner, 1, explore.STALE)
    assert found.row()[0::5] == ["naive", "CreateEndpoint(ep)#1 late EndpointConfig(cfg) x1"]
    assert len(list(explore.figures_in_process([found], [found]))) == 4


def test_results_keep_the_other_sections(program, tmp_path):
    results = program("results")
    file = tmp_path / "results.md"
    results.note("Goals", "first\n\n### Start\n\nfast", file)
    results.note("Soak", "passed", file)
    results.note("Goals", "second", file)
    assert file.read_text() == f"{results.HEAD}\n## Goals\n\nsecond\n\n## Soak\n\npassed\n"


def test_a_goal_that_is_missed_is_reported(program):
    judge = program("judge")
    shown = judge.goals([judge.at_least("a", [1, 3, 2], 2.5), judge.at_most("b", [1], 2, " ms")])
    assert "2.00 (1.00 to 3.00) | MISSED" in shown
    assert "1.00 ms" in shown


def test_the_chart_shows_every_value(program):
    chart = program("chart")
    panel = chart.Panel(
        "creates per second", {"sm-emulator": (4000, 3000, 5000), "moto & co": (400, 300, 500)}
    )
    drawn = ET.fromstring(chart.draw([panel], "here"))
    assert {"sm-emulator", "moto & co", "4,000", "400"} <= {element.text for element in drawn.iter()}


def test_after_a_storm_store_journal_history_and_connections_agree(program):
    storm, acted, wrong = program("storm").run(clients=64, seconds=2)
    assert wrong == []
    assert sum(storm.endings.values()) == storm.sent
    assert sum(acted.values()) > 0
