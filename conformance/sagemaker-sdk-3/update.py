"""Update the endpoint of existing.py to another configuration, wait, and delete the endpoint.

With sagemaker-core 2, a part of the SDK v3.
"""

from sagemaker.core.resources import Endpoint, EndpointConfig
from sagemaker.core.shapes import ProductionVariant

variant = ProductionVariant(
    variant_name="v", model_name="churn", initial_instance_count=1, instance_type="ml.m5.xlarge"
)
EndpointConfig.create(endpoint_config_name="churn-2", production_variants=[variant])
endpoint = Endpoint.get(endpoint_name="churn")
endpoint.endpoint_config_name = "churn-2"
endpoint.update()
endpoint.wait_for_status("InService")
endpoint.delete()
endpoint.wait_for_delete()
