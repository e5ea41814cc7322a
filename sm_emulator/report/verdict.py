"""What a failure means for whoever might retry it."""

from __future__ import annotations

from sm_emulator.journal import Exchange

# The codes that botocore takes for throttling (botocore/retries/standard.py, 1.44.5)
THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
# What no repetition changes. ResourceLimitExceeded is not among them: a quota may become free.
_HOPELESS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "NotImplemented",
        "SerializationException",
        "SignatureDoesNotMatch",
        "UnknownOperationException",
        "UnrecognizedClientException",
    }
)
_SERVER_ERRORS = frozenset({500, 502, 503, 504})  # what SDKs retry; 530 of the runtime is not among them


def throttled(exchange: Exchange) -> bool:
    """Tell whether it was refused for coming too often."""
    return exchange.code in THROTTLED


def transient(exchange: Exchange) -> bool:
    """Tell whether it failed in a way that every SDK retries: throttled, broken or lost."""
    return bool(exchange.delivery) or throttled(exchange) or exchange.status in _SERVER_ERRORS


def undecided(exchange: Exchange) -> bool:
    """Tell whether it failed so that the operation may have happened all the same."""
    return bool(exchange.delivery) or exchange.status in _SERVER_ERRORS


def existing(exchange: Exchange) -> bool:
    """Tell whether it was refused because the name is taken."""
    return exchange.message.startswith("Cannot create already existing")


def hopeless(exchange: Exchange) -> bool:
    """Tell whether it was refused so that a repetition is refused too.

    "Could not find …" is not among these, since a client cannot tell a stale miss from a true one, nor
    are conflicts with what is in progress.
    """
    constraint = " detected" in exchange.message and exchange.code == "ValidationException"
    return exchange.code in _HOPELESS or constraint or existing(exchange)
