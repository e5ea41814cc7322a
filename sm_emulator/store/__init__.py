"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""

from sm_emulator.store.index import Position, SortOrder
from sm_emulator.store.lag import uniform
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
    "ConsistencyRule",
    "ExpiredError",
    "Guarantee",
    "Key",
    "Mark",
    "Page",
    "Position",
    "Read",
    "Replicas",
    "Session",
    "SortOrder",
    "Store",
    "Surface",
    "WriteKind",
    "uniform",
]
