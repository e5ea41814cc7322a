"""What an endpoint or a component is, and on the way to what: data that is replaced, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from sm_emulator.scenario.lifecycle import Duration

# The failure that does not wait for instances to start, but for traffic on them
ALARM = "alarm"
# DescribeEndpoint's FailureReason, each seen verbatim (cases fr-* of the fidelity corpus, except that
# of `image` the beginning is not known). Figures and names in them are those of the transcripts.
FAILURES = {
    "ping": "The primary container for production variant {variant} did not pass the ping health "
    "check. Please check CloudWatch logs for this endpoint.",
    "capacity": "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity "
    "error. Please retry using a different ML instance type or after some time.",
    "internal": "Request to service failed. If failure persists after retry, contact customer support.",
    "download": 'Failed to download model data for container "container_1" from URL: '
    '"s3://b/model.tar.gz". Please ensure that there is an object located at the URL and that the role '
    "passed to CreateModel has permissions to download the object.",
    "image": "Please make sure all images included in the model for the production variant {variant} "
    "exist, and that the execution role used to create the model has permissions to access them.",
    "start": "CannotStartContainerError. Please ensure the model container for variant {variant} starts "
    "correctly when invoked with 'docker run <image> serve'",
    "image-size": "Image size 13279248421 is greater than supported size 10737418240",
    "zones": "Unable to locate at least 2 availability zone(s) with the requested instance type "
    "{instance_type} that overlap with SageMaker subnets.",
    # That alarms end an update in a roll-back is documented, AWS's text is not public
    ALARM: "An alarm of the automatic rollback configuration is in ALARM state: {alarms}.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Something in one status; `failure` is the reason of its last failure, `step` what comes next."""

    status: str
    failure: str | None = None
    step: Step | None = None

    @property
    def in_progress(self) -> bool:
        """Tell whether the service refuses any change now; maintenance that is to come is no reason."""
        return self.step is not None and self.status != "InService"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLife(Life):
    """An endpoint, with the configuration as it was loaded when it was put on it.

    `variants` are what DescribeEndpoint shows of them, and `capture` of the capture of data;
    `deploying` is what a creation is about to make of it, or an update that has `started` and is in
    `phase`; `deployment` is the last DeploymentConfig.
    """

    config_name: str
    config: Mapping[str, Any]
    variants: tuple[Mapping[str, Any], ...] = ()
    capture: Mapping[str, Any] | None = None
    deployment: Mapping[str, Any] | None = None
    deploying: EndpointLife | None = None
    started: float = 0.0
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage of a deployment: a VariantStatus and its message, of `{count}` instances.

    That is the share `about` of a variant's instances. `enabled` is the share of the new instances
    that have traffic, `removed` the share of the old ones that are gone.
    """

    status: str
    message: str
    about: Fraction = Fraction(1)
    enabled: Fraction = Fraction(0)
    removed: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentLife(Life):
    """An inference component: what it is made of, and how many copies it has and is to have."""

    made_of: Mapping[str, Any]
    current: int
    desired: int
    deployment: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What comes `then` (None: nothing, it is gone), and when: after `duration` from `began` on."""

    duration: Duration
    then: Life | None
    began: float = 0.0


def due(life: Life | None) -> float | None:
    """Tell when the next step falls due, in seconds since 1970; None where no time brings it."""
    if life is None or life.step is None or life.step.duration.describes is not None:
        return None
    return life.step.began + life.step.duration.seconds


def enter(life: Life | None, at: float) -> Life | None:
    """Give what `life` is at `at`: what takes no time is passed through at once."""
    while life is not None and life.step is not None and life.step.duration.is_nothing:
        life = life.step.then
    if life is None or life.step is None:
        return life
    return replace(life, step=replace(life.step, began=at))


def reason(failure: str, life: EndpointLife) -> str:
    """Phrase a failure of the first variant of an endpoint's configuration, or of its alarms."""
    variant = life.config["ProductionVariants"][0]
    rollback = (life.deployment or {}).get("AutoRollbackConfiguration", {})
    return FAILURES[failure].format(
        variant=variant["VariantName"],
        instance_type=variant.get("InstanceType", "ml.x"),
        alarms=", ".join(alarm["AlarmName"] for alarm in rollback.get("Alarms", ())) or "none is named",
    )
