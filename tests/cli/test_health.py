"""`sm-emulator health`: what the container's health check runs."""

import json
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from click.testing import CliRunner

from sm_emulator import Emulator, __version__
from sm_emulator.cli import main
from sm_emulator.cli.health import address
from sm_emulator.config.settings import Override, load


def health(*words: str, env: dict[str, str] | None = None):
    return CliRunner().invoke(main, ["health", *words], env={"SM_EMULATOR_CONFIG": None, **(env or {})})


@pytest.fixture
def url():
    with Emulator(seed=7) as emulator:
        yield emulator.url


@contextmanager
def answering(body: bytes):
    """Serve something that is not sm-emulator."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words):
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_serving_emulator_is_healthy(url):
    result = health("--url", url)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"ok {url}  version {__version__}  seed 7\n"


def test_without_a_url_the_environment_says_where(url):
    port = url.rpartition(":")[2]
    result = health(env={"SM_EMULATOR_PORT": port, "SM_EMULATOR_HOST": "0.0.0.0"})
    assert (result.exit_code, result.stdout.split()[:2]) == (0, ["ok", url])


def test_without_a_url_the_configuration_file_says_where(url, tmp_path):
    port = int(url.rpartition(":")[2])
    (tmp_path / "config.json").write_text(json.dumps({"server": {"port": port}}))
    result = health(env={"SM_EMULATOR_CONFIG": str(tmp_path)})
    assert (result.exit_code, result.stdout.split()[:2]) == (0, ["ok", url])


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:7243"),
        ("0.0.0.0", "http://127.0.0.1:7243"),
        ("::", "http://[::1]:7243"),
        ("sagemaker", "http://sagemaker:7243"),
    ],
)
def test_an_address_for_everybody_is_reached_by_loopback(host, url):
    assert address(load([Override("server.host", host, "test")])) == url


def test_where_nothing_listens_is_exit_code_1_with_the_reason():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    result = health("--url", url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {url}: Connection refused\n"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}"])
def test_something_else_that_answers_is_exit_code_1(body):
    with answering(body) as url:
        result = health("--url", url)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {url}: the server there is not sm-emulator\n"


@pytest.mark.parametrize("url", ["localhost:7243", "https://localhost", "http://", "http://x:port"])
def test_an_invalid_url_is_exit_code_2(url):
    result = health("--url", url)
    assert result.exit_code == 2
    assert f"{url!r} is not of the form http://HOST:PORT" in result.stderr


def test_it_teaches():
    assert "sm-emulator health --url http://127.0.0.1:7243" in health("--help").stdout


@pytest.mark.slow
def test_it_imports_nothing_that_serves(url):
    program = (
        "import sys\n"
        "from sm_emulator.cli import main\n"
        f"main(['health', '--url', '{url}'], standalone_mode=False)\n"
        "print({'flask', 'werkzeug', 'moto', 'boto3', 'asyncio', 'sm_emulator.emulator'} & set(sys.modules))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[1:] == ["set()"]
