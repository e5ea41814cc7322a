"""Options of the command line and the ini file, and the matrix of presets and seeds."""

from argparse import ArgumentTypeError
from itertools import product
from typing import Any

import pytest

MARKER = (
    "sm_emulator(preset=None, seed=None, clock=None, reproducible=None, faults=None, settings=None, "
    "sleep='real'): the initial state of this test's scenario; sleep='virtual' moves its clock instead "
    "of waiting, and so does reproducible=True"
)
EXPLORE_MARKER = (
    "sm_explore(k=1, stale='all', faults=('lost', '503'), outcomes=False, crash=False, exact=False, "
    "invariants=(), budget=None, max_lag=5.0, session=(), schedule=None): run this test under every "
    "schedule of at most k causes, and report the smallest that breaks it"
)
FAIL_ON = pytest.StashKey[frozenset[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("sm-emulator")
    add = group.addoption
    for name, kind, metavar, text in (
        ("preset", str, "NAME", "preset of tests whose marker sets none"),
        ("presets", _names, "NAME,…", "run each test that has a scenario under each of these presets"),
        ("seed", int, "N", "random seed of tests whose marker sets none"),
        ("seeds", _seeds, "1-20", "run each test that has a scenario with each of these seeds"),
        ("fail-on", _names, "FINDING,…", "fail tests with these findings, or with `any`"),
    ):
        add(f"--sm-emulator-{name}", type=kind, metavar=metavar, help=text)
    add(
        "--sm-emulator-reproducible",
        action="store_true",
        default=None,
        help="equal runs, unless a marker says otherwise: virtual time, 25 ms a request",
    )
    add(
        "--sm-explore",
        choices=("yes", "no"),
        default="yes",
        help="no: run tests marked sm_explore once, with nothing late and nothing failing",
    )
    add("--sm-explore-budget", metavar="RUNS|TIME", help="stop exploring a test after 500 runs, or 60s")
    add("--sm-schedule", metavar="TEXT", help="run tests marked sm_explore under this schedule alone")
    parser.addini(
        "sm_emulator_config",
        "configuration file of the emulator (TOML, YAML or JSON), relative to this file",
        type="paths",
        default=[],
    )
    parser.addini(
        "sm_emulator_autouse", "use sm_emulator_environment in every test", type="bool", default=False
    )


def fail_on(config: pytest.Config) -> frozenset[str]:
    """Return the findings of `--sm-emulator-fail-on`. Raises UsageError for an unknown one."""
    names = config.getoption("--sm-emulator-fail-on")
    if not names:
        return frozenset()
    from sm_emulator.report.finding import select  # noqa: PLC0415  keeps the plugin cheap

    try:
        return frozenset(select(names, "--sm-emulator-fail-on"))
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that has a scenario once for each preset and seed that its marker does not set."""
    if "sm_emulator" not in metafunc.fixturenames or metafunc.definition.get_closest_marker(
        "sm_explore"
    ):
        return
    marker = metafunc.definition.get_closest_marker("sm_emulator")
    axes: list[list[tuple[str, Any]]] = [
        [(name, value) for value in values]
        for name in ("preset", "seed")
        if (values := metafunc.config.getoption(f"--sm-emulator-{name}s"))
        and not (marker and name in marker.kwargs)
    ]
    if axes:
        variants = [dict(variant) for variant in product(*axes)]
        prefixes = {"preset": "", "seed": "seed"}
        ids = ["-".join(f"{prefixes[n]}{v}" for n, v in variant.items()) for variant in variants]
        metafunc.parametrize("sm_emulator", variants, ids=ids, indirect=True)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _seeds(text: str) -> list[int]:
    """Read `1-20`, `3`, or a list of both."""
    seeds: list[int] = []
    for part in _names(text):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise ArgumentTypeError(f"{part!r} is neither a seed nor a range like 1-20")
        seeds += range(int(first), int(last or first) + 1)
    return seeds
