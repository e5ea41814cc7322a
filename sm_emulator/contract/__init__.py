"""The contract of each operation: types first, then constraints, as the service checks them.

A valid request is accepted fast; only a refusal is explained.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from sm_emulator.catalog import document
from sm_emulator.contract.shape import Reader, reader
from sm_emulator.errors import ServiceError


@dataclass(frozen=True, slots=True)
class Contract:
    """The contract of one operation: the reader of its request, and the schema of the values."""

    schema: dict[str, Any]
    read: Reader
    accepts: jsonschema_rs.Draft202012Validator
    refusal: str

    def check(self, payload: object) -> dict[str, Any]:
        """Read a request: known members only, without nulls, in the model's types.

        Raises ServiceError: SerializationException for the first value of a wrong type, else
        `refusal` for all violated constraints together. Types always come before constraints
        (measured at Athena, which is the same framework).
        """
        request: dict[str, Any] = self.read(payload)
        if self.accepts.is_valid(request):
            return request
        from sm_emulator.contract.sentences import explain  # noqa: PLC0415  used for refusals only

        raise ServiceError(self.refusal, explain(self.schema, request))


@cache
def contract(operation: str) -> Contract:
    """Load the contract of an operation that has a schema."""
    whole = document(operation)
    schema = {**whole["input"], "$defs": whole["$defs"]}
    # the runtime's operations declare an error of their own for it, the control plane's do not
    declared = "ValidationError" in whole["errors"]
    refusal = "ValidationError" if declared else "ValidationException"
    return Contract(schema, reader(schema), jsonschema_rs.Draft202012Validator(schema), refusal)
