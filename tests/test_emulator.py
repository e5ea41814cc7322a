"""The emulator in a test's own process."""

import asyncio
import inspect
import os
import socket
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ProxyConnectionError

import sm_emulator
from sm_emulator import ConfigurationError, ConflictError, Emulator
from sm_emulator.operations.registry import OPERATIONS

MODEL = {"ModelName": "m", "PrimaryContainer": {"Image": "i"}}


def sockets() -> set[str]:
    links = set()
    for fd in os.listdir("/proc/self/fd"):
        try:
            links.add(os.readlink(f"/proc/self/fd/{fd}"))
        except FileNotFoundError:
            continue  # the one that listdir itself had open
    return {link for link in links if link.startswith(("socket", "anon_inode"))}


def test_it_works_as_documented():
    with Emulator(preset="dynamodb", seed=7, clock="virtual") as emulator:
        sagemaker = emulator.client("sagemaker")
        scenario = emulator.scenario()
        scenario.consistency("read-after-create-miss-2")
        sagemaker.create_model(**MODEL)
        for _ in range(2):
            with pytest.raises(sagemaker.exceptions.ClientError, match="Could not find model"):
                sagemaker.describe_model(ModelName="m")
        assert sagemaker.describe_model(ModelName="m")["ModelName"] == "m"
        scenario.clock.advance(3.0)
        scenario.settle()
        assert emulator.url.startswith("http://127.0.0.1:")


def test_ten_start_and_stop_and_leave_nothing_behind():
    threads, open_sockets = set(threading.enumerate()), sockets()
    emulators = [Emulator().start() for _ in range(10)]
    assert len({emulator.url for emulator in emulators}) == 10
    for emulator in emulators:
        emulator.stop()
    # what other tests have left to the collector may go meanwhile; nothing may come
    assert set(threading.enumerate()) <= threads
    assert sockets() <= open_sockets


def test_two_side_by_side_share_nothing():
    with Emulator() as one, Emulator() as other:
        one.client("sagemaker").create_model(**MODEL)
        client = other.client("sagemaker")
        with pytest.raises(client.exceptions.ClientError, match="Could not find model"):
            client.describe_model(ModelName="m")


def test_one_can_be_started_again_and_keeps_what_it_holds():
    emulator = Emulator()
    with emulator:
        emulator.client("sagemaker").create_model(**MODEL)
    with emulator:
        assert emulator.client("sagemaker").describe_model(ModelName="m")["ModelName"] == "m"


def test_a_decorated_coroutine_is_served_until_it_ends():
    @Emulator(seed=7)
    async def deploy(name, emulator):
        """Deploy."""
        await asyncio.sleep(0)
        emulator.client("sagemaker").create_model(**MODEL | {"ModelName": name})
        return emulator

    assert inspect.iscoroutinefunction(deploy)
    assert (deploy.__name__, deploy.__doc__) == ("deploy", "Deploy.")
    one, other = asyncio.run(deploy("a")), asyncio.run(deploy("a"))
    assert one is not other
    with pytest.raises(RuntimeError, match="does not serve"):
        _ = one.url


def test_stopping_twice_is_harmless():
    emulator = Emulator().start()
    emulator.stop()
    emulator.stop()
    with pytest.raises(RuntimeError, match="does not serve"):
        _ = emulator.url


def test_starting_twice_raises_and_the_first_keeps_serving():
    with Emulator() as emulator:
        with pytest.raises(RuntimeError, match=f"already serves at {emulator.url}"):
            emulator.start()
        assert emulator.client("sagemaker").list_models()["Models"] == []
        url = emulator.url
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))).close()


def test_a_start_that_fails_raises_and_leaves_nothing():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        threads, open_sockets = set(threading.enumerate()), sockets()
        emulator = Emulator(settings={"server.port": taken.getsockname()[1]})
        with pytest.raises(OSError, match="in use"):
            emulator.start()
        assert set(threading.enumerate()) <= threads
        assert sockets() <= open_sockets
    with pytest.raises(RuntimeError, match="does not serve"):
        _ = emulator.url
    with emulator:
        assert emulator.client("sagemaker").list_models()["Models"] == []


PROXIES = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")


def test_clients_ignore_the_proxies_of_the_environment(monkeypatch):
    for name in PROXIES:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Emulator() as emulator:
        config = Config(retries={"total_max_attempts": 1})
        for client in (emulator.client("sagemaker"), emulator.client("sagemaker", config=config)):
            assert client.list_models()["Models"] == []
        proxied = emulator.client(
            "sagemaker", config=config.merge(Config(proxies={"http": "http://127.0.0.1:1"}))
        )
        with pytest.raises(ProxyConnectionError):
            proxied.list_models()


@pytest.mark.slow
def test_programs_reach_it_although_their_environment_has_a_proxy(monkeypatch):
    for name in PROXIES:
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "example.com")
    program = "import boto3; print(boto3.client('sagemaker').list_models()['Models'])"
    with Emulator() as emulator:
        variables = emulator.environment()
        result = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=True,
        )
    assert result.stdout == "[]\n"
    assert variables["NO_PROXY"] == "example.com,127.0.0.1,localhost"


def test_a_listener_that_never_started_can_be_stopped():
    listener = Emulator().listener()
    listener.stop()
    assert listener._socket.fileno() == -1


def test_an_internal_failure_is_raised_in_the_test_that_caused_it(monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError

    def fail():
        with Emulator() as emulator:
            client = emulator.client("sagemaker", config=None)
            with pytest.raises(client.exceptions.ClientError, match="InternalFailure"):
                client.describe_model(ModelName="m")

    monkeypatch.setitem(OPERATIONS, "DescribeModel", broken)
    with pytest.raises(ZeroDivisionError):
        fail()
    assert "please report it" in caplog.text


def test_an_error_of_the_test_is_not_hidden_by_an_internal_failure(monkeypatch):
    emulator = Emulator()
    emulator.gateway.bugs.append(ZeroDivisionError())
    with pytest.raises(KeyError), emulator:
        raise KeyError


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"preset": "dynamo"},
            r"consistency.preset \(preset\): \"dynamo\" is not a preset; did you mean 'dynamodb'\?; allowed",
        ),
        ({"seed": -1}, r"seed \(seed\): -1 is below the minimum, 0"),
        ({"clock": "vurtual"}, r"clock.mode \(clock\): \"vurtual\" is not one of real, virtual"),
        ({"time_scale": 0}, r"clock.scale \(time_scale\): 0 is not above 0"),
        (
            {"settings": {"lifecycle.creating": 5}},
            r"lifecycle.creating \(settings\): unknown key; .*creating_seconds",
        ),
        ({"config": "/nowhere.toml"}, r"/nowhere.toml: cannot be read"),
    ],
)
def test_a_wrong_argument_says_which_and_what_is_allowed(arguments, message):
    with pytest.raises(ConfigurationError, match=message):
        Emulator(**arguments)


def test_a_file_gives_settings_and_arguments_beat_it(tmp_path: Path):
    file = tmp_path / "sm.toml"
    file.write_text('seed = 5\n[consistency]\npreset = "dynamodb"\n')
    assert tomllib.loads(file.read_text())["seed"] == 5
    emulator = Emulator(config=file, seed=6)
    assert (emulator.settings["seed"], emulator.settings["consistency.preset"]) == (6, "dynamodb")


def test_settings_reach_what_they_are_for():
    settings = {
        "lifecycle.creating_seconds": 60,
        "models.required": False,
        "server.debug_headers": False,
    }
    with Emulator(preset="adversarial", settings=settings) as emulator:
        client = emulator.client("sagemaker")
        variant = {
            "VariantName": "v",
            "ModelName": "nope",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        created = client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
        assert "x-sm-emulator-read" not in created["ResponseMetadata"]["HTTPHeaders"]
        emulator.scenario().settle()
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        emulator.scenario().settle()
        assert client.describe_endpoint(EndpointName="e")["EndpointStatus"] == "Creating"


def test_a_verb_of_a_scenario_cannot_be_replaced_by_an_assignment():
    scenario = Emulator().scenario()
    for verb in ("consistency", "seed", "faults", "clock", "preset"):
        with pytest.raises(AttributeError, match=verb):
            setattr(scenario, verb, "strong")


def test_the_environment_is_not_read(monkeypatch):
    monkeypatch.setenv("SM_EMULATOR_SEED", "99")
    assert Emulator().settings["seed"] == 0


def test_a_real_clock_runs_and_cannot_be_moved():
    scenario = Emulator(time_scale=1000).scenario()
    before = scenario.clock.now
    with pytest.raises(ConflictError, match="clock.mode=virtual"):
        scenario.clock.advance(1)
    assert scenario.clock.now > before
    assert scenario.clock.mode == "real"


def test_a_virtual_clock_ticks_with_each_request():
    with Emulator(clock="virtual", settings={"network": "250ms"}) as emulator:
        before = emulator.scenario().clock.now
        client = emulator.client("sagemaker")
        client.create_model(**MODEL)
        client.describe_model(ModelName="m")
        assert emulator.scenario().clock.now == before + 0.5


def test_virtual_clocks_start_at_the_same_instant():
    one, other = Emulator(clock="virtual"), Emulator(clock="virtual")
    assert one.scenario().clock.now == other.scenario().clock.now


@pytest.mark.parametrize("account", ["1", "x" * 12, ""])
def test_a_scenario_is_of_an_account(account):
    with pytest.raises(ConfigurationError, match="12 digits"):
        Emulator().scenario(account)


def test_the_seed_of_a_scenario_can_be_set():
    scenario = Emulator().scenario()
    scenario.seed(7)
    assert scenario.summary()["seed"] == 7
    scenario.reset()
    assert scenario.summary()["seed"] == 0


@pytest.mark.slow
def test_a_program_that_inherits_other_variables_comes_here_all_the_same():
    program = "import boto3; print(boto3.client('sagemaker').list_models()['Models'])"
    inherited = {
        "AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:1",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_ACCESS_KEY_ID": "999999999999",
        "AWS_SESSION_TOKEN": "other",
    }
    with Emulator() as emulator:
        environment = os.environ | inherited | emulator.environment(account="111111111111")
        result = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
        )
        calls = emulator.scenario("111111111111").calls()
    assert (result.stdout, [call.operation for call in calls]) == ("[]\n", ["ListModels"])


def test_a_client_knows_nothing_of_the_machine_s_profiles(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")
    with Emulator() as emulator:
        arn = emulator.client("sagemaker").create_model(**MODEL)["ModelArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:123456789012:model/m"


def test_public_names_are_there_and_no_others():
    assert set(sm_emulator.__all__) == {
        *("Emulator", "Scenario", "ConfigurationError", "ConflictError", "__version__"),
        *("Calls", "Entries", "Exchange", "LogicalCall"),
        *("NotFoundError", "ActiveFault", "Finding", "Report"),
        *("explore_program", "Exploration", "NotExplorableError"),
    }
    assert all(getattr(sm_emulator, name) for name in sm_emulator.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        _ = sm_emulator.Nope


def test_a_wall_clock_that_is_set_back_makes_no_replica_go_back(monkeypatch):
    with Emulator(preset="iam-4s", time_scale=1000) as emulator:
        scenario, client = emulator.scenario(), emulator.client("sagemaker")
        client.create_model(**MODEL)
        before = scenario.clock.now
        monkeypatch.setattr(time, "time", lambda: 0.0)
        assert scenario.clock.now >= before
        while scenario.pending():
            assert scenario.clock.now >= before
        replicas = scenario.resource("Model", "m")["surfaces"]["describe"]
        assert [replica["stale"] for replica in replicas] == [0, 0, 0]
        assert client.describe_model(ModelName="m")["ModelName"] == "m"


def test_a_report_is_about_the_requests_of_a_time():
    with Emulator(clock="virtual") as emulator:
        scenario = emulator.scenario()
        client = emulator.client("sagemaker")
        client.list_models()
        scenario.clock.advance(60)
        middle = scenario.clock.now
        client.list_endpoints()
        scenario.clock.advance(60)
        client.list_endpoint_configs()

        def operations(**times):
            return [row.operation for row in scenario.report(**times).operations]

        assert operations(since=middle) == ["ListEndpoints", "ListEndpointConfigs"]
        assert operations(until=middle) == ["ListModels"]
        assert operations(since=middle, until=middle + 1) == ["ListEndpoints"]


def test_requests_are_logged_where_a_setting_says_so(capsys):
    with Emulator(settings={"server.log": "text"}) as emulator:
        emulator.client("sagemaker").list_models()
    assert "ListModels  attempt 1  200 ok" in capsys.readouterr().err
