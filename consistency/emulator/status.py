"""How a call ends when it does not succeed: gRPC's status codes, without gRPC.

Every layer raises ServiceError; the wire turns it into trailers or into an HTTP body, the harness reads it as it is.
"""

from enum import IntEnum


class Code(IntEnum):
    """The canonical status codes, with gRPC's numbers and names."""

    OK = 0
    CANCELLED = 1
    UNKNOWN = 2
    INVALID_ARGUMENT = 3
    DEADLINE_EXCEEDED = 4
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    DATA_LOSS = 15
    UNAUTHENTICATED = 16


class ServiceError(Exception):
    """A call refused: the status code and one sentence for the caller."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code.name}: {message}")
        self.code = code
        self.message = message


def invalid(message: str) -> ServiceError:
    """The commonest refusal: INVALID_ARGUMENT."""
    return ServiceError(Code.INVALID_ARGUMENT, message)


def unimplemented(feature: str) -> ServiceError:
    """A feature of the service that this emulator does not have yet: it says so rather than answer wrongly."""
    return ServiceError(Code.UNIMPLEMENTED, f"{feature} is not implemented by this emulator yet.")
