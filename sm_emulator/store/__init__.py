"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""

from sm_emulator.store.chance import uniform
from sm_emulator.store.history import ConsistencyChanged, Event, History, ReadEvent, Settled, WriteEvent
from sm_emulator.store.index import SortOrder
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
from sm_emulator.store.listing import ExpiredError, Mark, Page
from sm_emulator.store.reading import Read, Session
from sm_emulator.store.rules import (
    GUARANTEES,
    SURFACES,
    WRITE_KINDS,
    Consistency,
    ConsistencyRule,
    Guarantee,
    Replicas,
    Surface,
    WriteKind,
)
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key

__all__ = [
    "GUARANTEES",
    "SURFACES",
    "WRITE_KINDS",
    "Consistency",
    "ConsistencyChanged",
    "ConsistencyRule",
    "Constant",
    "Empirical",
    "Event",
    "ExpiredError",
    "Exponential",
    "Guarantee",
    "History",
    "Key",
    "Lag",
    "Lognormal",
    "Mark",
    "Mixture",
    "Page",
    "Pareto",
    "Read",
    "ReadEvent",
    "Replicas",
    "Session",
    "Settled",
    "SortOrder",
    "Store",
    "Surface",
    "Uniform",
    "Wars",
    "WriteEvent",
    "WriteKind",
    "uniform",
]
