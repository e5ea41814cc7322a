"""The page for people who open the address of a running emulator in a browser."""

from pathlib import Path

import flask

from sm_emulator.control.control import Control


def overview(control: Control) -> str:
    """Return the page: what runs here, and where its reports are. It loads nothing."""
    template = Path(__file__).with_name("overview.html").read_text(encoding="utf-8")
    scenarios = [scenario.summary() for scenario in control.all()]
    url = flask.request.host_url.rstrip("/")
    return flask.render_template_string(template, version=control.version, url=url, scenarios=scenarios)
