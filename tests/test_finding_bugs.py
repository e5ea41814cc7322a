"""Each bug of the page shows under its setting, and its fix succeeds."""

from __future__ import annotations

import re
import time
import tomllib
from contextlib import redirect_stdout
from io import StringIO

import boto3
import pytest

from sm_emulator import Emulator
from sm_emulator.consistency.build import PRESETS
from tests.support.documentation import ROOT, anchor, blocks, sections

PAGE = (ROOT / "docs/finding-bugs.md").read_text()
BEGINNING = next(block.text for block in blocks(PAGE) if block.title == "beginning")
BUGS = sections(PAGE)
ROWS = re.findall(r"^\| \[(.+?)\]\(#(.+?)\) \| (.+?) \|", PAGE, re.MULTILINE)
EXISTING = """
sagemaker.create_model(ModelName="churn", PrimaryContainer={"Image": "churn:1"})
configure("churn-1")
sagemaker.create_endpoint(EndpointName="churn", EndpointConfigName="churn-1")
"""


def setting(title: str) -> dict:
    return tomllib.loads(next(block.text for block in blocks(BUGS[title]) if block.language == "toml"))


def run(emulator: Emulator, account: str, setting: dict, program: str, monkeypatch) -> str:
    """Return what a program prints with the resources of the page, on a clock that its own waits move."""
    lives = {f"lifecycle.{key}": value for key, value in setting.get("lifecycle", {}).items()}
    scenario = emulator.new_scenario(account, clock="virtual", settings=lives)
    monkeypatch.setattr(boto3, "client", scenario.client)
    monkeypatch.setattr(time, "sleep", scenario.clock.advance)
    names: dict = {}
    exec(BEGINNING + EXISTING, names)
    scenario.clock.advance(3600)
    scenario.settle()
    scenario.consistency(setting.get("consistency", "strong"))
    scenario.faults.replace(setting.get("faults", []))
    printed = StringIO()
    with redirect_stdout(printed):
        try:
            exec(program, names)
        except Exception as error:  # noqa: BLE001
            printed.write(f"{type(error).__name__}: {error}\n")
    return printed.getvalue().replace(account, "ACCOUNT")


@pytest.mark.parametrize("title", BUGS)
def test_bug_and_fix_print_what_the_page_shows(title, served, account, monkeypatch):
    shown = [block for block in blocks(BUGS[title]) if block.language != "toml"]
    assert [block.title for block in shown] == ["the bug", "prints", "the fix", "prints"]
    bug, prints, fix, instead = (block.text for block in shown)
    assert run(served, account, setting(title), bug, monkeypatch) == prints
    assert run(served, account, setting(title), fix, monkeypatch) == instead
    assert instead != prints


@pytest.mark.parametrize("title", BUGS)
def test_without_its_setting_the_bug_does_not_show(title, served, account, monkeypatch):
    bug, prints = [block.text for block in blocks(BUGS[title]) if block.language != "toml"][:2]
    assert run(served, account, {}, bug, monkeypatch) != prints


def test_the_table_has_a_row_for_each_bug_and_names_its_setting():
    assert [target for _, target, _ in ROWS] == [anchor(title) for title in BUGS]
    presets = {preset.name for preset in PRESETS}
    for (_, _, shown), title in zip(ROWS, BUGS, strict=True):
        given = setting(title)
        named = given.get("faults", given.get("consistency", {}).get("preset"))
        if isinstance(named, str):
            assert shown == f"`{named}`"
            assert named in presets | {"lost-reply", "read-after-create-miss-2"}
