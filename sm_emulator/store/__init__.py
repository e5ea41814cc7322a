"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""

from sm_emulator.store.answer import Mark, Page, Pending, Read, Session
from sm_emulator.store.chance import uniform
from sm_emulator.store.history import Event, History, InForce, Saw, Settled, Wrote
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
    "Constant",
    "Empirical",
    "Event",
    "ExpiredError",
    "Exponential",
    "Guarantee",
    "History",
    "InForce",
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
    "Replicas",
    "Rule",
    "Saw",
    "Session",
    "Settled",
    "Store",
    "Surface",
    "Uniform",
    "Wars",
    "Wrote",
    "uniform",
]
