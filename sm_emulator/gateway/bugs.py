"""The exceptions that no request should be able to raise."""

import traceback

_KEPT = 20


class Bugs(list[Exception]):
    """The last bugs, with their tracebacks as text; `found` counts all."""

    found = 0

    def keep(self, bug: Exception) -> None:
        """Keep a bug that is being handled, without its frames: they would hold the request."""
        bug.add_note(traceback.format_exc())
        bug.__cause__ = bug.__context__ = bug.__traceback__ = None
        self.append(bug)
        del self[:-_KEPT]
        self.found += 1
