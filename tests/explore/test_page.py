"""The page of an exploration: its verdict, the two timelines, and nothing that a client can slip in."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from html import unescape
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from sm_emulator.explore.choices import Kinds
from sm_emulator.explore.page import as_html
from sm_emulator.explore.results import Budget, Cell, Tolerance
from tests.explore import programs as p
from tests.support.pages import Tags, fits, requested

HOSTILE = "<script>alert(1)</script>\"'&\x1b"
LATE = Kinds(faults=())


def page(search, *command: str) -> str:
    return as_html(search, command or ("python", "deploy.py"), (), 2.0)


def bars(html: str) -> list[dict]:
    return Tags(html).of("g", "bar")


def with_exchanges(run, number: int):
    """Return a run with this many exchanges, the first ones again and again."""
    return dataclasses.replace(run, exchanges=(run.exchanges * number)[:number])


def test_a_late_read_is_marked_where_it_happens_beside_the_reference(search):
    found = search(p.deploy_and_wait, p.a_model, LATE)
    html = page(found)
    assert '<span class="verdict bad">Broken</span>' in html
    assert len(Tags(html).of("figure")) == 2
    requests = [*found.reference.exchanges, *found.breaks[0].run.exchanges]
    assert len(bars(html)) == len(requests)
    (caused,) = [bar for bar in bars(html) if "caused" in bar["class"]]
    assert caused["data-step"] == "2"
    assert "schedule DescribeEndpoint(ep)#1 late Endpoint(ep) x1" in caused["aria-label"]
    assert ">late Endpoint(ep) x1</text>" in html
    assert [each["data-step"] for each in Tags(html).of("details")] == ["2"]
    assert "DescribeEndpoint(ep)#1 \u2192 400 ValidationException: Could not find endpoint" in html
    assert "<dd>DescribeEndpoint(ep)#1 \u2192 200, EndpointStatus Creating</dd>" in html
    assert "sm-emulator run --schedule &#39;DescribeEndpoint(ep)#1 late Endpoint(ep) x1&#39;" in html


def test_a_lost_answer_a_failed_operation_and_a_crash_are_marked(search):
    kinds = Kinds(stale="none", faults=("lost",), outcomes=True, crash=True)
    html = page(search(p.blue_green, p.a_live_endpoint, kinds))
    for mark in ("lost", "fails capacity", "slow", "crash after 1"):
        assert f">{mark}</text>" in html
    assert "<dd>CreateEndpointConfig(green)#1 \u2192 answer lost (close)</dd>" in html


def test_a_run_that_ends_before_the_reference_differs_by_what_it_lacks(search):
    found = search(p.naive, p.a_model, LATE)
    found.breaks[0] = dataclasses.replace(found.breaks[0], run=with_exchanges(found.reference, 1))
    html = page(found)
    assert "<dd>nothing more</dd>" in html
    assert "<dd>CreateEndpoint(ep)#1 \u2192 200</dd>" in html
    found.breaks[0] = dataclasses.replace(found.breaks[0], run=found.reference)
    assert "first difference</dt>" not in page(found)


def test_green_is_only_for_what_is_exhausted(search):
    exhausted = page(search(p.idempotent, p.a_model, LATE))
    assert '<span class="verdict">Exhausted</span>' in exhausted
    assert len(Tags(exhausted).of("figure")) == 1
    spent = page(search(p.idempotent, p.a_model, LATE, budget=Budget(runs=2)))
    assert '<span class="verdict unknown">Not decided</span>' in spent
    assert "stopped: the budget is spent" in spent


def test_an_exploration_that_ended_before_its_reference_has_a_page(search):
    html = page(search(p.idempotent, p.a_model, LATE, budget=Budget(runs=0)))
    assert "Not decided" in html
    assert not bars(html)


def test_the_tolerance_of_each_call_is_a_table(search):
    found = search(p.naive, p.a_model, LATE)
    kinds = {"late": Cell(0, "breaks"), "503": Cell(4, "gives up"), "lost": Cell(1), "crash": Cell(None)}
    found.tolerance = [Tolerance("CreateEndpoint(ep)", kinds), Tolerance("CreateModel(m)")]
    table = page(found).partition("<tbody>")[2].partition("</tbody>")[0]
    text = " ".join(re.sub("<[^>]+>", " ", table).split())
    assert text == (
        "CreateEndpoint(ep) breaks survives 4, then gives up survives survives "
        "CreateModel(m) \u2013 \u2013 \u2013 \u2013"
    )


@pytest.mark.parametrize(
    ("guarantees", "text"),
    [
        (
            (("mr",), ("ryw",)),
            'under session = ["mr"] or session = ["ryw"] , which AWS does not promise.',
        ),
        ((), "No session guarantee would prevent it."),
        (None, ""),
    ],
)
def test_a_break_names_the_guarantees_under_which_it_vanishes(search, guarantees, text):
    found = search(p.naive, p.a_model, LATE)
    found.breaks[0] = dataclasses.replace(found.breaks[0], guarantees=guarantees)
    shown = " ".join(unescape(re.sub("<[^>]+>", " ", page(found))).split())
    assert text in shown
    assert ("guarantee would" in shown or "does not promise" in shown) == bool(text)


def test_names_and_commands_are_only_text(search):
    def hostile(scenario) -> None:
        p.naive(scenario)
        with contextlib.suppress(ClientError):
            scenario.client("sagemaker").describe_model(ModelName=HOSTILE)

    found = search(hostile, p.a_model, Kinds(faults=("lost",)))
    html = page(found, "python", HOSTILE)
    assert "alert(1)" in html
    assert "<script>alert" not in html
    assert not {c for c in html if ord(c) < 32} - {"\n"}
    assert len(Tags(html).of("script")) == 2


def test_a_command_of_several_lines_is_copied_as_it_is(search):
    html = page(search(p.naive, p.a_model, LATE), "python", "-c", "if 1:\n    deploy()")
    assert "-- python -c &#39;if 1:\n    deploy()&#39;</code>" in html


def test_nothing_is_loaded_and_a_hundred_requests_weigh_little(search):
    def busy(scenario) -> None:
        client = scenario.client("sagemaker")
        for number in range(98):
            client.list_endpoints(NameContains=f"x{number}")
        p.naive(scenario)

    found = search(busy, p.a_model, Kinds(stale="documented", faults=()))
    assert len(found.reference.exchanges) == 100
    html = page(found)
    assert len(bars(html)) == 200
    assert len(html.encode()) < 150_000
    for tag, attributes in Tags(html).found:
        assert not attributes.keys() & {"src", "srcset", "data"}, tag
        assert attributes.get("href", "#").startswith(("#", "data:,"))


def test_breaks_beyond_two_hundred_requests_are_listed(search):
    found = search(p.naive, p.a_model, LATE)
    (first,) = found.breaks
    found.breaks.append(dataclasses.replace(first, run=with_exchanges(first.run, 200)))
    html = page(found)
    assert len(Tags(html).of("details")) == 2
    assert len(Tags(html).of("figure")) == 2
    assert "replay it to see its timeline" in html


# -- in a browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def file(search, tmp_path_factory) -> Path:
    kinds = Kinds(faults=("lost",), outcomes=True)
    file = tmp_path_factory.mktemp("explored") / "page.html"
    file.write_text(page(search(p.blue_green, p.a_live_endpoint, kinds)))
    return file


@pytest.fixture
def opened(browser, file: Path):
    browser.get(file.as_uri())
    return browser


def test_a_browser_shows_both_timelines_and_the_first_difference_of_what_is_opened(opened):
    def marked() -> list[int]:
        found = opened.find_elements("css selector", "details[open] .bar.first")
        return [int(bar.get_attribute("data-step")) for bar in found if bar.is_displayed()]

    closed = opened.find_elements("css selector", "details:not([open]) summary")
    first = marked()
    assert len(first) == 2
    closed[-1].click()
    assert len(opened.find_elements("css selector", "details[open]")) == 1
    assert opened.find_element("css selector", ".reference").is_displayed()
    assert len(marked()) == 2
    assert marked() != first
    assert len(opened.find_elements("css selector", ".first-text")) == 2
    assert opened.get_log("browser") == []
    urls = requested(opened)
    assert opened.current_url in urls
    assert {url for url in urls if not url.startswith(("file:", "data:", "chrome:"))} == set()


def test_the_button_copies_the_command_that_replays(opened):
    permission = {"name": "clipboard-write"}, {"name": "clipboard-read"}
    for each in permission:
        opened.execute_cdp_cmd("Browser.setPermission", {"permission": each, "setting": "granted"})
    opened.find_element("css selector", "details[open] .copied button").click()
    copied = opened.execute_async_script(
        "navigator.clipboard.readText().then(arguments[arguments.length - 1])"
    )
    assert copied == opened.find_element("css selector", "details[open] .copied code").text


def test_the_first_difference_is_scrolled_into_view(opened):
    opened.execute_script("document.querySelector('.scroll').style.width = '80px'")
    for summary in opened.find_elements("css selector", "summary")[::-1]:
        summary.click()
    places = opened.execute_script(
        "return [...document.querySelectorAll('details[open] .bar.first')].map((bar) => {"
        "  const [own, box] = [bar, bar.closest('.scroll')].map((e) => e.getBoundingClientRect());"
        "  return own.left >= box.left && own.left < box.right; })"
    )
    assert places == [True, True]


@pytest.mark.parametrize("width", [360, 800, 1280])
def test_the_page_fits_the_screen(opened, width):
    assert fits(opened, width)
