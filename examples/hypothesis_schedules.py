"""Schedules that Hypothesis draws, and shrinks to the smallest that breaks a deployment.

python examples/hypothesis_schedules.py
"""

import time

from hypothesis import find, settings
from hypothesis import strategies as st

from sm_emulator import ConflictError, explore_program


def a_model(scenario):
    scenario.client("sagemaker").create_model(ModelName="m", PrimaryContainer={"Image": "i"})


def deploy(scenario):
    """Create an endpoint, in three attempts."""
    sagemaker = scenario.client("sagemaker")
    variant = {"VariantName": "a", "ModelName": "m", "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(
        EndpointConfigName="cfg", ProductionVariants=[{**variant, "InitialInstanceCount": 1}]
    )
    for attempt in (1, 2, 3):
        try:
            sagemaker.create_endpoint(EndpointName="ep", EndpointConfigName="cfg")
        except sagemaker.exceptions.ClientError as error:
            if "Could not find" not in str(error) or attempt == 3:
                raise
            time.sleep(1)
        else:
            break


def under(schedule):
    return explore_program(deploy, prepare=a_model, schedule=schedule)


def schedules():
    """Return a strategy of at most two causes, at the points of a run in which nothing goes wrong."""
    points = under("").points
    faults = [
        st.sampled_from([f"{point.label} 503", f"{point.label} throttle"])
        for point in points
        if point.kind == "request"
    ]
    late = [
        st.integers(1, 5).map(lambda reads, p=point: f"{p.label} late {p.subject} x{reads}")
        for point in points
        if point.kind == "late" and point.depth
    ]
    causes = st.one_of(faults + late)
    return st.lists(causes, min_size=1, max_size=2, unique_by=lambda cause: cause.split()[0]).map(
        " ; ".join
    )


def breaks(schedule):
    try:
        return bool(under(schedule).breaks)
    except ConflictError:  # the first cause keeps the second from acting
        return False


print(find(schedules(), breaks, settings=settings(derandomize=True, database=None, deadline=None)))
