"""Errors without their form on the wire, which the edge adds."""

from dataclasses import dataclass
from typing import Any


class ServiceError(Exception):
    """An error that AWS would return: `code`, `message` (None: a body without one), HTTP `status`.

    `detail` is for the journal only. `more` are further members of the error, by name.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int = 400,
        detail: str = "",
        **more: Any,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.detail = detail
        self.more = more


def validation(message: str) -> ServiceError:
    """Return the error that the hosting operations use for nearly everything.

    Not found, already existing and bad parameters are all `ValidationException`, HTTP 400;
    `ResourceNotFound` and `ResourceInUse` were never seen from these operations.
    """
    return ServiceError("ValidationException", message)


def serialization(message: str | None = None) -> ServiceError:
    """Return the error for a body that does not fit the operation's types."""
    return ServiceError("SerializationException", message)


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a configuration: its path, and a message with the value and what is allowed."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigurationError(ValueError):
    """An invalid configuration. Nothing was changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class SetupError(Exception):
    """The command that creates what exists before a program has failed."""


class NotFoundError(LookupError):
    """A name that does not exist."""


class ConflictError(ValueError):
    """A request that the present state does not allow, as to move a real clock. Nothing was changed."""
