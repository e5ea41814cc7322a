"""Functions that answer for models are found where the command is run."""

import sys
from pathlib import Path

from sm_emulator.cli.options import load
from sm_emulator.emulator import Emulator


def test_a_module_next_to_the_command_is_found_and_shadows_no_installed_one(tmp_path: Path, monkeypatch):
    (tmp_path / "my_own_model.py").write_text("def answer(invocation): return invocation.body")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = list(sys.path)
    rule = '[{"python": "my_own_model:answer"}]'
    options = {"config": None, "assignments": [f"models.responses={rule}"]}
    assert Emulator.of(load(options)).settings["models.responses"] == [{"python": "my_own_model:answer"}]
    assert sys.path[: len(before)] == before
