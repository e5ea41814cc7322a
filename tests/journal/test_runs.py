"""Which requests are of one run of a program."""

import http.client
import json

import pytest

from sm_emulator import Emulator
from sm_emulator.journal.calls import group
from tests.support.exchanges import exchange, failed

SESSION = "Boto3/1.44.5 0123456789ab"
CREATE = ("CreateModel", "m")


def runs(*exchanges) -> int:
    return len({call.session for call in group(exchanges)})


def made(at: float, connection: int, *, session: str = SESSION, **more):
    return failed(at, connection=connection, session=session, **more)


def test_a_later_run_does_not_retry_the_calls_of_an_earlier_one():
    first = [exchange(0, *CREATE, connection=1, session=SESSION), made(0.1, 1, invocation="a")]
    again = [exchange(5, *CREATE, connection=2, session=SESSION), made(5.1, 2, invocation="b")]
    calls = group([*first, *again])
    assert [call.retry_of for call in calls] == [None] * 4
    assert [call.session for call in calls] == [SESSION] * 2 + [f"{SESSION} run 2"] * 2
    assert group([*first, *again], one_program=True).last.retry_of == calls[1].id


@pytest.mark.parametrize(
    ("exchanges", "expected"),
    [
        ([made(0, 1), made(0.1, 1), made(0.4, 2)], 1),  # too soon for another process
        ([made(0, 1), made(0.1, 1), made(20, 1)], 1),  # the same connection
        ([made(0, 1), made(0.1, 2), made(5, 3), made(6, 2)], 1),  # one of several is used again
        ([made(0, 1), made(20, 2)], 1),  # a client without connections to keep, or a script of curl
        ([made(0, 1), made(31, 2)], 2),
        ([made(0, 1), made(31, 2), made(31.1, 2), made(40, 3)], 3),
        ([made(0, 1), made(0.1, 1, delivery="reset"), made(5, 2)], 1),  # it broke
        ([made(0, 1), made(0.1, 1), made(5, 2, attempt=2)], 1),
        ([made(0, 0), made(0.1, 0), made(500, 0)], 1),  # unknown
        ([made(0, 1, session="a"), made(0.1, 1, session="a"), made(500, 2, session="a")], 1),
    ],
)
def test_another_run_begins_after_a_pause_without_the_connections_of_the_last(exchanges, expected):
    assert runs(*exchanges) == expected


def test_each_command_of_the_aws_cli_is_a_process_of_one_script():
    cli = "aws-cli/2.32.1 0123456789ab"
    assert runs(made(0, 1, session=cli), made(0.1, 1, session=cli), made(500, 2, session=cli)) == 1


def test_the_listener_numbers_connections():
    target = {"X-Amz-Target": "SageMaker.ListModels", "Content-Type": "application/x-amz-json-1.1"}
    with Emulator() as emulator:
        for _ in range(2):
            connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
            for _ in range(2):
                connection.request("POST", "/", "{}", target)
                assert json.loads(connection.getresponse().read()) == {"Models": []}
            connection.close()
        exchanges = emulator.scenario().journal().exchanges
    first, second, third, fourth = (each.connection for each in exchanges)
    assert 0 < first == second < third == fourth
