"""What can be refused, as facts; the edge decides how a refusal looks on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ServiceError(Exception):
    """A refusal that AWS would give: `code`, `message` (None: a body without one), HTTP `status`.

    `more` are further members of its shape, by name.
    """

    def __init__(self, code: str, message: str | None = None, *, status: int = 400, **more: Any) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.more = more


def validation(message: str) -> ServiceError:
    """Build the one code that the hosting family uses for nearly everything.

    Not found, already existing and bad parameters are all `ValidationException`, HTTP 400;
    `ResourceNotFound` and `ResourceInUse` were never seen from these operations.
    """
    return ServiceError("ValidationException", message)


def serialization(message: str | None = None) -> ServiceError:
    """Build the refusal of a body that cannot be read into the operation's types."""
    return ServiceError("SerializationException", message)


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in a configuration: where, what stands there, and what is allowed."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


class ConfigurationError(ValueError):
    """A configuration that makes no sense. Nothing was changed."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = problems


class NotFoundError(LookupError):
    """A name that nothing here has."""


class ConflictError(ValueError):
    """A request that does not fit the present state, as moving a real clock. Nothing was changed."""
