"""What `make conformance` promises without running its clients."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "conformance" / "run.py"


def conformance(*arguments: str, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it with nothing but `path` to find programs by."""
    return subprocess.run(
        [sys.executable, PROGRAM, "--json", path / "result.json", *arguments],
        env={"PATH": str(path), "HOME": str(path), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_client_whose_toolchain_is_missing_is_left_out_and_named(tmp_path: Path):
    done = conformance("rust", path=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "LEFT OUT: rust, no cargo here" in done.stdout
    assert '"rust": "no cargo here"' in (tmp_path / "result.json").read_text()


def test_a_client_left_out_fails_the_run_where_all_are_wanted(tmp_path: Path):
    done = conformance("rust", "--all", path=tmp_path)
    assert done.returncode == 1
    assert "LEFT OUT: rust" in done.stdout


def test_terraform_is_left_out_with_the_reason_even_where_all_are_wanted(tmp_path: Path):
    done = conformance("terraform", "--all", path=tmp_path)
    assert done.returncode == 0
    assert "LEFT OUT: terraform, no terraform here" in done.stdout
    (tmp_path / "terraform").touch(mode=0o755)
    done = conformance("terraform", "--all", path=tmp_path, TF_PLUGIN_DIR=str(tmp_path))
    assert done.returncode == 0
    assert f"LEFT OUT: terraform, no provider 5.100.0 in {tmp_path}" in done.stdout


def test_an_unknown_client_is_named_with_those_allowed(tmp_path: Path):
    done = conformance("java", path=tmp_path)
    assert done.returncode == 2
    assert "unknown client java; allowed: rust, boto3" in done.stderr


@pytest.mark.parametrize("page", ["README.md", "docs/clients.md"])
def test_the_table_shows_the_versions_that_are_pinned(page: str):
    text = (ROOT / page).read_text()
    pins = [file.read_text() for file in ROOT.glob("conformance/*/requirements.txt")]
    versions = {re.search("==(.+)", pin)[1] for pin in pins}
    crate = (ROOT / "conformance/rust/Cargo.toml").read_text()
    versions.add(re.search('aws-sdk-sagemaker = { version = "=([0-9.]+)"', crate)[1])
    module = (ROOT / "conformance/terraform/main.tf").read_text()
    versions.add(re.search('version = "([0-9.]+)"', module)[1])
    assert len(versions) == 9
    shown = re.findall(r"^\| [^|]+ ([0-9.]+) \| [0-9]", text, re.MULTILINE)
    assert set(shown) == versions
