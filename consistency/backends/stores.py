"""The Store over raw messages, sent by the generated async client or straight into the emulator's own entry.

One call is one request. The clients retry by default (lookups and queries up to 60 s on UNAVAILABLE
and DEADLINE_EXCEEDED), which would hide misses and delays inside one recorded call; so every call carries a retry that
never retries, and a time-out.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import grpc
from google.api_core import exceptions
from google.api_core.retry import AsyncRetry, if_exception_type
from google.cloud.datastore_v1.services.datastore import DatastoreAsyncClient
from google.cloud.datastore_v1.types import datastore

from consistency.backends import messages
from consistency.backends.messages import Messages
from consistency.clock import Clock
from consistency.emulator.status import ServiceError
from consistency.operation import Item
from consistency.store import Sighting, StoreError

NEVER = AsyncRetry(predicate=if_exception_type())
DEFINITE = {"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "UNAUTHENTICATED", "ABORTED",
            "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED"}  # fmt: skip
KEPT = 1_024  # prepared requests: more than series are open
WRAPPERS: dict[str, Any] = {
    "lookup": datastore.LookupRequest,
    "run_query": datastore.RunQueryRequest,
    "commit": datastore.CommitRequest,
}
REPLIES = {
    "lookup": datastore.LookupResponse.pb(),
    "run_query": datastore.RunQueryResponse.pb(),
    "commit": datastore.CommitResponse.pb(),
}
PATHS = {
    "lookup": "/google.datastore.v1.Datastore/Lookup",
    "run_query": "/google.datastore.v1.Datastore/RunQuery",
    "commit": "/google.datastore.v1.Datastore/Commit",
}


@dataclass(frozen=True)
class Wire:
    """How requests travel. `prepare`: (method name, raw request) -> what `send` takes; `send` returns the raw reply or
    raises StoreError. Preparing stands apart because a series asks the same thing again and again."""

    prepare: Callable[[str, Any], Any]
    send: Callable[[str, Any], Awaitable[Any]]
    release: Callable[[], Awaitable[object]]


class RpcStore:
    """A Store that sends raw messages over a wire."""

    def __init__(self, wire: Wire, requests: Messages) -> None:
        self._wire = wire
        self._requests = requests
        self._prepare_lookup = lru_cache(KEPT)(lambda item: wire.prepare("lookup", requests.lookup(item)))
        self._prepare_query = lru_cache(KEPT)(
            lambda item, below: wire.prepare("run_query", requests.query(item, below))
        )

    async def insert(self, item: Item, wall_ns: int) -> int | None:
        """Commit one insert."""
        request = self._wire.prepare("commit", self._requests.insert(item, wall_ns))
        return messages.read_insert(await self._wire.send("commit", request))

    async def lookup(self, item: Item) -> Sighting:
        """Look one key up."""
        return messages.read_lookup(await self._wire.send("lookup", self._prepare_lookup(item)))

    async def query(self, item: Item, ancestor: str | None = None) -> Sighting:
        """Run one query."""
        return messages.read_query(await self._wire.send("run_query", self._prepare_query(item, ancestor)))

    async def close(self) -> None:
        """Close the connection, where there is one."""
        await self._wire.release()


def wire_client(client: DatastoreAsyncClient, timeout_s: float, release: Callable[[], Awaitable[object]]) -> Wire:
    """Through the generated async client."""

    def prepare(name: str, request: Any) -> Any:
        return WRAPPERS[name].wrap(request)

    async def send(name: str, request: Any) -> Any:
        try:
            reply = await getattr(client, name)(request=request, retry=NEVER, timeout=timeout_s)
        except exceptions.GoogleAPICallError as error:
            raise store_error(error) from error
        return reply._pb  # noqa: SLF001 - proto-plus's own way to the raw message

    return Wire(prepare, send, release)


def wire_in_process(
    call: Callable[[str, Mapping[str, str], bytes], Any],
    clock: Clock,
    draw_latency_ns: Callable[[], int],
    release: Callable[[], Awaitable[object]],
) -> Wire:
    """Into the emulator's own entry, without a socket.

       |--latency--|  the emulator reads or commits here  |--latency--|     so that what was true lies between
    invoked                                                         completed   the two stamps, as on a network
    """

    def prepare(_: str, request: Any) -> bytes:
        content: bytes = request.SerializeToString()
        return content

    async def send(name: str, request: bytes) -> Any:
        await clock.sleep_until_ns(clock.now_ns() + draw_latency_ns())
        try:
            reply = call(PATHS[name], {}, request)
            content = reply if isinstance(reply, bytes) else await reply
        except ServiceError as error:
            raise StoreError(error.code.name, error.message, definite=error.code.name in DEFINITE) from error
        await clock.sleep_until_ns(clock.now_ns() + draw_latency_ns())
        return REPLIES[name].FromString(content)

    return Wire(prepare, send, release)


def store_error(error: exceptions.GoogleAPICallError) -> StoreError:
    """The client library's error in the workers' terms."""
    code = error.grpc_status_code or grpc.StatusCode.UNKNOWN
    return StoreError(code.name, error.message, definite=code.name in DEFINITE)
