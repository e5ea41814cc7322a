"""Stand-ins for the containers of models: which response applies, and how it is made."""

from sm_emulator.containers.invocation import TIMED_OUT, Container, Invocation, Reply
from sm_emulator.containers.responses import Response, find_response, responses

__all__ = ["TIMED_OUT", "Container", "Invocation", "Reply", "Response", "find_response", "responses"]
