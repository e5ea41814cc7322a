"""The HTML report: whole, safe whatever clients sent, and in a real browser."""

from itertools import pairwise
from pathlib import Path

import pytest

from sm_emulator.report.page import Scale
from tests.support.exchanges import exchange, failed, missed
from tests.support.pages import Tags, fits, requested
from tests.support.reports import eventful, report_of


def test_there_is_a_lane_for_each_retry_chain_and_a_bar_for_each_attempt():
    tags = Tags(eventful().as_html())
    assert len(tags.of("g", "lane")) == 4
    kinds = [attributes["class"] for attributes in tags.of("g", "bar")]
    assert sorted(kinds) == sorted(
        ["bar ok"] * 2 + ["bar refused"] * 5 + ["bar throttled", "bar broken", "bar lost"]
    )
    assert len(tags.of("line", "wait program")) == 4 + 1  # and one in the legend
    assert len(tags.of("line", "wait sdk")) == 2


def test_the_attempts_at_one_call_are_in_a_box_around_their_bars():
    first = [exchange(at, attempt=1 + at, invocation="a", code="x", status=500) for at in (0, 1, 2)]
    tags = Tags(report_of(*first, exchange(9, resource="alone")).as_html())
    box, _in_the_legend = tags.of("rect", "box")
    bars = [(float(a["x"]), float(a["width"])) for a in tags.of("rect", "fill")][:3]
    assert float(box["x"]) == pytest.approx(bars[0][0] - 4, abs=0.1)
    end = float(box["x"]) + float(box["width"])
    assert end == pytest.approx(sum(bars[2]) + 4, abs=0.2)


def test_a_waiter_has_one_lane_and_the_next_one_another():
    def poll(at, **more):
        return exchange(at, operation="DescribeEndpoint", invocation=str(at), waiter=True, **more)

    deleted = exchange(3, operation="DeleteEndpoint", invocation="d")
    tags = Tags(report_of(poll(0), poll(1), poll(2), deleted, poll(4), poll(5, resource="f")).as_html())
    assert len(tags.of("g", "lane")) == 4
    assert len(tags.of("g", "bar")) == 6
    assert len(tags.of("line", "wait sdk")) == 2


def test_findings_lead_to_their_lanes_and_back():
    page = eventful().as_html()
    identifiers = {attributes["id"] for _, attributes in Tags(page).found if "id" in attributes}
    targets = {a["href"][1:] for a in Tags(page).of("a")}
    assert {target.partition("-")[0] for target in targets} == {"finding", "lane", "failure"}
    assert targets <= identifiers


def test_a_bar_describes_its_attempt():
    labels = [a["aria-label"] for a in Tags(eventful().as_html()).of("g", "bar")]
    throttled = next(label for label in labels if "throttled" in label).splitlines()
    assert throttled[:2] == [
        "CreateModel, attempt 1 of 3: throttled",
        "at 4.100 s, answered after 2 ms",
    ]
    assert "fault throttle" in throttled
    assert "load read of replica 1: 1 behind, 500 ms after the write" in "\n".join(labels)
    assert "describe read of replica 0: fresh" in "\n".join(labels)


def test_names_that_clients_chose_are_only_text():
    hostile = "<script>alert(1)</script>\"'"
    page = report_of(exchange(resource=hostile, operation=hostile)).as_html()
    assert hostile not in page
    assert len(Tags(page).of("script")) == 1


def test_the_page_names_nothing_that_would_be_loaded():
    for tag, attributes in Tags(eventful().as_html()).found:
        assert not attributes.keys() & {"src", "srcset", "data"}, tag
        assert attributes.get("href", "#").startswith(("#", "data:,"))


def test_an_empty_report_says_so():
    page = report_of().as_html()
    assert "No request arrived" in page
    assert "No findings" in page


def test_many_calls_share_a_lane_for_each_operation_and_resource():
    loop = [exchange(n, operation="DescribeEndpoint", duration=0.2) for n in range(90)]
    loop[40:50] = [failed(n, operation="DescribeEndpoint", duration=0.2) for n in range(40, 50)]
    page = report_of(*loop, exchange(95, resource="f")).as_html()
    tags = Tags(page)
    assert (len(tags.of("g", "lane")), len(tags.of("g", "bar"))) == (2, 91)
    assert float(tags.of("svg")[0]["width"]) < 1800
    (first,) = (each["id"] for each in tags.of("g", "bar throttled") if "id" in each)
    assert f'<a href="#{first}">' in page
    assert "all calls of an operation on a resource" in page
    bars = [(float(a["x"]), float(a["width"])) for a in tags.of("rect", "fill")][:90]
    assert all(x + width <= after for (x, width), (after, _) in pairwise(bars))


def test_too_many_lanes_are_cut_to_the_eventful():
    quiet = [exchange(n, resource=f"q{n}") for n in range(200)]
    page = report_of(*quiet, missed(500, resource="late")).as_html()
    assert len(Tags(page).of("g", "lane")) == 1
    assert "200 uneventful or later ones are left out" in page


def test_a_long_stretch_is_drawn_longer_but_not_in_proportion():
    scale = Scale([0, 0.001, 10])
    assert 0 == scale[0] < scale[0.001] < scale[10] == max(scale.values())
    assert scale[10] < 100 * scale[0.001]
    assert [moment for moment, _ in scale.ticks()] == [0, 10]


def test_bars_do_not_overlap_however_short_a_stretch_is():
    scale = Scale([0, 0.0001, 0.0002])
    assert scale[0.0001] >= 11
    assert scale[0.0002] >= scale[0.0001] + 11


# -- in a browser ----------------------------------------------------------------------------------


@pytest.fixture
def opened(browser, tmp_path: Path):
    file = tmp_path / "report.html"
    file.write_text(eventful().as_html())
    browser.get(file.as_uri())
    return browser


def test_a_browser_shows_the_timeline_without_an_error_or_a_request(opened):
    bars = opened.find_elements("css selector", ".bar")
    assert len(bars) == 10
    assert all(bar.rect["width"] >= 9 and bar.rect["height"] >= 18 for bar in bars)
    assert opened.get_log("browser") == []
    urls = requested(opened)
    assert opened.current_url in urls
    assert {url for url in urls if not url.startswith(("file:", "data:", "chrome:"))} == set()


def test_a_bar_that_is_pointed_at_or_reached_by_the_keyboard_shows_its_tooltip(opened):
    from selenium.webdriver import ActionChains, Keys

    tip = opened.find_element("id", "tip")
    assert not tip.is_displayed()
    ActionChains(opened).move_to_element(
        opened.find_element("css selector", ".bar.throttled .fill")
    ).perform()
    assert tip.text.startswith("CreateModel, attempt 1 of 3: throttled")
    ActionChains(opened).send_keys(Keys.ESCAPE).perform()
    assert not tip.is_displayed()
    opened.execute_script("document.querySelector('.bar.lost').focus()")
    assert "answer lost" in tip.text


def test_the_page_fits_a_narrow_screen(opened):
    assert fits(opened, 400)


def test_the_page_follows_the_scheme_of_the_machine(opened):
    def paper() -> str:
        return opened.execute_script("return getComputedStyle(document.body).backgroundColor")

    seen = set()
    for scheme in ("light", "dark"):
        wanted = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", wanted)
        seen.add(paper())
    assert len(seen) == 2


def test_control_characters_of_a_client_are_escaped():
    page = report_of(missed(resource="a\x1b]0;title\x07", operation="\x1bcX")).as_html()
    assert "a\\x1b]0;title\\x07" in page
    assert not {c for c in page if ord(c) < 32} - {"\n"}
