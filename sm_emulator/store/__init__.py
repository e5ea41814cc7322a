"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""

from sm_emulator.store.answer import Mark, Page, Pending, Read, Session
from sm_emulator.store.chance import uniform
from sm_emulator.store.history import ConsistencyChanged, Event, History, ReadEvent, Settled, WriteEvent
from sm_emulator.store.index import Order
from sm_emulator.store.lag import (
    Constant,
    Empirical,
    Exponential,
    Lag,
    Lognormal,
    Mixture,
    Pareto,
    Uniform,
    Wars,
)
from sm_emulator.store.page import ExpiredError
from sm_emulator.store.rule import (
    GUARANTEES,
    KINDS,
    SURFACES,
    Consistency,
    Guarantee,
    Kind,
    Replicas,
    Rule,
    Surface,
)
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key

__all__ = [
    "GUARANTEES",
    "KINDS",
    "SURFACES",
    "Consistency",
    "ConsistencyChanged",
    "Constant",
    "Empirical",
    "Event",
    "ExpiredError",
    "Exponential",
    "Guarantee",
    "History",
    "Key",
    "Kind",
    "Lag",
    "Lognormal",
    "Mark",
    "Mixture",
    "Order",
    "Page",
    "Pareto",
    "Pending",
    "Read",
    "ReadEvent",
    "Replicas",
    "Rule",
    "Session",
    "Settled",
    "Store",
    "Surface",
    "Uniform",
    "Wars",
    "WriteEvent",
    "uniform",
]
