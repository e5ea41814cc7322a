"""The resource types, with their names in texts and ARNs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource type.

    `type` is its name in the API, `words` its name in the service's texts, `segment` its part of the
    ARN. `lowered`: the ARN has the name in lower case, which was observed for endpoints
    (aws/amazon-sagemaker-examples#293) and for nothing else; so names that differ in case only are
    one name, as the API's page on CreateEndpoint says. `loaded_by` names an operation that loads it.
    """

    type: str
    words: str
    segment: str
    loaded_by: str
    lowered: bool = False

    @property
    def readers(self) -> dict[str, str]:
        """Return an operation that reads it, by surface."""
        return {
            "describe": f"Describe{self.type}",
            "load": self.loaded_by,
            "list": f"List{self.type}s",
        }

    def arn(self, region: str, account: str, name: str) -> str:
        """Build the ARN, in the partition of `region`."""
        partition = "aws"
        if region.startswith("cn-"):
            partition = "aws-cn"
        elif region.startswith("us-gov-"):
            partition = "aws-us-gov"
        return f"arn:{partition}:sagemaker:{region}:{account}:{self.segment}/{self.identity(name)}"

    def identity(self, name: str) -> str:
        """Return the form of a name that is unique."""
        return name.lower() if self.lowered else name


MODEL = Resource("Model", "model", "model", "CreateEndpointConfig")
ENDPOINT_CONFIG = Resource(
    "EndpointConfig", "endpoint configuration", "endpoint-config", "CreateEndpoint"
)
ENDPOINT = Resource("Endpoint", "endpoint", "endpoint", "CreateInferenceComponent", lowered=True)
INFERENCE_COMPONENT = Resource(
    "InferenceComponent", "inference component", "inference-component", "CreateInferenceComponent"
)
RESOURCES = (MODEL, ENDPOINT_CONFIG, ENDPOINT, INFERENCE_COMPONENT)
_TYPES = {resource.segment: resource.type for resource in RESOURCES}


def type_and_name(end: str) -> tuple[str, str]:
    """Return the type and the name that the end of an ARN has; the type is "" where it is unknown."""
    segment, _, name = end.partition("/")
    return _TYPES.get(segment, ""), name
