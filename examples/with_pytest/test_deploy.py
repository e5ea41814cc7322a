"""Does the deployment survive what production does now and then?"""

import deploy
import pytest
from botocore.exceptions import ClientError

late = pytest.mark.sm_emulator(preset="describe-lies", clock="virtual")


def test_a_deployment_works_when_nothing_is_late(just_configured):
    deploy.naive(just_configured, "churn")
    assert just_configured.describe_endpoint(EndpointName="churn")["EndpointStatus"] == "InService"


@late
def test_a_naive_deployment_breaks_when_the_configuration_is_seen_late(just_configured):
    with pytest.raises(ClientError, match="Could not find endpoint configuration"):
        deploy.naive(just_configured, "churn")


@late
def test_a_patient_one_waits_for_it(just_configured, sm_emulator):
    waits = []
    deploy.patient(just_configured, "churn", sleep=waits.append)
    assert waits == [0.05]
    assert sm_emulator.resource("Endpoint", "churn")["leader"]["status"] == "InService"
