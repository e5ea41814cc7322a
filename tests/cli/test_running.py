"""`fault`, `report`, `journal`, `settle` and `reset`, each against a running emulator."""

import json

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from sm_emulator import Emulator
from sm_emulator.cli import main
from tests.cli.test_health import answering


@pytest.fixture
def emulator():
    with Emulator(preset="describe-lies") as emulator:
        yield emulator


@pytest.fixture
def command(emulator):
    def invoke(*words: str, url: str = emulator.url):
        return CliRunner().invoke(main, [*words, "--url", url])

    return invoke


def test_faults_are_injected_listed_and_cleared(emulator, command):
    made = command("fault", "throttle", "operation=ListModels", "times=1", "--json")
    (rule,) = json.loads(made.stdout)
    assert (rule["name"], rule["matched"]) == ("throttle", 0)
    emulator.client("sagemaker").list_models()
    listed = command("fault")
    assert listed.stdout.splitlines()[1].split() == ["throttle", "before", "2", "1"]
    replaced = json.loads(command("fault", "lost-reply", "--json").stdout)
    assert [each["name"] for each in replaced] == ["lost-reply"]
    assert command("fault", "clear", "--json").stdout == "[]\n"
    assert emulator.scenario().faults.all() == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fault", "trottle"), "trottle"),
        (("fault", "throttle", "time=1"), "time"),
        (("fault", "throttle", "times"), "not of the form key.path=value"),
        (("fault", "clear", "times=1"), "'clear' takes no settings"),
        (("report", "--account", "1"), "not an account id of 12 digits"),
        (("journal", "--last", "0"), "0 is not in the range"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(emulator, command, words, message):
    result = command(*words)
    assert result.exit_code in {1, 2}
    assert isinstance(result.exception, SystemExit)
    assert message in result.stderr
    assert emulator.scenario().faults.all() == []


def test_the_journal_and_the_report_are_about_the_last_requests(emulator, command):
    client = emulator.client("sagemaker")
    client.list_models()
    with pytest.raises(ClientError):
        client.describe_model(ModelName="m")
    assert "DescribeModel m  attempt 1  400 ValidationException" in command("journal").stdout
    assert len(command("journal", "--last", "1").stdout.splitlines()) == 1
    assert json.loads(command("journal", "--last", "1", "--json").stdout)["resource"] == "m"
    assert "preset describe-lies" in command("report").stdout
    assert json.loads(command("report", "--format", "json").stdout)["ok"] is True


def test_settle_and_reset_do_what_the_admin_api_does(emulator, command):
    client = emulator.client("sagemaker")
    client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large"}
    variants = [{**variant, "InitialInstanceCount": 1}]
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=variants)
    assert emulator.scenario().pending()
    assert command("settle").exit_code == 0
    assert not emulator.scenario().pending()
    assert command("reset").exit_code == 0
    assert client.list_models()["Models"] == []


def test_another_server_or_none_is_said(command):
    with answering(b"hello") as url:
        assert "not sm-emulator" in command("journal", url=url).stderr
    assert command("report", url=url).exit_code == 1


def test_a_name_that_is_no_account_is_named(command):
    refused = command("journal", "--account", "a b")
    assert (refused.exit_code, refused.stderr) == (
        1,
        "Error: scenario: 'a b' is not an account id of 12 digits, nor \"default\"\n",
    )
