"""Programs without a mistake: each is a pattern of public code, or a guilty program repaired."""

from __future__ import annotations

import contextlib
import random
import time
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, WaiterError

from tests.report.corpus.case import (
    LATE_CONFIGS,
    LATE_DESCRIBES,
    LATE_ENDPOINTS,
    LATE_UPDATES,
    SLOW_UPDATES,
    innocent,
)
from tests.report.corpus.programs import (
    DRAWN,
    WAITER,
    back_off,
    create_config,
    create_endpoint,
    create_model,
    deploy,
    missing,
    read_tags_without_wait,
    repeated,
    update_endpoint,
    wait_in_service,
)

DENIED = {"fault": "error", "code": "AccessDeniedException"}
LOST = {"fault": "reset", "phase": "after", "times": 1}
LONG_WAITER = {"Delay": 5, "MaxAttempts": 10}
SLOW = {"lifecycle.creating_seconds": 20, "lifecycle.deleting_seconds": 20}


# -- looking, creating, deleting -------------------------------------------------------------------


@innocent()
def look_create_look_delete_look(sagemaker):
    for _ in range(6):
        describe = lambda: sagemaker.describe_model(ModelName="n")
        assert missing(describe)
        create_model(sagemaker, "n")
        assert not missing(describe)
        sagemaker.delete_model(ModelName="n")
        time.sleep(1)


@innocent()
def refresh_like_terraform(sagemaker):
    assert missing(lambda: sagemaker.describe_endpoint(EndpointName="e"))
    deploy(sagemaker)
    sagemaker.describe_endpoint(EndpointName="e")
    sagemaker.delete_endpoint(EndpointName="e")
    assert missing(lambda: sagemaker.describe_endpoint(EndpointName="e"))
    sagemaker.delete_endpoint_config(EndpointConfigName="c")
    assert missing(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))


@innocent()
def four_threads_look_once_each(sagemaker):
    look = lambda _: missing(lambda: sagemaker.describe_endpoint(EndpointName="e"))
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(look, range(4)))


@innocent()
def look_for_many_names(sagemaker):
    for number in range(20):
        assert missing(lambda n=number: sagemaker.describe_model(ModelName=f"m{n}"))


@innocent()
def look_once_in_each_of_three_functions(sagemaker):
    for _ in range(3):
        assert missing(lambda: sagemaker.describe_endpoint(EndpointName="e"))


@innocent()
def create_if_not_listed(sagemaker):
    for _ in range(3):
        if not sagemaker.list_models(NameContains="n")["Models"]:
            create_model(sagemaker, "n")


@innocent()
def create_or_go_on(sagemaker):
    for _ in range(2):
        with contextlib.suppress(ClientError):
            create_model(sagemaker, "n")
        sagemaker.describe_model(ModelName="n")


@innocent()
def delete_what_may_be_missing(sagemaker):
    for _ in range(2):
        missing(lambda: sagemaker.delete_endpoint(EndpointName="e"))
        missing(lambda: sagemaker.delete_endpoint_config(EndpointConfigName="c"))
        missing(lambda: sagemaker.delete_model(ModelName="n"))


@innocent()
def replace_an_existing_model(sagemaker):
    try:
        create_model(sagemaker)
    except ClientError:
        sagemaker.delete_model(ModelName="m")
        create_model(sagemaker)


@innocent()
def correct_one_mistake_after_the_other(sagemaker):
    for name in ("not valid", "x" * 70, "-n", "n"):
        with contextlib.suppress(ClientError):
            create_model(sagemaker, name)


@innocent()
def create_eight_in_threads(sagemaker):
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: create_model(sagemaker, f"n{n}"), range(8)))


@innocent()
def create_one_in_four_threads(sagemaker):
    def create(_):
        with contextlib.suppress(ClientError):
            create_model(sagemaker, "n")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(create, range(4)))
    sagemaker.describe_model(ModelName="n")


@innocent()
def read_all_pages(sagemaker):
    for name in "abc":
        create_config(sagemaker, name)
    list(sagemaker.get_paginator("list_endpoint_configs").paginate(MaxResults=1))


@innocent()
def reconcile_tags(sagemaker):
    arn = sagemaker.describe_model(ModelName="m")["ModelArn"]
    for value in "ab":
        sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "k", "Value": value}])
        sagemaker.list_tags(ResourceArn=arn)
    sagemaker.delete_tags(ResourceArn=arn, TagKeys=["k"])


# -- polls -----------------------------------------------------------------------------------------


@innocent()
def poll_until_another_creates_it(sagemaker, client):
    other = client("sagemaker", config=Config(user_agent_extra="app/other"))
    for number in range(15):
        if not missing(lambda: sagemaker.describe_model(ModelName="n")):
            break
        time.sleep(1)
        if number == 12:
            create_model(other, "n")


@innocent(settings=SLOW)
def poll_until_in_service_and_until_deleted(sagemaker):
    deploy(sagemaker)
    while sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] != "InService":
        time.sleep(5)
    sagemaker.delete_endpoint(EndpointName="e")
    while not missing(lambda: sagemaker.describe_endpoint(EndpointName="e")):
        time.sleep(5)


@innocent(settings=SLOW)
def poll_by_waiters(sagemaker):
    deploy(sagemaker)
    waiter = {"Delay": 5, "MaxAttempts": 10}
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=waiter)
    sagemaker.delete_endpoint(EndpointName="e")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig=waiter)


@innocent(settings=SLOW)
def list_until_it_is_gone(sagemaker):
    deploy(sagemaker)
    time.sleep(20)
    sagemaker.delete_endpoint(EndpointName="e")
    while sagemaker.list_endpoints(NameContains="e")["Endpoints"]:
        time.sleep(2)


@innocent()
def check_every_hour(sagemaker):
    for _ in range(12):
        missing(lambda: sagemaker.describe_endpoint(EndpointName="e"))
        time.sleep(3600)


@innocent()
def watch_the_health(sagemaker):
    deploy(sagemaker)
    for _ in range(15):
        sagemaker.describe_endpoint(EndpointName="e")
        time.sleep(60)


@innocent()
def invoke_until_ready(runtime):
    for _ in range(12):
        with contextlib.suppress(ClientError):
            return runtime.invoke_endpoint(EndpointName="e", Body=b"1")
        time.sleep(2)


@innocent()
def wait_for_an_object(s3):
    for _ in range(12):
        with contextlib.suppress(ClientError):
            return s3.head_object(Bucket="bucket", Key="output")
        time.sleep(1)


@innocent()
@innocent(all_services=True)
def read_sub_resources_of_a_bucket(s3):
    s3.create_bucket(Bucket="bucket-of-a-reader")
    for part in ("tagging", "policy", "cors", "website", "lifecycle_configuration", "encryption"):
        with contextlib.suppress(ClientError):
            getattr(s3, f"get_bucket_{part}")(Bucket="bucket-of-a-reader")


@innocent(as_command=True, all_services=True)
def use_another_service_only(s3):
    s3.list_buckets()


@innocent()
def read_one_sub_resource_without_wait(s3):
    read_tags_without_wait(s3)


# -- refusals that are not retried -----------------------------------------------------------------


@innocent(fault=DENIED)
def two_callers_without_permission(sagemaker):
    for _ in range(2):
        with contextlib.suppress(ClientError):
            sagemaker.describe_model(ModelName="m")


@innocent(fault={**DENIED, "operation": "List*"})
def three_lists_without_permission(sagemaker):
    for call in (sagemaker.list_models, sagemaker.list_endpoints, sagemaker.list_endpoint_configs):
        with contextlib.suppress(ClientError):
            call()


@innocent(fault={"fault": "error", "code": "ExpiredTokenException", "times": 1})
def refresh_expired_credentials(sagemaker):
    with contextlib.suppress(ClientError):
        sagemaker.describe_model(ModelName="m")
    sagemaker.describe_model(ModelName="m")


@innocent(settings={"models.responses": [{"body": "bad", "status": 500}]})
def invoke_for_many_records(sagemaker, runtime):
    deploy(sagemaker)
    for record in range(15):
        with contextlib.suppress(ClientError):
            runtime.invoke_endpoint(EndpointName="e", Body=b"%d" % record)


@innocent()
def give_up_on_a_violated_constraint(sagemaker):
    repeated(lambda: create_model(sagemaker, "not valid"))


# -- back-off --------------------------------------------------------------------------------------


@innocent(late=(LATE_CONFIGS, 2))
@innocent(late=(LATE_CONFIGS, 4))
@innocent(late=(LATE_CONFIGS, 6))
@innocent(late=(LATE_CONFIGS, "5s"))
@innocent(preset="describe-lies")
def retry_with_jitter(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))


@innocent(late=(LATE_CONFIGS, 6))
def retry_like_a_kubernetes_controller(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda attempt: time.sleep(0.005 * 2**attempt))


@innocent(late=(LATE_CONFIGS, 5))
def retry_with_decorrelated_jitter(sagemaker):
    draws, waits = random.Random(1), [0.1]

    def wait(_):
        waits.append(min(20, draws.uniform(0.1, waits[-1] * 3)))
        time.sleep(waits[-1])

    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=wait)


@innocent(late=(LATE_CONFIGS, 5))
def retry_with_equal_jitter(sagemaker):
    draws = random.Random(2)
    create_config(sagemaker)
    repeated(
        lambda: create_endpoint(sagemaker), wait=lambda n: time.sleep(2**n * draws.uniform(0.25, 0.5))
    )


@innocent(late=(LATE_CONFIGS, 1))
def retry_once_after_a_second(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), wait=lambda _: time.sleep(1), attempts=2)


@innocent(fault={"fault": "throttle", "operation": "CreateModel", "times": 2})
def leave_throttling_to_the_sdk(sagemaker):
    create_model(sagemaker, "n")


@innocent(fault={"fault": "throttle", "operation": "CreateModel", "times": 2})
def leave_throttling_to_adaptive_mode(client):
    create_model(client("sagemaker", config=Config(retries={"mode": "adaptive"})), "n")


@innocent(fault={"fault": "throttle", "operation": "DescribeModel", "times": 4})
def call_again_after_a_brown_out(sagemaker):
    with contextlib.suppress(ClientError):
        sagemaker.describe_model(ModelName="m")
    time.sleep(30)
    sagemaker.describe_model(ModelName="m")


@innocent(fault={**LOST, "operation": "CreateModel"})
def look_after_a_lost_answer(client):
    sagemaker = client("sagemaker", config=Config(retries={"total_max_attempts": 1}))
    with contextlib.suppress(HTTPClientError):
        create_model(sagemaker, "n")
    sagemaker.describe_model(ModelName="n")


@innocent(late=(LATE_CONFIGS, 2), as_command=True)
def succeed_and_leave_resources(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker))


@innocent(settings={"quotas.instances": {"ml.m5.large": 0}})
def wait_for_a_quota(sagemaker):
    create_config(sagemaker)
    repeated(lambda: create_endpoint(sagemaker), attempts=5, retryable="ResourceLimitExceeded")


@innocent(settings={"lifecycle.updating_seconds": 20})
def update_twice(sagemaker):
    deploy(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    with contextlib.suppress(ClientError):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    while sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] != "InService":
        time.sleep(5)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")


@innocent()
def delete_in_order(sagemaker):
    deploy(sagemaker)
    sagemaker.delete_endpoint(EndpointName="e")
    sagemaker.delete_endpoint_config(EndpointConfigName="c")
    sagemaker.delete_model(ModelName="m")


@innocent(late=(LATE_UPDATES, 1))
def delete_the_old_config_after_a_fresh_read(sagemaker):
    deploy(sagemaker)
    create_config(sagemaker, "d")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    while sagemaker.describe_endpoint(EndpointName="e")["EndpointConfigName"] != "d":
        time.sleep(1)
    sagemaker.delete_endpoint_config(EndpointConfigName="c")


@innocent()
def deploy_blue_and_green(sagemaker):
    deploy(sagemaker)
    create_config(sagemaker, "green")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="green")
    sagemaker.describe_endpoint(EndpointName="e")
    sagemaker.delete_endpoint_config(EndpointConfigName="c")


# -- stale reads that do no harm -------------------------------------------------------------------


@innocent(late=(LATE_DESCRIBES, 1))
def create_if_still_missing(sagemaker):
    create_config(sagemaker)
    try:
        repeated(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c"))
    except ClientError:
        create_config(sagemaker)


@innocent(late=(LATE_DESCRIBES, 1))
def treat_existing_as_done(sagemaker):
    create_config(sagemaker)
    if missing(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="c")):
        with contextlib.suppress(ClientError):
            create_config(sagemaker)
    create_endpoint(sagemaker)


@innocent(late=(LATE_UPDATES, 1))
def update_by_a_fresh_read(sagemaker):
    deploy(sagemaker)
    create_config(sagemaker, "d")
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="d")
    for attempt in range(len(DRAWN)):
        seen = sagemaker.describe_endpoint(EndpointName="e")
        if seen["EndpointConfigName"] == "d":
            break
        back_off(attempt)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName=seen["EndpointConfigName"])


@innocent(late=(LATE_ENDPOINTS, 1))
@innocent(preset="waiter-trap")
def describe_before_waiting(sagemaker):
    deploy(sagemaker)
    repeated(lambda: sagemaker.describe_endpoint(EndpointName="e"))
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=WAITER)


@innocent(late=(LATE_ENDPOINTS, 1))
def start_the_waiter_again(sagemaker):
    deploy(sagemaker)
    for attempt in range(len(DRAWN)):
        try:
            return sagemaker.get_waiter("endpoint_in_service").wait(
                EndpointName="e", WaiterConfig=WAITER
            )
        except WaiterError:
            back_off(attempt)


@innocent(late=(LATE_UPDATES, 1), settings=SLOW_UPDATES, as_command=True)
@innocent(late=(LATE_UPDATES, 3), settings=SLOW_UPDATES, as_command=True)
def wait_for_the_new_configuration(sagemaker, runtime):
    deploy(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    wait_in_service(sagemaker, config="d")
    runtime.invoke_endpoint(EndpointName="e", Body=b"1")


@innocent(settings=SLOW_UPDATES, as_command=True)
@innocent(late=(LATE_ENDPOINTS, 1), settings=SLOW_UPDATES, as_command=True)
def wait_for_a_status_of_fresh_reads(sagemaker):
    create_config(sagemaker)
    create_endpoint(sagemaker)
    repeated(lambda: sagemaker.describe_endpoint(EndpointName="e"))
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    wait_in_service(sagemaker)


@innocent(late=(LATE_UPDATES, 1), settings=SLOW_UPDATES, as_command=True)
def wait_for_updating_and_then_for_in_service(sagemaker):
    deploy(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    while sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] != "Updating":
        time.sleep(2)
    wait_in_service(sagemaker)


@innocent(late=(LATE_UPDATES, 1), as_command=True)
def update_and_print(sagemaker):
    deploy(sagemaker)
    sagemaker.describe_endpoint(EndpointName="e")
    update_endpoint(sagemaker)
    sagemaker.describe_endpoint(EndpointName="e")


@innocent(late=(LATE_UPDATES, "15s"), settings=SLOW_UPDATES)
def stop_waiting_for_an_update_that_does_not_show(sagemaker):
    deploy(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    with contextlib.suppress(TimeoutError):
        wait_in_service(sagemaker, config="d", looks=5)
        create_model(sagemaker, "after")
    sagemaker.list_models()


@innocent(late=(LATE_UPDATES, 1), settings=SLOW_UPDATES)
def notice_that_an_update_does_not_show(sagemaker):
    deploy(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    with contextlib.suppress(TimeoutError):
        wait_in_service(sagemaker, config="d", looks=1)
    sagemaker.delete_endpoint_config(EndpointConfigName="unused")


@innocent(late=(LATE_UPDATES, 1), settings=SLOW_UPDATES)
def let_the_waiter_have_the_last_word(sagemaker):
    deploy(sagemaker)
    wait_in_service(sagemaker)
    update_endpoint(sagemaker)
    sagemaker.describe_endpoint(EndpointName="e")
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=LONG_WAITER)
    create_model(sagemaker, "after")


@innocent(late=(LATE_UPDATES, 1))
def clean_up_after_a_stale_read(sagemaker):
    deploy(sagemaker)
    sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    sagemaker.describe_endpoint(EndpointName="e")
    sagemaker.delete_endpoint(EndpointName="e")


# -- answers that are lost -------------------------------------------------------------------------


@innocent(fault={**LOST, "operation": "CreateEndpointConfig"})
def describe_an_existing_config(sagemaker):
    try:
        create_config(sagemaker)
    except ClientError as error:
        if "already existing" not in str(error):
            raise
        sagemaker.describe_endpoint_config(EndpointConfigName="c")


@innocent(fault={**LOST, "operation": "CreateEndpointConfig"})
def go_on_with_an_existing_config(sagemaker):
    with contextlib.suppress(ClientError):
        create_config(sagemaker)
    create_endpoint(sagemaker)


@innocent(fault={**LOST, "operation": "CreateModel"})
def list_an_existing_model(sagemaker):
    with contextlib.suppress(ClientError):
        create_model(sagemaker, "n")
    assert sagemaker.list_models(NameContains="n")["Models"]


@innocent(fault={**LOST, "operation": "CreateModel"}, as_command=True)
def succeed_with_an_existing_model(sagemaker):
    with contextlib.suppress(ClientError):
        create_model(sagemaker, "n")


@innocent(fault={**LOST, "operation": "DeleteEndpoint"})
@innocent(fault={**LOST, "operation": "DeleteEndpoint"}, as_command=True)
def treat_a_missing_endpoint_as_deleted(sagemaker):
    deploy(sagemaker)
    missing(lambda: sagemaker.delete_endpoint(EndpointName="e"))


@innocent(fault={**LOST, "operation": "UpdateEndpoint"}, settings={"lifecycle.updating_seconds": 20})
def wait_for_an_update_in_progress(sagemaker):
    deploy(sagemaker)
    with contextlib.suppress(ClientError):
        sagemaker.update_endpoint(EndpointName="e", EndpointConfigName="c")
    while sagemaker.describe_endpoint(EndpointName="e")["EndpointStatus"] != "InService":
        time.sleep(5)
