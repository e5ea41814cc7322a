"""What the tests here share: a configuration that was created a moment ago."""

import deploy
import pytest


@pytest.fixture
def just_configured(sagemaker_client):
    """Create a model and a configuration, both called churn."""
    deploy.prepare(sagemaker_client, "churn")
    return sagemaker_client
