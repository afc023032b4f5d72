"""What is answered over HTTP/1.1: a route is a function from a request to a response.

Control endpoints live in one dict literal; what is not in it is answered 404 in the service's JSON shape of errors.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from consistency.emulator.status import Code


@dataclass(frozen=True, slots=True)
class Request:
    """One whole HTTP/1.1 request. Header names are lower case; `target` is as sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    keep_alive: bool = True

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered; `after` is called once the answer is written."""

    status: int
    body: bytes
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    after: Callable[[], None] | None = None


Route = Callable[[Request], Response | Awaitable[Response]]

HTTP_STATUS = {
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INVALID_ARGUMENT: 400,
    Code.DEADLINE_EXCEEDED: 504,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.PERMISSION_DENIED: 403,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.FAILED_PRECONDITION: 400,
    Code.ABORTED: 409,
    Code.OUT_OF_RANGE: 400,
    Code.UNIMPLEMENTED: 501,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
    Code.DATA_LOSS: 500,
    Code.UNAUTHENTICATED: 401,
}


def build_route(on_shutdown: Callable[[], None] | None, on_reset: Callable[[], None] | None) -> Route:
    """The one route that leads to all others."""

    def greet(_request: Request) -> Response:
        return Response(200, b"Ok\n")

    def shut_down(_request: Request) -> Response:
        return Response(200, b"Shutting down\n", after=on_shutdown)

    def reset(_request: Request) -> Response:
        if on_reset is not None:
            on_reset()
        return Response(200, b"Reset\n")

    table: dict[tuple[str, str], Route] = {
        ("GET", "/"): greet,
        ("HEAD", "/"): greet,
        ("POST", "/shutdown"): shut_down,
        ("POST", "/reset"): reset,
    }

    def route(request: Request) -> Response | Awaitable[Response]:
        return table.get((request.method, request.path), refuse_unknown)(request)

    return route


def refuse_unknown(request: Request) -> Response:
    """404 in words."""
    return refuse(404, Code.NOT_FOUND, f"nothing answers {request.method} {request.path} here")


def refuse(http_status: int, code: Code, message: str) -> Response:
    """An error in the service's JSON shape."""
    error = {"error": {"code": http_status, "message": message, "status": code.name}}
    return Response(http_status, json.dumps(error).encode(), "application/json; charset=utf-8")
