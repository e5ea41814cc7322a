"""Backends for the requests of other services: moto in this process, or another server."""

from sm_emulator.passthrough.backends import MotoBackend, backend

__all__ = ["MotoBackend", "backend"]
