"""The routes of the admin API. `make schemas` writes docs/admin-api.md and openapi.json from them."""

from collections.abc import Callable
from typing import Any

from sm_emulator.admin.overview import overview
from sm_emulator.admin.route import (
    OBJECT,
    STRING,
    AdminRequest,
    Handler,
    Query,
    Route,
    Schema,
    Text,
    component,
    of,
)
from sm_emulator.catalog import document
from sm_emulator.control.scenario import Scenario
from sm_emulator.control.tables import operation_rows, preset_rows
from sm_emulator.store.rules import GUARANTEES

_NUMBER: Schema = {"type": "number", "minimum": 0}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_POSITIVE: Schema = {"type": "integer", "minimum": 1}
_PAGE = 1000
_TIME = "a time in seconds since 1970, by the scenario's clock"
_TEXTS = {"text": "text/plain", "html": "text/html", "junit": "application/xml"}
_ONE = "/scenarios/{id}"
_SCHEDULE = f"{_ONE}/schedule"
_FAULTS, _FAULT = f"{_ONE}/faults", f"{_ONE}/faults/{{name}}"
_LIST: Schema = {"type": "array", "items": OBJECT}


_EXCHANGES = {"type": "array", "items": component("exchange")}
_ENTRIES = {
    "exchanges": _EXCHANGES,
    "next": {"type": ["integer", "null"]},
    "dropped": {"type": "integer"},
}
_CALLS = {"type": "array", "items": {**OBJECT, "properties": {"attempts": _EXCHANGES}}}
_CONSISTENCY = {"anyOf": [component("consistency/properties/preset"), component("consistency")]}
_SEED = of("seed", seed={"type": "integer", "minimum": 0, "maximum": 2**63 - 1})
_FAULT_LIST = {"type": ["string", "array"]}
_NEW = of(
    preset=STRING,
    clock=STRING,
    reproducible={"type": "boolean"},
    faults=_FAULT_LIST,
    settings=OBJECT,
    **_SEED["properties"],
)
_SECONDS = of("advance_seconds", advance_seconds=_NUMBER)
_GUARANTEES = of(session={"type": "array", "items": {"enum": list(GUARANTEES)}})
_HISTORY = of("dropped", dropped=_COUNT, events={"type": "array", "items": component("event")})
_GLOBS = (Query("operation", "a glob over operations"), Query("resource", "a glob over resources"))
_CALL = (
    Query("operation", "a call of this operation, with all other names of the query as its headers"),
    Query("resource", "its resource"),
    Query("region", "its region"),
    Query("session", "its session"),
    Query("attempt", "the number of its attempt", _COUNT),
)
_FILTER = (
    *_GLOBS,
    Query("status", "an HTTP status", _COUNT),
    Query("since", _TIME, _NUMBER),
    Query("after", "the `next` of the previous page", _COUNT),
    Query("limit", f"the size of a page, by default and at most {_PAGE}", _POSITIVE),
    Query("last", "this many of the newest, instead of a page", {**_POSITIVE, "maximum": _PAGE}),
)
_POINTS = (
    Query("after", "the `next` of the previous page of points", _COUNT),
    Query("limit", f"how many points, by default and at most {_PAGE}", _POSITIVE),
)
_READS = (Query("region", "by default us-east-1"), Query("operation", "the operation that reads"))
_REPORT = (
    Query("format", "json (the default), text, html or junit", {"enum": ["json", *_TEXTS]}),
    Query("max_attempts", "how many attempts are no finding, by default 10", _POSITIVE),
    Query("since", f"requests from this time on: {_TIME}", _NUMBER),
    Query("until", f"requests before this time: {_TIME}", _NUMBER),
)


def _health(r: AdminRequest) -> object:
    scenarios = r.control.scenarios
    figures = {"scenarios": len(scenarios), "evicted": scenarios.evicted, "bugs": r.control.bugs()}
    return {"status": "ok", "version": r.control.version, "seed": r.control.seed, **figures}


def _openapi(r: AdminRequest) -> object:
    found = document("openapi")
    return {**found, "info": {**found["info"], "version": r.control.version}}


def _read(verb: Callable[..., Any]) -> Handler:
    """Return a handler for a verb of a scenario that takes the query."""
    return lambda r: verb(r.scenario, **r.query)


def _change(
    verb: Callable[[Scenario, AdminRequest], object],
    read: Callable[[Scenario], object] = Scenario.summary,
) -> Handler:
    """Return a handler for a verb that changes a scenario; its result is what `read` reads."""

    def handler(r: AdminRequest) -> object:
        verb(r.scenario, r)
        return read(r.scenario)

    return handler


def _faults(scenario: Scenario) -> object:
    return scenario.faults.all()


def _clock(scenario: Scenario) -> object:
    return {"mode": scenario.clock.mode, "now": scenario.clock.now}


def _fault(r: AdminRequest) -> object:
    rule = r.scenario.faults.one(r.path["name"])
    if "operation" in r.query:
        rule["would"] = r.scenario.faults.would_apply(r.path["name"], **r.query, headers=r.others)
    return rule


def _journal(scenario: Scenario, limit: int = _PAGE, **wanted: Any) -> object:
    return scenario.journal(**wanted, limit=min(limit, _PAGE)).as_json()


def _report(scenario: Scenario, format: str = "json", **options: Any) -> object:  # noqa: A002  its name
    report = scenario.report(**options)
    result = getattr(report, f"as_{format}")()
    return result if format == "json" else Text(result, _TEXTS[format])


# fmt: off
ROUTES: tuple[Route, ...] = (
    Route("get", "/", "A page for people: the scenarios, with links to their reports.",
          lambda r: Text(overview(r.control), "text/html"), texts=("text/html",)),
    Route("get", "/health", "Status, version, seed; numbers of scenarios, evicted ones, bugs.", _health),
    Route("get", "/openapi.json", "This API as OpenAPI 3.1.", _openapi),
    Route("get", "/settings", "Each setting, its value and origin.",
          lambda r: r.control.settings, _LIST),
    Route("get", "/operations", "The operations of SageMaker, and what implements each.",
          lambda _: operation_rows(), _LIST),
    Route("get", "/presets", "The presets, their effect and basis.",
          lambda _: preset_rows(), _LIST),
    Route("get", "/scenarios", "The existing scenarios, each as below.",
          lambda r: [scenario.summary() for scenario in r.control.all()], _LIST),
    Route("get", _ONE, "Counts, evictions, clock, seed, consistency, faults and warnings of a scenario.",
          _read(Scenario.summary)),
    Route("put", _ONE, "Replace it by a new scenario, with the settings of the marker.",
          lambda r: r.control.renew(r.path["id"], **r.body).summary(),
          OBJECT, _NEW, '`{"preset": "dynamodb", "reproducible": true}`'),
    Route("put", f"{_ONE}/preset", "Use the consistency and the faults of a preset from now on.",
          lambda r: r.control.use_preset(r.path["id"], r.body["preset"]).summary(),
          OBJECT, of("preset", preset=STRING), '`{"preset": "brown-out"}`'),
    Route("put", f"{_ONE}/consistency", "Change the consistency of later writes and reads.",
          _change(lambda scenario, r: scenario.use(r.body)),
          OBJECT, _CONSISTENCY, '`"dynamodb"` or a `consistency` table'),
    Route("put", f"{_ONE}/seed", "Change the seed of later draws.",
          _change(lambda scenario, r: scenario.seed(r.body["seed"])), OBJECT, _SEED, '`{"seed": 7}`'),
    Route("get", f"{_ONE}/clock", "The mode, and the time in seconds since 1970.", _read(_clock)),
    Route("post", f"{_ONE}/clock", "Advance a virtual clock; 409 on a real one.",
          _change(lambda scenario, r: scenario.clock.advance(r.body["advance_seconds"]), _clock),
          OBJECT, _SECONDS, '`{"advance_seconds": 2.5}`'),
    Route("get", _FAULTS, "The fault rules in order: how often each matched and acted, and why not.",
          _read(_faults), _LIST),
    Route("put", _FAULTS, "Replace all rules by these, or by those of a preset.",
          _change(lambda scenario, r: scenario.faults.replace(r.body), _faults),
          _LIST, component("faults"), 'rules, or `"lost-reply"`'),
    Route("post", _FAULTS, "Add a rule after the others; 409 if its name is taken.",
          _change(lambda scenario, r: scenario.faults.add(r.body), _faults),
          _LIST, component("fault"), "a rule"),
    Route("delete", _FAULTS, "Remove all rules.",
          _change(lambda scenario, _: scenario.faults.replace([]), _faults), _LIST),
    Route("get", _FAULT, "One rule; with a call in the query: whether it would act, and why not.",
          _fault, query=_CALL),
    Route("put", _FAULT, "Add a rule, or replace the one of this name.",
          lambda r: r.scenario.faults.put(r.path["name"], r.body),
          OBJECT, component("fault"), "a rule"),
    Route("delete", _FAULT, "Remove a rule.",
          _change(lambda scenario, r: scenario.faults.remove(r.path["name"]), _faults), _LIST),
    Route("get", _SCHEDULE, "The schedule in force: what acted, and the points of the run; 404 if none.",
          lambda r: r.scenario.active_schedule().to_dict(**r.query), query=_POINTS),
    Route("put", _SCHEDULE, "Put a schedule in force: a text, or a file with what belongs to it.",
          lambda r: r.scenario.schedule(r.body).to_dict(),
          OBJECT, {"anyOf": [{"type": "string"}, component("schedule")]},
          '`"CreateEndpoint(ep)#1 late EndpointConfig(cfg) x3"` or a file'),
    Route("delete", _SCHEDULE, "End it. The result is that of `get`, for the last time.",
          lambda r: r.scenario.active_schedule().end()),
    Route("post", f"{_SCHEDULE}/restart", "Answer again after a crash: the program starts again.",
          lambda r: r.scenario.active_schedule().restart()),
    Route("post", f"{_ONE}/settle", "Make every write visible everywhere, now.",
          _change(lambda scenario, _: scenario.settle())),
    Route("post", f"{_ONE}/reset", "Return to the initial state, seed, consistency, faults and clock.",
          _change(lambda scenario, _: scenario.reset())),
    Route("get", f"{_ONE}/pending", "The first 10,000 invisible writes: where, and until when.",
          _read(Scenario.pending), _LIST),
    Route("get", f"{_ONE}/resources/{{type}}/{{name}}",
          "What the leader holds, and by surface what each replica would return now.",
          lambda r: r.scenario.resource(r.path["type"], r.path["name"], **r.query), query=_READS),
    Route("get", f"{_ONE}/history", "Writes and reads with their versions, for the checker.",
          _read(Scenario.history), _HISTORY),
    Route("post", f"{_ONE}/check", "Check the history: `ok`, and the first `violation`.",
          lambda r: r.scenario.check(r.body.get("session")),
          OBJECT, _GUARANTEES, '`{}` or `{"session": ["mr"]}`'),
    Route("get", f"{_ONE}/journal", "The recorded requests and their outcomes, newest last.",
          _read(_journal), of(*_ENTRIES, **_ENTRIES), query=_FILTER),
    Route("delete", f"{_ONE}/journal", "Remove the recorded requests.",
          _change(lambda scenario, _: scenario.clear_journal())),
    Route("get", f"{_ONE}/calls", "The logical calls: attempts, waits, outcome, who retried.",
          lambda r: [call.as_json() for call in r.scenario.calls(**r.query)], _CALLS, query=_GLOBS),
    Route("get", f"{_ONE}/report", "How the client retried, and the findings.",
          _read(_report), query=_REPORT, texts=tuple(_TEXTS.values())),
)
