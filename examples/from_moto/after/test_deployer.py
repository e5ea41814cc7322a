"""The tests of the deployer, with sm-emulator."""

import boto3
import deployer
import pytest
from botocore.exceptions import ClientError

ARTEFACT = "s3://models/churn/model.tar.gz"
pytestmark = pytest.mark.usefixtures("sm_emulator_environment")


@pytest.fixture
def sagemaker(sagemaker_truth):
    return sagemaker_truth


def test_a_deployment_is_in_service(sagemaker):
    deployer.deploy("churn", "churn:1", ARTEFACT)
    assert sagemaker.describe_endpoint(EndpointName="churn")["EndpointStatus"] == "InService"


def test_a_model_has_its_image_and_artefact(sagemaker):
    deployer.deploy("churn", "churn:1", ARTEFACT)
    container = sagemaker.describe_model(ModelName="churn")["PrimaryContainer"]
    assert (container["Image"], container["ModelDataUrl"]) == ("churn:1", ARTEFACT)


def test_an_artefact_is_uploaded():
    url = deployer.upload("models", "churn", b"weights")
    stored = boto3.client("s3").get_object(Bucket="models", Key="churn/model.tar.gz")
    assert (url, stored["Body"].read()) == (ARTEFACT, b"weights")


def test_what_is_deployed_is_listed():
    for name in ("churn", "fraud"):
        deployer.deploy(name, f"{name}:1", ARTEFACT)
    assert sorted(deployer.deployed()) == ["churn", "fraud"]


def test_nothing_is_left_of_what_is_destroyed(sagemaker):
    deployer.deploy("churn", "churn:1", ARTEFACT)
    deployer.destroy("churn")
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_models()["Models"] == []


def test_what_is_not_there_cannot_be_destroyed():
    with pytest.raises(ClientError, match="Could not find endpoint"):
        deployer.destroy("churn")
