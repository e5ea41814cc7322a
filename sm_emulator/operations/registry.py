"""How a function becomes an operation, and all that an operation may touch."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sm_emulator.errors import validation
from sm_emulator.operations.life import Life, due, enter
from sm_emulator.resources import Resource
from sm_emulator.scenario.scenario import Behaviour
from sm_emulator.scenario.schedule import Schedule
from sm_emulator.scenario.traffic import InvocationState
from sm_emulator.store import Key, Kind, Mark, Order, Page, Read, Session, Store, Surface
from sm_emulator.wire import Backend, Step

Members = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Record:
    """What is stored of a resource; replies are built from it, it is no reply itself.

    `request` holds the members of the request that made it, `created` and `modified` the times of
    that and of its last change, in seconds since 1970, rounded to milliseconds as the wire has it.
    `life` is what an endpoint is, and on the way to what.
    """

    request: Mapping[str, Any]
    created: float
    modified: float
    tags: Sequence[Mapping[str, str]] = ()
    life: Life | None = None


@dataclass(slots=True)
class Context:
    """One request's view of its scenario. `reads` collects what its reads saw.

    `now` is when it came, `clock` tells what time it is since. `elsewhere` answers for other services,
    as S3; it blocks.
    """

    store: Store
    schedule: Schedule
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
    reads: list[Read] = field(default_factory=list)

    def arn(self, resource: Resource, name: str) -> str:
        """Build the ARN of a resource of the caller's account and region."""
        return resource.arn(self.region, self.account, name)

    def describe(self, resource: Resource, name: str) -> Record:
        """Read a resource as Describe does: eventually consistent. Raises ServiceError if absent."""
        return self._read(resource, name, "describe")

    def load(self, resource: Resource, name: str) -> Record:
        """Read a resource that the request refers to: eventually consistent.

        "A load call is made to DynamoDB", as AWS says of CreateEndpoint. Raises ServiceError if
        absent, which a client cannot tell from a resource that does not exist.
        """
        return self._read(resource, name, "load")

    def look_up(self, resource: Resource, name: str) -> Record | None:
        """Read a resource as `load` does; None if absent, for who refuses in words of its own."""
        return self._look(resource, name, "load")

    def create(self, resource: Resource, request: Members, *, life: Life | None = None) -> None:
        """Store a new resource; its `<Type>Name` names it. Raises ServiceError if it exists."""
        name = request[f"{resource.type}Name"]
        self.refuse_existing(resource, name)
        tags = request.pop("Tags", ())
        now = round(self.now, 3)
        life = enter(life, self.now)
        self._write(resource, name, Record(request, now, now, tags, life), "create")
        self.schedule.await_step(self.key(resource, name), due(life))

    def refuse_existing(self, resource: Resource, name: str) -> None:
        """Refuse a name that is taken. Raises ServiceError.

        Judged by the leader: a create after a stale miss meets "Cannot create already existing".
        """
        if self.exists(resource, name):
            # seen verbatim for endpoints and endpoint configurations, by analogy for models
            # (awslabs/spot-tagging-bot-for-digital-assets#2, aws/sagemaker-python-sdk#101)
            arn = self.arn(resource, name)
            raise validation(f'Cannot create already existing {resource.words} "{arn}".')

    def exists(self, resource: Resource, name: str) -> bool:
        """Ask the leader whether there is such a resource."""
        return self.peek(resource, name) is not None

    def peek(self, resource: Resource, name: str) -> Record | None:
        """Give a resource as the leader holds it, None if absent: no read of the client's."""
        head = self.store.head(self.key(resource, name))
        assert head is None or isinstance(head, Record)
        return head

    def head(self, resource: Resource, name: str) -> Record:
        """Read a resource that is to be changed, of the leader. Raises ServiceError if absent."""
        head = self.peek(resource, name)
        if head is None:
            raise self._missing(resource, name)
        return head

    def update(self, resource: Resource, name: str, record: Record) -> None:
        """Store a new version of a resource, whose `head` was read before; its life goes on."""
        self._write(resource, name, record, "update")

    def delete(self, resource: Resource, name: str) -> None:
        """Delete a resource. Raises ServiceError if it does not exist; judged by the leader."""
        self.head(resource, name)
        self._write(resource, name, None, "delete")

    def heads(self, resource: Resource) -> list[object]:
        """Give all resources of a kind, as the leader holds them: what refusals are judged by."""
        return self.store.heads(self.region, resource.type)

    def summary(self, resource: Resource, record: Record) -> Members:
        """Tell name, ARN and time of creation: what every list and every Describe shows."""
        name = record.request[f"{resource.type}Name"]
        return {
            f"{resource.type}Name": name,
            f"{resource.type}Arn": self.arn(resource, name),
            "CreationTime": record.created,
        }

    def page(self, resource: Resource, order: Order, limit: int, mark: Mark) -> Page:
        """Read a page of a list of resources: eventually consistent. Raises ExpiredError."""
        page = self.store.page(
            self.region,
            resource.type,
            self.operation,
            order,
            limit,
            self.session,
            mark=mark,
            consistent=self.strong,
        )
        self.reads.append(page.read)
        return page

    def key(self, resource: Resource, name: str) -> Key:
        """Tell what a resource of the caller's region is called in the store."""
        return Key(self.region, resource.type, resource.identity(name))

    def _write(self, resource: Resource, name: str, record: Record | None, kind: Kind) -> None:
        self.store.write(self.key(resource, name), record, kind, self.session)

    def _read(self, resource: Resource, name: str, surface: Surface) -> Record:
        record = self._look(resource, name, surface)
        if record is None:
            raise self._missing(resource, name)
        return record

    def _look(self, resource: Resource, name: str, surface: Surface) -> Record | None:
        key = self.key(resource, name)
        read = self.store.read(key, surface, self.operation, self.session, consistent=self.strong)
        self.reads.append(read)
        assert read.value is None or isinstance(read.value, Record)
        return read.value

    def _missing(self, resource: Resource, name: str) -> Exception:
        # verbatim, with the full ARN in double quotes and the period: clients match its beginning
        # (aws/amazon-sagemaker-examples#2339, hashicorp/terraform-provider-aws#40048)
        return validation(f'Could not find {resource.words} "{self.arn(resource, name)}".')


# What an answer has to wait for, and at last its members
OperationSteps = Generator[Step, Any, Members]
Operation = Callable[[Context, Members], Members | OperationSteps | None]
OPERATIONS: dict[str, Operation] = {}


def operation(function: Operation) -> Operation:
    """Register `create_model` as CreateModel: there is a schema of that name."""
    name = function.__name__.title().replace("_", "")
    OPERATIONS[name] = function
    return function
