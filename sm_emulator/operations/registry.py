"""How a function becomes an operation, and the context that an operation works on."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from sm_emulator.catalog import refusal
from sm_emulator.operations.aws_services import AwsServices
from sm_emulator.operations.state import Record, ResourceState, catch_up, look_of, write_due, write_state
from sm_emulator.resources import ENDPOINT, INFERENCE_COMPONENT, Resource
from sm_emulator.scenario.lifecycle import Plan, Transitions
from sm_emulator.scenario.scenario import Behaviour
from sm_emulator.scenario.traffic import InvocationState
from sm_emulator.schedule.causes import SLOW
from sm_emulator.schedule.request import ScriptedRequest
from sm_emulator.store.choosing import Choose
from sm_emulator.store.index import SortOrder
from sm_emulator.store.listing import PART, Keep, Page
from sm_emulator.store.reading import Read, Session
from sm_emulator.store.rules import Surface
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key
from sm_emulator.wire.message import Backend
from sm_emulator.wire.steps import Step, Wait

Members = dict[str, Any]
# Lets others be answered
PAUSE = Wait(0)


@dataclass(slots=True)
class Context:
    """One request's view of its scenario. `reads` collects the results of its reads.

    `now` is the time of the request, `clock` the current time. `backend` answers for other AWS
    services, such as S3; it blocks. An observer's (`observes`) describes do not count. `scripted` is
    the request's part in the schedule in force.
    """

    store: Store
    transitions: Transitions
    traffic: InvocationState
    request_id: str
    backend: Backend | None
    account: str
    region: str
    session: Session
    operation: str
    clock: Callable[[], float]
    now: float
    behaviour: Behaviour
    strong: bool = False
    observes: bool = False
    reads: list[Read] = field(default_factory=list)
    scripted: ScriptedRequest | None = None

    @property
    def services(self) -> AwsServices:
        """Return S3 and SNS of the caller's account."""
        return AwsServices(self.backend, self.account, self.region)

    def arn(self, resource: Resource, name: str) -> str:
        """Build the ARN of a resource in the caller's account and region."""
        return resource.arn(self.region, self.account, name)

    def key(self, resource: Resource, name: str) -> Key:
        """Build the store key of a resource in the caller's region; its due transitions are written."""
        key = Key(self.region, resource.type, resource.identity(name))
        write_due(self.store, self.transitions, key, self.now)
        return key

    def plan(self, name: str) -> Plan:
        """Return the course of the operation on a resource, by the schedule in force or the settings."""
        plan = self.behaviour.lifecycle.plan(self.operation, name)
        outcome = self.scripted.outcome() if self.scripted else None
        if outcome == SLOW:
            return plan.slowed()
        return replace(plan, failure=outcome) if outcome else plan

    def describe(self, resource: Resource, name: str) -> Record:
        """Read a resource as Describe does: eventually consistent. Raises ServiceError if absent."""
        return self._found(resource, name, self._read(resource, name, "describe"))

    def load(self, resource: Resource, name: str) -> Record:
        """Read a resource that the request refers to: eventually consistent.

        "A load call is made to DynamoDB", as AWS says of CreateEndpoint. Raises ServiceError if
        absent, which a client cannot tell from a resource that does not exist.
        """
        return self._found(resource, name, self.look_up(resource, name))

    def look_up(self, resource: Resource, name: str) -> Record | None:
        """Read a resource as `load` does; None if absent, for callers with their own error text."""
        return self._read(resource, name, "load")

    def peek(self, resource: Resource, name: str) -> Record | None:
        """Return a resource as the leader holds it, None if absent. Not a read of the client's."""
        head = self.store.leader_value(self.key(resource, name))
        assert head is None or isinstance(head, Record)
        return head

    def head(self, resource: Resource, name: str) -> Record:
        """Read a resource that is to be changed, from the leader. Raises ServiceError if absent."""
        return self._found(resource, name, self.peek(resource, name))

    def catch_up(self) -> Generator[Step, Any, None]:
        """Write all transitions that are due. Others are answered in between if there are many."""
        while self.transitions.is_due(self.clock()):
            yield PAUSE
            catch_up(self.store, self.transitions, self.clock())

    def visit(
        self, resource: Resource, function: Callable[[Record], None]
    ) -> Generator[Step, Any, None]:
        """Call a function with each resource of a kind, as the leader holds them, the oldest first.

        Others are answered in between if there are many. What they create is visited too.
        """
        yield from self.catch_up()
        for nth, value in enumerate(self.store.leader_values(self.region, resource.type), 1):
            assert isinstance(value, Record)
            function(value)
            if nth % PART == 0:
                yield PAUSE

    def page(self, resource: Resource, order: SortOrder, limit: int, **query: Any) -> Page:
        """Read a page of a list of resources: eventually consistent. Raises ExpiredError."""
        place = self.region, resource.type, self.operation
        how = {"consistent": self.strong, "choose": self._choose, **query}
        page = self.store.page(*place, order, limit, self.session, **how)
        self.reads.append(page.read)
        return page

    def walk(
        self, resource: Resource, keep: Keep | None
    ) -> Generator[list[tuple[str, object]], None, None]:
        """Read a list by name, in one read but in parts: eventually consistent."""
        place = Key(self.region, resource.type, "")
        query = place, self.operation, self.session, keep
        walk = self.store.walk(*query, consistent=self.strong, choose=self._choose)
        self.reads.append((yield from walk))

    def require_stable(self, resource: Resource, name: str) -> Record:
        """Read a resource that is to be changed. Raises ServiceError if absent or in progress."""
        record = self.head(resource, name)
        if record.state is not None and record.state.in_progress:
            raise refusal("in-progress", kind=resource.words, arn=self.arn(resource, name))
        return record

    def refuse_existing(self, resource: Resource, name: str) -> None:
        """Refuse a name that is taken. Raises ServiceError.

        The leader decides: a create after a stale miss fails with "Cannot create already existing".
        """
        if self.peek(resource, name) is not None:
            raise refusal("exists", kind=resource.words, arn=self.arn(resource, name))

    def create(
        self, resource: Resource, request: Members, state: ResourceState | None = None
    ) -> Members:
        """Store a new resource; return its ARN, as answers do. Raises ServiceError if it exists."""
        self.refuse_existing(resource, request[f"{resource.type}Name"])
        now, tags = round(self.now, 3), request.pop("Tags", ())
        return self.begin(resource, Record(request, now, now, tags), state, is_new=True)

    def update(self, resource: Resource, name: str, record: Record) -> None:
        """Store a new version of a resource, in the same state."""
        self.store.write(self.key(resource, name), record, "update", self.session)

    def delete(self, resource: Resource, name: str) -> None:
        """Delete a resource. Raises ServiceError if the leader does not hold it."""
        self.head(resource, name)
        self.store.write(self.key(resource, name), None, "delete", self.session)

    def begin(
        self, resource: Resource, record: Record, state: ResourceState | None, *, is_new: bool = False
    ) -> Members:
        """Put a resource into `state` from now on; return its ARN, as answers do.

        A state that ends immediately is passed through.
        """
        name = record.request[f"{resource.type}Name"]
        place = self.store, self.transitions, self.key(resource, name)
        write_state(*place, record, state, self.now, self.session, is_new=is_new)
        return {f"{resource.type}Arn": self.arn(resource, name)}

    def count_describe(self, resource: Resource, name: str) -> None:
        """Count a describe. It can end the state, and be the first describe of the next one."""
        if self.observes:
            return
        key = self.key(resource, name)
        while (record := self.peek(resource, name)) and record.state and record.state.transition:
            transition = record.state.transition
            describes = transition.duration.describes
            if describes is None or self.transitions.count(key) <= describes:
                return
            write_state(self.store, self.transitions, key, record, transition.then, self.now)

    def summary(self, resource: Resource, record: Record) -> Members:
        """Return the members that every list and every Describe of a resource have."""
        name, on = record.request[f"{resource.type}Name"], record.request.get("EndpointName", "")
        summary: Members = {
            f"{resource.type}Name": name,
            f"{resource.type}Arn": self.arn(resource, name),
            "CreationTime": record.created,
        }
        if record.state:
            status = f"{resource.type}Status"
            summary |= {"LastModifiedTime": record.modified, status: record.state.status}
        if resource is INFERENCE_COMPONENT:
            variant = record.request["VariantName"]
            summary |= {
                "EndpointName": on,
                "EndpointArn": self.arn(ENDPOINT, on),
                "VariantName": variant,
            }
        return summary

    def _read(self, resource: Resource, name: str, surface: Surface) -> Record | None:
        key = self.key(resource, name)
        by, choose = self.session, self._choose if self.scripted else None
        read = self.store.read(key, surface, self.operation, by, consistent=self.strong, choose=choose)
        self.reads.append(read)
        assert read.value is None or isinstance(read.value, Record)
        return read.value

    @property
    def _choose(self) -> Choose | None:
        """What chooses the versions that the operation reads, where a schedule is in force."""
        look = partial(look_of, self.operation)
        return partial(self.scripted.choose, look) if self.scripted and not self.strong else None

    def _found(self, resource: Resource, name: str, record: Record | None) -> Record:
        if record is None:
            raise refusal("not-found", kind=resource.words, arn=self.arn(resource, name))
        return record


# The steps that an answer has to wait for, and finally its members
OperationSteps = Generator[Step, Any, Members | None]
Operation = Callable[[Context, Members], Members | OperationSteps | None]
OPERATIONS: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Register `create_model` as CreateModel; there is a schema of that name."""
    OPERATIONS[function.__name__.title().replace("_", "")] = function
    return function
