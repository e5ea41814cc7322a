"""Deploy a model with sagemaker-core, and wait until the endpoint is in service."""

from sagemaker_core.main.resources import Endpoint, EndpointConfig, Model
from sagemaker_core.main.shapes import ContainerDefinition, ProductionVariant

Model.create(
    model_name="churn",
    primary_container=ContainerDefinition(image="churn:1"),
    execution_role_arn="arn:aws:iam::123456789012:role/r",
)
variant = ProductionVariant(
    variant_name="v", model_name="churn", initial_instance_count=1, instance_type="ml.m5.large"
)
EndpointConfig.create(endpoint_config_name="churn", production_variants=[variant])
endpoint = Endpoint.create(endpoint_name="churn", endpoint_config_name="churn")
endpoint.wait_for_status("InService")
