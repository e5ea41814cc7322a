"""What stands for the containers of models: which answer, and how it is made."""

from sm_emulator.containers.exchange import Container, Invocation, Reply
from sm_emulator.containers.responses import Response, Responses, responses

__all__ = ["Container", "Invocation", "Reply", "Response", "Responses", "responses"]
