"""The edge: the only place that knows Flask, sockets and threads."""

from sm_emulator.server.dispatcher import Dispatcher
from sm_emulator.server.listener import Listener
from sm_emulator.server.origin_policy import OriginPolicy
from sm_emulator.server.protocol import Limits
from sm_emulator.server.wsgi import WsgiAdapter

__all__ = ["Dispatcher", "Limits", "Listener", "OriginPolicy", "WsgiAdapter"]
