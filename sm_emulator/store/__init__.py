"""A replicated store whose replicas see a write late. It knows keys and opaque values, not AWS."""

from sm_emulator.store.reading import Read, Session
from sm_emulator.store.rules import SURFACES, Consistency, Surface, WriteKind
from sm_emulator.store.store import Store
from sm_emulator.store.version import Key

__all__ = ["SURFACES", "Consistency", "Key", "Read", "Session", "Store", "Surface", "WriteKind"]
