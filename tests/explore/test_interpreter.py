"""How a command is recognized as a program of Python, by its words or its first line."""

import sys

import pytest

from sm_emulator.explore.interpreter import PythonProgram, python_program, sleeps_virtually


@pytest.mark.parametrize(
    ("words", "kind", "target", "arguments"),
    [
        (("-c", "pass", "-v"), "code", "pass", ("-v",)),
        (("-u", "-W", "error", "-m", "pytest", "-x"), "module", "pytest", ("-x",)),
        ((__file__, "--name", "a"), "script", __file__, ("--name", "a")),
    ],
)
def test_a_python_command_is_taken_apart(words, kind, target, arguments):
    program = python_program(("python3", *words))
    assert program is not None
    assert (program.kind, program.target, program.arguments) == (kind, target, arguments)


def test_a_script_has_its_interpreter_in_its_first_line(tmp_path):
    script = tmp_path / "deploy"
    script.write_text(f"#!{sys.executable}\n")
    script.chmod(0o755)
    assert python_program((str(script), "a")) == PythonProgram(
        (sys.executable,), "script", str(script), ("a",)
    )
    assert sleeps_virtually((str(script),))


@pytest.mark.parametrize(
    "words", [("sh", "-c", "true"), ("python3", "-I", "x.py"), ("no-such-command",)]
)
def test_sleeps_of_other_programs_take_real_time(words):
    assert not sleeps_virtually(words)
    assert python_program(words) is None
