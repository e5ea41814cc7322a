"""The edge: the only package with Flask, sockets and threads."""

from sm_emulator.server.connection import Limits
from sm_emulator.server.dispatcher import Dispatcher, OriginPolicy
from sm_emulator.server.listener import Listener

__all__ = ["Dispatcher", "Limits", "Listener", "OriginPolicy"]
