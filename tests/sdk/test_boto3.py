"""A real boto3 client, over a socket."""

import os
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from sm_emulator import Emulator

VARIANT = {"ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
VARIANTS = [
    {"VariantName": "a", "InitialVariantWeight": 2.0, **VARIANT},
    {"VariantName": "b", "InitialVariantWeight": 1.0, **VARIANT},
]
WHOLE = {
    "EndpointConfigName": "c",
    "ProductionVariants": VARIANTS,
    "Tags": [{"Key": "team", "Value": "churn"}],
    "KmsKeyId": "alias/ExampleAlias",
    "AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://b/o"}},
}


def make_model(client, scenario) -> None:
    client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    scenario.settle()


def make_config(client) -> None:
    client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=VARIANTS)


def refusal(call) -> ClientError:
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value


def test_a_whole_deployment(sagemaker, scenario):
    make_model(sagemaker, scenario)
    arn = sagemaker.create_endpoint_config(**WHOLE)["EndpointConfigArn"]
    described = sagemaker.describe_endpoint_config(EndpointConfigName="c")
    assert described["EndpointConfigArn"] == arn
    assert {name: described[name] for name in WHOLE if name != "Tags"} == {
        name: value for name, value in WHOLE.items() if name != "Tags"
    }
    assert described["CreationTime"].timestamp() == scenario.clock.now
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e")
    endpoint = sagemaker.describe_endpoint(EndpointName="e")
    assert [variant["CurrentWeight"] for variant in endpoint["ProductionVariants"]] == [2.0, 1.0]
    sagemaker.delete_endpoint_config(EndpointConfigName="c")
    assert "Could not find" in str(
        refusal(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))
    )


def test_a_stale_miss_is_a_validation_exception_that_the_sdk_does_not_retry(sagemaker, scenario):
    make_model(sagemaker, scenario)
    scenario.consistency("read-after-create-miss-2")
    make_config(sagemaker)
    error = refusal(lambda: sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c"))
    assert error.response["Error"]["Code"] == "ValidationException"
    assert error.response["Error"]["Message"] == (
        f'Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:{scenario.account}:endpoint-config/c".'
    )
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_as_many_reads_miss_as_the_preset_says(sagemaker, scenario):
    make_model(sagemaker, scenario)
    scenario.consistency("read-after-create-miss-2")
    make_config(sagemaker)
    refusal(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))
    refusal(lambda: sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    assert sagemaker.describe_endpoint_config(EndpointConfigName="c")["EndpointConfigName"] == "c"


def test_describe_first_does_not_help_where_describe_lies(sagemaker, scenario):
    make_model(sagemaker, scenario)
    scenario.consistency("describe-lies")
    make_config(sagemaker)
    assert sagemaker.describe_endpoint_config(EndpointConfigName="c")["EndpointConfigName"] == "c"
    refusal(lambda: sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c"))
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")


def test_the_adversary_hides_it_until_max_lag_has_passed(sagemaker, scenario):
    make_model(sagemaker, scenario)
    scenario.consistency("adversarial")
    make_config(sagemaker)
    scenario.clock.advance(0.999)
    refusal(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))
    scenario.clock.advance(0.001)
    assert sagemaker.describe_endpoint_config(EndpointConfigName="c")["EndpointConfigName"] == "c"


def test_a_stale_describe_ends_the_waiter_immediately(sagemaker, scenario):
    make_model(sagemaker, scenario)
    make_config(sagemaker)
    scenario.consistency("read-after-create-miss-1")
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    with pytest.raises(WaiterError, match="Matched expected service error code: ValidationException"):
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e")


def test_a_stale_describe_makes_the_other_waiter_lie(sagemaker, scenario):
    make_model(sagemaker, scenario)
    make_config(sagemaker)
    scenario.consistency("read-after-create-miss-1")
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="e")
    assert sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"


def test_the_answer_shows_what_its_read_returned(sagemaker, scenario):
    make_model(sagemaker, scenario)
    scenario.consistency("adversarial")
    make_config(sagemaker)
    error = refusal(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))
    seen = error.response["ResponseMetadata"]["HTTPHeaders"]["x-sm-emulator-read"]
    assert seen == "surface=describe; replica=1; stale=1; age=0; rule=adversarial"


def test_a_name_is_taken_once(sagemaker, scenario):
    make_model(sagemaker, scenario)
    make_config(sagemaker)
    error = refusal(lambda: make_config(sagemaker))
    assert error.response["Error"]["Message"] == (
        "Cannot create already existing endpoint configuration "
        f'"arn:aws:sagemaker:us-east-1:{scenario.account}:endpoint-config/c".'
    )


def test_of_a_hundred_parallel_creates_exactly_one_takes_the_name(served, sagemaker, scenario):
    make_model(sagemaker, scenario)
    client = served.client("sagemaker", account=scenario.account, config=Config(max_pool_connections=25))

    def attempt(_: int) -> str:
        try:
            make_config(client)
        except ClientError as error:
            return error.response["Error"]["Message"].split(" endpoint")[0]
        return "created"

    with ThreadPoolExecutor(25) as pool:
        outcomes = list(pool.map(attempt, range(100)))
    assert sorted(set(outcomes)) == ["Cannot create already existing", "created"]
    assert outcomes.count("created") == 1


def test_what_boto3_would_not_send_is_refused_by_the_service(served, account):
    client = served.client("sagemaker", account=account, config=Config(parameter_validation=False))
    error = refusal(lambda: client.create_endpoint_config(EndpointConfigName="c"))
    assert error.response["Error"]["Message"] == (
        "1 validation error detected: Value null at 'productionVariants' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_what_boto3_lets_pass_is_refused_by_the_service(sagemaker):
    error = refusal(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="a b"))
    assert error.response["Error"]["Message"].startswith(
        "1 validation error detected: Value 'a b' at 'endpointConf"
    )


def test_an_operation_that_is_not_implemented_is_refused_and_not_retried(sagemaker):
    error = refusal(lambda: sagemaker.list_hubs())
    assert error.response["Error"]["Code"] == "NotImplemented"
    assert "ListHubs" in error.response["Error"]["Message"]
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 0


def test_accounts_do_not_affect_each_other(served, sagemaker, scenario):
    make_model(sagemaker, scenario)
    other = served.client("sagemaker", account="999999999999")
    assert "Could not find model" in str(refusal(lambda: other.describe_model(ModelName="m")))


def test_regions_do_not_affect_each_other(served, sagemaker, scenario):
    make_model(sagemaker, scenario)
    other = served.client("sagemaker", account=scenario.account, region_name="eu-west-1")
    assert "eu-west-1" in str(refusal(lambda: other.describe_model(ModelName="m")))


@pytest.mark.parametrize("mode", ["legacy", "standard", "adaptive"])
def test_no_mode_of_retries_helps_against_a_stale_miss(served, sagemaker, scenario, mode):
    make_model(sagemaker, scenario)
    scenario.consistency("read-after-create-miss-1")
    make_config(sagemaker)
    config = Config(retries={"mode": mode, "max_attempts": 5})
    client = served.client("sagemaker", account=scenario.account, config=config)
    error = refusal(lambda: client.describe_endpoint_config(EndpointConfigName="c"))
    assert error.response["ResponseMetadata"]["RetryAttempts"] == 0


PROGRAM = """
import boto3
sagemaker = boto3.client("sagemaker")
sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
print(sagemaker.describe_model(ModelName="m")["ModelArn"])
"""


def test_a_program_needs_one_environment_variable(served, account):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {
        "AWS_ENDPOINT_URL_SAGEMAKER": served.url,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout == f"arn:aws:sagemaker:us-east-1:{account}:model/m\n"


def test_a_plain_client_by_endpoint_url_is_served(served, account):
    client = boto3.client(
        "sagemaker",
        endpoint_url=served.url,
        region_name="us-east-1",
        aws_access_key_id=account,
        aws_secret_access_key="any",
    )
    assert client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})["ModelArn"].endswith(
        "model/m"
    )


def test_the_same_seed_gives_the_same_reads_and_another_seed_others():
    def statuses(seed: int) -> list[str]:
        with Emulator(preset="dynamodb", seed=seed, clock="virtual") as emulator:
            client = emulator.client("sagemaker")
            client.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
            reads = []
            for _ in range(12):
                try:
                    answer = client.describe_model(ModelName="m")
                except ClientError as error:
                    answer = error.response
                reads.append(answer["ResponseMetadata"]["HTTPHeaders"]["x-sm-emulator-read"])
            return reads

    assert statuses(1) == statuses(1)
    assert statuses(1) != statuses(2)


# -- the advice to describe first -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("guarantees", "expected"),
    [
        ([], {"hit-hit": 0.114, "hit-miss": 0.225, "miss-hit": 0.223, "miss-miss": 0.438}),
        (["mr"], {"hit-hit": 0.339, "hit-miss": 0.0, "miss-hit": 0.223, "miss-miss": 0.438}),
    ],
)
def test_describe_and_create_disagree_as_often_as_two_replicas_do(
    scenario, sagemaker, guarantees, expected
):
    """What describing first is worth: with two reads on two replicas, 22.5 % of the pairs mislead."""
    sagemaker.create_model(ModelName="m", PrimaryContainer={"Image": "i"})
    scenario.consistency({"preset": "simpledb-2011", "session": guarantees})
    scenario.settle()
    pairs = Counter()
    for i in range(1000):
        name = f"c{i}"
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=VARIANTS)
        seen = []
        for read in (
            lambda name=name: sagemaker.describe_endpoint_config(EndpointConfigName=name),
            lambda name=name: sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name),
        ):
            try:
                read()
                seen.append("hit")
            except ClientError as error:
                assert "Could not find endpoint configuration" in str(error)
                seen.append("miss")
        pairs["-".join(seen)] += 1
    for pair, share in expected.items():
        assert pairs[pair] / 1000 == pytest.approx(share, abs=0.045 if share else 0), pair


def test_a_client_is_one_session_whatever_features_its_user_agent_counts(sagemaker, scenario):
    """Botocore shows in the User-Agent which calls come from paginators and waiters."""
    make_model(sagemaker, scenario)
    scenario.consistency({"preset": "adversarial", "session": ["ryw"], "bounds": {"max_lag": "1h"}})
    make_config(sagemaker)
    assert sagemaker.describe_endpoint_config(EndpointConfigName="c")["EndpointConfigName"] == "c"
    pages = sagemaker.get_paginator("list_endpoint_configs").paginate().build_full_result()
    assert [c["EndpointConfigName"] for c in pages["EndpointConfigs"]] == ["c"]
    sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig={"MaxAttempts": 1})
    assert len({event["session"] for event in scenario.history()["events"] if "session" in event}) == 1


def test_a_paginator_goes_through_lists_of_every_length(sagemaker, scenario):
    names = [f"m{i:03}" for i in range(205)]
    for name in names:
        sagemaker.create_model(ModelName=name, PrimaryContainer={"Image": "i"})
    paginator = sagemaker.get_paginator("list_models")
    order = {"SortBy": "Name", "SortOrder": "Ascending"}
    for size in (10, 100):
        pages = list(paginator.paginate(PaginationConfig={"PageSize": size}, **order))
        assert [m["ModelName"] for page in pages for m in page["Models"]] == names
        assert len(pages) == -(-205 // size)
