"""The v1 API over HTTP/1.1: `POST /v1/projects/P:lookup` and its seven sisters, as JSON or as protobuf.

An HTTP request comes in, the service is called with the same bytes that gRPC would bring, and its reply goes out in
the form in which the request came (or that `alt` asks for). The project is that of the path, whatever the body says.

JSON is proto3's own. A name that this version of the messages does not have is passed over, so that clients that are
newer than the installed messages still work.
"""

import inspect
import json
from collections.abc import Awaitable
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote

from google.protobuf import json_format
from google.protobuf.message import DecodeError

from consistency.emulator.server.call import Call
from consistency.emulator.server.routes import PROTOBUF, Request, Response, Route, refuse_unknown
from consistency.emulator.status import invalid
from consistency.emulator.values import messages
from consistency.emulator.values.messages import Message

PATH = "/v1/projects/"
_PREFIX = "/google.datastore.v1.Datastore/"
_JSON = "application/json; charset=utf-8"
Answer = Response | Awaitable[Response]


class Method(NamedTuple):
    """One RPC: its name in gRPC's paths and its messages."""

    name: str
    request: Message
    reply: Message


METHODS: dict[str, Method] = {
    "lookup": Method("Lookup", messages.LookupRequest, messages.LookupResponse),
    "runQuery": Method("RunQuery", messages.RunQueryRequest, messages.RunQueryResponse),
    "runAggregationQuery": Method(
        "RunAggregationQuery", messages.RunAggregationQueryRequest, messages.RunAggregationQueryResponse
    ),
    "beginTransaction": Method("BeginTransaction", messages.BeginTransactionRequest, messages.BeginTransactionResponse),
    "commit": Method("Commit", messages.CommitRequest, messages.CommitResponse),
    "rollback": Method("Rollback", messages.RollbackRequest, messages.RollbackResponse),
    "allocateIds": Method("AllocateIds", messages.AllocateIdsRequest, messages.AllocateIdsResponse),
    "reserveIds": Method("ReserveIds", messages.ReserveIdsRequest, messages.ReserveIdsResponse),
}


def api_route(call: Call, otherwise: Route = refuse_unknown) -> Route:
    """The route of every path under `PATH`; ServiceError where the request cannot be understood or is refused.

    `otherwise` answers what is not a method of the v1 API.
    """

    def answer(request: Request) -> Answer:
        project, _, word = unquote(request.path.removeprefix(PATH)).rpartition(":")
        method = METHODS.get(word)
        if method is None or not project or request.method != "POST":
            return otherwise(request)
        message = parse_body(method.request(), request)
        message.project_id = project
        return send_call(call, _PREFIX, method, request, message)

    return answer


def send_call(call: Call, prefix: str, method: Method, request: Request, message: Message) -> Answer:
    """Call the service with the message; the reply in the form that the request asks for."""
    reply = call(prefix + method.name, request.headers, message.SerializeToString())
    return _encode_later(request, method, reply) if inspect.isawaitable(reply) else _encode(request, method, reply)


def parse_body(message: Message, request: Request) -> Message:
    """The message, filled from a request's body, JSON or protobuf; INVALID_ARGUMENT where it cannot be."""
    try:
        if request.is_protobuf:
            message.ParseFromString(request.body)
        elif request.body.strip():  # some clients send nothing at all for an empty message
            json_format.ParseDict(_read_object(request.body), message, ignore_unknown_fields=True)
    except (DecodeError, json_format.ParseError, ValueError, RecursionError) as error:
        raise invalid(f"The body is not a {message.DESCRIPTOR.name}: {error}") from error
    return message


def _read_object(body: bytes) -> dict[str, Any]:
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 - of the content, not of a type in our code
    return found


def _encode(request: Request, method: Method, reply: bytes) -> Response:
    words = parse_qs(request.query)
    form = (words.get("alt") or words.get("$alt") or [PROTOBUF if request.is_protobuf else "json"])[-1]
    if form in {PROTOBUF, "proto"}:
        return Response(200, reply, PROTOBUF)
    text = json_format.MessageToJson(method.reply.FromString(reply), indent=None)
    return Response(200, text.encode(), _JSON)


async def _encode_later(request: Request, method: Method, reply: Awaitable[bytes]) -> Response:
    return _encode(request, method, await reply)
