"""What a run leaves: the resources as Describe would answer on the leader, at its end and later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sm_emulator.control.scenario import Scenario
from sm_emulator.control.schedule import ScenarioSchedule
from sm_emulator.explore.run import Ending, Run
from sm_emulator.operations.registry import OPERATIONS, Context
from sm_emulator.operations.state import Record
from sm_emulator.resources import RESOURCES
from sm_emulator.scenario.scenario import ScenarioState
from sm_emulator.schedule.causes import resource_text
from sm_emulator.store.reading import Session
from sm_emulator.wire.call import DEFAULT_REGION

# Of a scenario that is observed: requests take so long that times differ, and their bodies are compared
SETTINGS: Mapping[str, Any] = {"network": 0.01, "journal.bodies": True}
# Longer than anything that an endpoint goes through, updates in steps included
_LONG = 2 * 86_400.0
# Describes after which nothing changes any more
_MANY = 1000


def observe(
    scenario: Scenario,
    active: ScenarioSchedule,
    ending: Ending,
    seconds: float,
    virtual_seconds: float,
) -> Run:
    """Return the run of a program that has ended, as the scenario saw it, in every region it used."""
    exchanges = tuple(scenario.journal().exchanges)
    regions = sorted({DEFAULT_REGION, *(exchange.region for exchange in exchanges)})
    return Run(
        schedule=active.schedule,
        ending=ending,
        points=active.points,
        exchanges=exchanges,
        unmet=active.unmet,
        at_exit=resources(scenario, regions),
        settled=settled(scenario, regions),
        seconds=seconds,
        virtual_seconds=virtual_seconds,
    )


def resources(scenario: Scenario, regions: Iterable[str] = (DEFAULT_REGION,)) -> dict[str, Any]:
    """Return what Describe answers on the leader about each resource, by "EndpointConfig(cfg)".

    Its tags are a member, too. A name that a second region has is "EndpointConfig(eu-west-1/cfg)" there.
    """
    state = _state(scenario)
    with state.current_store() as store:
        found = [
            (resource, region, value.request[f"{resource.type}Name"], value.tags)
            for region in regions
            for resource in RESOURCES
            for value in store.leader_values(region, resource.type)
            if isinstance(value, Record)
        ]
        answers: dict[str, Any] = {}
        for resource, region, name, tags in found:
            key = resource_text(resource.type, name)
            if key in answers:  # in another region
                key = resource_text(resource.type, f"{region}/{name}")
            described = _describe(state, region, resource.type, name, observes=True)
            answers[key] = {**described, **({"Tags": list(tags)} if tags else {})}
        return answers


def settled(scenario: Scenario, regions: Iterable[str] = (DEFAULT_REGION,)) -> dict[str, Any]:
    """Let all that is under way end, by a clock that has moved on, and return the resources."""
    scenario.settle()
    with _state(scenario).lock:
        _state(scenario).clock.skip(_LONG)
    regions = list(regions)
    for _ in range(_MANY):
        end = resources(scenario, regions)
        moving = [members for members in end.values() if _moves(members)]
        if not moving:
            break
        with _state(scenario).current_store():
            for members in moving:
                type_ = "InferenceComponent" if "InferenceComponentName" in members else "Endpoint"
                region = members[f"{type_}Arn"].split(":")[3]
                _describe(_state(scenario), region, type_, members[f"{type_}Name"], observes=False)
    return end


def _state(scenario: Scenario) -> ScenarioState:
    return scenario._state  # noqa: SLF001  its verbs return JSON for tables, not answers


def _moves(members: dict[str, Any]) -> bool:
    """Return whether a state ends after a number of describes."""
    return any(
        name in {"EndpointStatus", "InferenceComponentStatus"} and str(value).endswith("ing")
        for name, value in members.items()
    )


def _describe(
    scenario: ScenarioState, region: str, type_: str, name: str, *, observes: bool
) -> dict[str, Any]:
    """Describe a resource; its describes count unless this `observes`."""
    context = Context(
        store=scenario.store,
        transitions=scenario.transitions,
        traffic=scenario.traffic,
        request_id="",
        backend=None,
        account=scenario.account,
        region=region,
        session=Session(),
        operation=f"Describe{type_}",
        clock=scenario.clock,
        now=scenario.clock(),
        behaviour=scenario.behaviour,
        strong=True,
        observes=observes,
    )
    described = OPERATIONS[f"Describe{type_}"](context, {f"{type_}Name": name})
    assert isinstance(described, dict)
    return described
