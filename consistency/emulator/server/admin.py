"""DatastoreAdmin over HTTP/1.1, as JSON or as protobuf.

    POST   /v1/projects/P:export, P:import
    GET    /v1/projects/P/indexes, /v1/projects/P/indexes/ID
    POST   /v1/projects/P/indexes           the body is the index
    DELETE /v1/projects/P/indexes/ID

The classes of the messages are imported with the first such request: they bring a whole client package with them.
"""

import re
from typing import Any
from urllib.parse import parse_qs, unquote

from consistency.emulator.server.call import Call
from consistency.emulator.server.routes import Request, Route, refuse_unknown
from consistency.emulator.server.transcoding import PATH, Answer, Method, parse_body, send_call
from consistency.emulator.status import invalid
from consistency.emulator.values.messages import Message

_PREFIX = "/google.datastore.admin.v1.DatastoreAdmin/"
_PLACE = re.compile(r"([^/:]+)(?::(\w+)|/(indexes)(?:/([^/]+))?)")
_METHODS = {  # by the HTTP method, the last word of the path, and whether an index is named
    ("POST", "export", False): "ExportEntities",
    ("POST", "import", False): "ImportEntities",
    ("GET", "indexes", False): "ListIndexes",
    ("POST", "indexes", False): "CreateIndex",
    ("GET", "indexes", True): "GetIndex",
    ("DELETE", "indexes", True): "DeleteIndex",
}
_REPLIES = {"ListIndexes": "ListIndexesResponse", "GetIndex": "Index"}


def admin_route(call: Call) -> Route:
    """The route of DatastoreAdmin's paths; others are answered 404."""

    def answer(request: Request) -> Answer:
        place = _PLACE.fullmatch(unquote(request.path.removeprefix(PATH)))
        if place is None:
            return refuse_unknown(request)
        project, word, indexes, index_id = place.groups()
        name = _METHODS.get((request.method, word or indexes, index_id is not None))
        if name is None:
            return refuse_unknown(request)
        method = _find_method(name)
        message = _fill(method.request(), name, request)
        message.project_id = project
        if index_id is not None:
            message.index_id = index_id
        return send_call(call, _PREFIX, method, request, message)

    return answer


def _find_method(name: str) -> Method:
    from google.cloud.datastore_admin_v1 import types  # noqa: PLC0415 - see the module's docstring
    from google.longrunning.operations_pb2 import Operation  # noqa: PLC0415

    known: Any = types
    reply = getattr(known, _REPLIES[name]).pb() if name in _REPLIES else Operation
    return Method(name, getattr(known, f"{name}Request").pb(), reply)


def _fill(message: Message, name: str, request: Request) -> Message:
    """The request's message from the body, or where there is none from the query."""
    if name == "CreateIndex":
        parse_body(message.index, request)
    elif name == "ListIndexes":
        _read_query(message, request)
    elif request.method == "POST":
        parse_body(message, request)
    return message


def _read_query(message: Message, request: Request) -> None:
    words = {key: found[-1] for key, found in parse_qs(request.query).items()}
    message.filter, message.page_token = words.get("filter", ""), words.get("pageToken", "")
    size = words.get("pageSize", "0")
    if not re.fullmatch(r"\d{1,9}", size, re.ASCII):
        raise invalid(f'The pageSize "{size}" is not a number.')
    message.page_size = int(size)
