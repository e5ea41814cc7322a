"""Programs with one mistake each, in boto3 as anyone would use it."""

from __future__ import annotations

import contextlib
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.report.corpus.case import (
    LATE_CONFIGS,
    LATE_DESCRIBES,
    LATE_ENDPOINTS,
    LATE_UPDATES,
    SLOW_UPDATES,
    guilty,
)
from tests.report.corpus.programs import (
    DRAWN,
    VARIANTS,
    WAITER,
    back_off,
    create_config,
    create_endpoint,
    create_model,
    read_tags_without_wait,
    repeated,
    update_endpoint,
    wait_in_service,
)

THROTTLED = {"fault": "throttle", "operation": "DescribeEndpoint"}
DENIED = {"fault": "error", "code": "AccessDeniedException", "operation": "DescribeEndpoint"}
NO_RETRIES = Config(retries={"total_max_attempts": 1})
KEYS = {"region_name": "us-east-1", "aws_access_key_id": "x", "aws_secret_access_key": "x"}
LOST = {"fault": "reset", "phase": "after", "times": 1}


# -- stale misses that are not retried -------------------------------------------------------------


@guilty("stale-miss-not-retried", late=(LATE_CONFIGS, 2))
def create_immediately(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)


@guilty("stale-miss-not-retried", late=(LATE_DESCRIBES, 1))
def describe_immediately(sagemaker):
    create_config(sagemaker)
    sagemaker.describe_endpoint_config(EndpointConfigName="c")


@guilty("stale-miss-not-retried", late=(LATE_CONFIGS, 1))
def update_immediately(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))
    create_config(sagemaker, "d")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")


@guilty("stale-miss-not-retried", preset="describe-lies")
def describe_as_advised(sagemaker):
    create_config(sagemaker)
    sagemaker.describe_endpoint_config(EndpointConfigName="c")
    create_endpoint(sagemaker)


@guilty("stale-miss-not-retried", late=(LATE_CONFIGS, 5))
def give_up_too_early(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), attempts=3)


@guilty("stale-miss-not-retried", late=(LATE_CONFIGS, 1))
def log_and_continue(sagemaker):
    create_config(sagemaker)
    with contextlib.suppress(ClientError):
        create_endpoint(sagemaker)
    sagemaker.list_endpoints()


# -- waits -----------------------------------------------------------------------------------------


@guilty("retry-without-wait", late=(LATE_CONFIGS, 6))
def retry_create_without_wait(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda _: None)


@guilty("retry-without-wait", fault={**THROTTLED, "times": 7})
def retry_throttling_without_wait(client):
    sagemaker = client("sagemaker", config=NO_RETRIES)
    for _ in range(8):
        with contextlib.suppress(ClientError):
            return sagemaker.describe_endpoint(EndpointName="e")


@guilty("retry-without-wait")
def poll_without_wait(sagemaker):
    for _ in range(20):
        with contextlib.suppress(ClientError):
            return sagemaker.describe_endpoint(EndpointName="e")


@guilty("retry-without-wait", all_services=True)
def read_one_sub_resource_of_a_bucket_without_wait(s3):
    read_tags_without_wait(s3)


@guilty("retry-without-wait", settings={"lifecycle.creating_seconds": 60})
def update_in_progress_without_wait(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    for _ in range(8):
        with contextlib.suppress(ClientError):
            return sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")


@guilty("retry-without-jitter", late=(LATE_CONFIGS, 5))
def retry_every_half_second(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda _: time.sleep(0.5))


@guilty("retry-without-jitter", late=(LATE_CONFIGS, 5))
def retry_with_doubled_waits(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda attempt: time.sleep(0.5 * 2**attempt))


@guilty("retry-without-jitter", late=(LATE_CONFIGS, 5))
def retry_with_tripled_waits(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda attempt: time.sleep(0.1 * 3**attempt))


@guilty("retry-without-jitter", fault={**THROTTLED, "times": 6})
def retry_throttling_every_second(client):
    sagemaker = client("sagemaker", config=NO_RETRIES)
    for _ in range(8):
        try:
            return sagemaker.describe_endpoint(EndpointName="e")
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottlingException":
                return None
        time.sleep(1)


@guilty("retry-without-jitter", late=(LATE_CONFIGS, 1))
def retry_each_of_many_after_a_second(sagemaker):
    for name in "abcdef":
        create_config(sagemaker, name)
        for _ in range(2):
            with contextlib.suppress(ClientError):
                sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
                break
            time.sleep(1)


@guilty("retry-without-jitter", settings={"quotas.instances": {"ml.m5.large": 0}})
def retry_a_quota_every_minute(sagemaker):
    create_config(sagemaker)
    for _ in range(6):
        with contextlib.suppress(ClientError):
            return create_endpoint(sagemaker)
        time.sleep(60)


# -- too many attempts, and a spent quota ----------------------------------------------------------


@guilty("too-many-attempts", late=(LATE_CONFIGS, "5s"))
def retry_fifty_times(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda n: time.sleep(DRAWN[n % 3]), attempts=50)


@guilty("too-many-attempts", settings={"lifecycle.creating_seconds": 3600})
def update_until_it_works(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    for attempt in range(25):
        with contextlib.suppress(ClientError):
            return sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
        back_off(attempt % len(DRAWN))


@guilty(
    "retry-budget-spent",
    "gave-up-on-transient-error",
    fault={"fault": "error", "code": "InternalFailure", "operation": "DescribeModel"},
)
def describe_forty_models(sagemaker):
    for number in range(40):
        with contextlib.suppress(ClientError):
            sagemaker.describe_model(ModelName=f"m{number}")


# -- waiters ---------------------------------------------------------------------------------------


@guilty("waiter-ended-on-stale-read", late=(LATE_ENDPOINTS, 1))
def wait_immediately(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=WAITER)


@guilty("waiter-ended-on-stale-read", late=(LATE_ENDPOINTS, 1))
def wait_for_the_end_immediately(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig=WAITER)


@guilty("waiter-ended-on-stale-read", preset="waiter-trap")
def wait_into_the_trap(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=WAITER)


# -- acting on stale values ------------------------------------------------------------------------


@guilty("acted-on-stale-value", late=(LATE_DESCRIBES, 1))
def create_if_missing(sagemaker):
    create_config(sagemaker)
    try:
        sagemaker.describe_endpoint_config(EndpointConfigName="c")
    except ClientError:
        create_config(sagemaker)


@guilty("acted-on-stale-value", late=(LATE_ENDPOINTS, 1))
def create_endpoint_if_missing(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    try:
        sagemaker.describe_endpoint(EndpointName="e")
    except ClientError:
        create_endpoint(sagemaker)


@guilty("acted-on-stale-value", late=(LATE_UPDATES, 1))
def update_by_a_stale_read(sagemaker):
    create_config(sagemaker)
    create_config(sagemaker, "d")
    create_endpoint(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    seen = sagemaker.describe_endpoint(EndpointName="e")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName=seen["EndpointConfigName"])


# -- successes that were none ----------------------------------------------------------------------


@guilty("early-success-on-stale-value", late=(LATE_UPDATES, 1), settings=SLOW_UPDATES)
def wait_for_a_status_that_it_had_before(sagemaker, runtime):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    wait_in_service(sagemaker)
    runtime.invoke_endpoint(EndpointName="e", Body=b"1")


@guilty("early-success-on-stale-value", late=(LATE_UPDATES, 1), settings=SLOW_UPDATES, as_command=True)
def end_with_a_status_that_it_had_before(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    wait_in_service(sagemaker)


@guilty("early-success-on-stale-value", late=(LATE_UPDATES, 1), as_command=True)
def sleep_and_look_once(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    update_endpoint(sagemaker)
    time.sleep(5)
    assert sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] == "InService"


@guilty("early-success-on-stale-value", late=(LATE_UPDATES, 1))
def invoke_after_a_status_that_it_had_before(sagemaker, runtime):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    update_endpoint(sagemaker)
    wait_in_service(sagemaker)
    runtime.invoke_endpoint(EndpointName="e", Body=b"1")


@guilty("early-success-on-stale-value", late=(LATE_UPDATES, 1), settings=SLOW_UPDATES)
def update_the_next_after_a_status_that_it_had_before(sagemaker):
    create_config(sagemaker)
    for name in "ef":
        create_endpoint(sagemaker, name)
        wait_in_service(sagemaker, name)
        update_endpoint(sagemaker, name)
        wait_in_service(sagemaker, name)


# -- answers that are lost -------------------------------------------------------------------------


@guilty("lost-change-treated-as-failure", fault={**LOST, "operation": "CreateEndpointConfig"})
def fail_on_an_existing_config(sagemaker):
    create_config(sagemaker)


@guilty("lost-change-treated-as-failure", fault={**LOST, "operation": "CreateModel"})
def fail_on_an_existing_model(sagemaker):
    create_model(sagemaker, "n")


@guilty(
    "lost-change-treated-as-failure",
    "deleted-in-use",
    fault={**LOST, "operation": "CreateEndpoint"},
)
def clean_up_after_an_existing_endpoint(sagemaker):
    create_config(sagemaker)
    try:
        create_endpoint(sagemaker)
    except ClientError:
        sagemaker.delete_endpoint_config(EndpointConfigName="c")


@guilty(
    "lost-change-treated-as-failure",
    "left-behind",
    fault={**LOST, "operation": "DeleteEndpoint"},
    as_command=True,
)
def fail_on_a_deleted_endpoint(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    sagemaker.delete_endpoint(EndpointName="e")
    sagemaker.delete_endpoint_config(EndpointConfigName="c")


@guilty(
    "lost-change-treated-as-failure",
    fault={**LOST, "operation": "UpdateEndpoint"},
    settings={"lifecycle.updating_seconds": 60},
)
def fail_on_an_endpoint_in_progress(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")


# -- deletions of resources in use -----------------------------------------------------------------


@guilty("deleted-in-use")
def delete_the_config_first(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    sagemaker.delete_endpoint_config(EndpointConfigName="c")
    sagemaker.delete_endpoint(EndpointName="e")


@guilty("deleted-in-use")
def delete_the_model_of_a_live_endpoint(sagemaker):
    create_model(sagemaker, "n")
    variants = [{**VARIANTS[0], "ModelName": "n"}]
    sagemaker.create_endpoint_config(EndpointConfigName="c", ProductionVariants=variants)
    create_endpoint(sagemaker)
    sagemaker.delete_model(ModelName="n")


@guilty("deleted-in-use", "acted-on-stale-value", late=(LATE_UPDATES, 1))
def delete_the_config_that_a_stale_read_does_not_show(sagemaker):
    create_config(sagemaker)
    create_config(sagemaker, "d")
    create_endpoint(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    used = sagemaker.describe_endpoint(EndpointName="e")["EndpointConfigName"]
    for name in {"c", "d"} - {used}:
        sagemaker.delete_endpoint_config(EndpointConfigName=name)


# -- unfinished work -------------------------------------------------------------------------------


@guilty("no-request", as_command=True)
def call_nothing():
    pass


@guilty("no-request", as_command=True)
def call_another_endpoint():
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=1)
    boto3.client("sagemaker", endpoint_url="http://127.0.0.1:1", config=config, **KEYS).list_models()


@guilty("no-request", as_command=True)
def call_another_endpoint_than_for_s3(s3):
    s3.list_buckets()
    call_another_endpoint()


@guilty("stale-miss-not-retried", "left-behind", late=(LATE_CONFIGS, 2), as_command=True)
def fail_without_cleaning_up(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)


@guilty("gave-up-on-transient-error", fault=THROTTLED)
def give_up_after_the_attempts_of_the_sdk(sagemaker):
    sagemaker.describe_endpoint(EndpointName="e")


@guilty("gave-up-on-transient-error", fault={"fault": "close", "phase": "after"})
def give_up_on_a_lost_answer(client):
    create_model(client("sagemaker", config=NO_RETRIES), "n")


@guilty(
    "gave-up-on-transient-error",
    fault={"fault": "error", "code": "InternalFailure", "operation": "DescribeModel"},
)
def break_the_circuit(sagemaker):
    for number in range(5):
        with contextlib.suppress(ClientError):
            sagemaker.describe_model(ModelName=f"m{number}")


# -- errors that come again ------------------------------------------------------------------------


@guilty("non-retryable-error-retried")
def retry_a_violated_constraint(sagemaker):
    repeated(lambda: create_model(sagemaker, "not valid"), attempts=4, retryable="")


@guilty("non-retryable-error-retried")
def retry_an_existing_name(sagemaker):
    repeated(lambda: create_model(sagemaker, "m"), attempts=4, retryable="")


@guilty("non-retryable-error-retried", fault=DENIED)
def retry_without_permission(sagemaker):
    describe = lambda: sagemaker.describe_endpoint(EndpointName="e")
    repeated(describe, attempts=4, retryable="")
