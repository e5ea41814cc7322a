"""The edge: the only place that knows Flask, sockets and threads."""

from sm_emulator.server.door import Door
from sm_emulator.server.elsewhere import Moto, elsewhere
from sm_emulator.server.front import Front
from sm_emulator.server.listener import Listener
from sm_emulator.server.protocol import Limits
from sm_emulator.server.wsgi import Hosted

__all__ = ["Door", "Front", "Hosted", "Limits", "Listener", "Moto", "elsewhere"]
