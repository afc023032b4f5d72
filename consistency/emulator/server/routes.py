"""What is answered over HTTP/1.1: a route is a function from a request to a response.

What no route answers is answered 404. Errors have the service's two shapes: a JSON object, and for whoever sent
protobuf a serialised google.rpc.Status.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from google.rpc.status_pb2 import Status

from consistency.emulator.status import Code

PROTOBUF = "application/x-protobuf"


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

    @property
    def query(self) -> str:
        """What stands in the target behind the question mark."""
        return self.target.partition("?")[2]

    @property
    def is_protobuf(self) -> bool:
        """Whether the client speaks protobuf; whatever is not said to be protobuf is taken for JSON."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return kind in {PROTOBUF, "application/protobuf"}


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


def build_route(table: Mapping[tuple[str, str], Route], folders: Mapping[str, Route]) -> Route:
    """The one route that leads to all others: by method and path, or by how the path begins."""

    def route(request: Request) -> Response | Awaitable[Response]:
        found = table.get((request.method, request.path))
        if found is None:
            found = next((inner for path, inner in folders.items() if request.path.startswith(path)), refuse_unknown)
        return found(request)

    return route


def refuse_unknown(request: Request) -> Response:
    """404 in words."""
    return refuse(Code.NOT_FOUND, f"nothing answers {request.method} {request.path} here", request)


def refuse(code: Code, message: str, request: Request | None = None, http_status: int | None = None) -> Response:
    """An error in the shape that the request asks for: JSON, unless it is protobuf."""
    status = HTTP_STATUS[code] if http_status is None else http_status
    if request is not None and request.is_protobuf:
        return Response(status, Status(code=code, message=message).SerializeToString(), PROTOBUF)
    error = {"error": {"code": status, "message": message, "status": code.name}}
    return Response(status, json.dumps(error).encode(), "application/json; charset=utf-8")
