"""The edge: the only place that knows Flask, sockets and threads."""

from sm_emulator.server.app import create_app
from sm_emulator.server.elsewhere import Moto, elsewhere
from sm_emulator.server.listener import Listener

__all__ = ["Listener", "Moto", "create_app", "elsewhere"]
