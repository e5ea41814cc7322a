"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""

from sm_emulator.store.chance import uniform
from sm_emulator.store.lag import Constant, Lag, Lognormal, Uniform
from sm_emulator.store.rule import KINDS, SURFACES, Consistency, Kind, Replicas, Rule, Surface
from sm_emulator.store.store import Pending, Read, Session, Store
from sm_emulator.store.version import Key

__all__ = [
    "KINDS",
    "SURFACES",
    "Consistency",
    "Constant",
    "Key",
    "Kind",
    "Lag",
    "Lognormal",
    "Pending",
    "Read",
    "Replicas",
    "Rule",
    "Session",
    "Store",
    "Surface",
    "Uniform",
    "uniform",
]
