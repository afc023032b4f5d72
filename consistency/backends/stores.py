"""The Store over raw messages, sent by the generated async client or straight into the emulator's own entry.

One call is one request. The clients retry by default (lookups and queries up to 60 s on UNAVAILABLE
and DEADLINE_EXCEEDED), which would hide misses and delays inside one recorded call; so every call carries a retry that
never retries, and a time-out.
"""

from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Any

import grpc
from google.api_core import exceptions
from google.api_core.retry import AsyncRetry, if_exception_type
from google.cloud.datastore_v1.services.datastore import DatastoreAsyncClient
from google.cloud.datastore_v1.types import datastore

from consistency.backends import messages
from consistency.backends.messages import Messages
from consistency.clock import Clock
from consistency.delays import Delay
from consistency.emulator.status import ServiceError
from consistency.operation import Item
from consistency.store import Sighting, StoreError

NEVER = AsyncRetry(predicate=if_exception_type())
DEFINITE = {"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "UNAUTHENTICATED", "ABORTED",
            "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED"}  # fmt: skip
Send = Callable[[str, Any], Awaitable[Any]]
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


class RpcStore:
    """A Store over `send`: (method name, raw request) -> raw reply, raising StoreError."""

    def __init__(self, send: Send, requests: Messages, release: Callable[[], Awaitable[object]] | None = None) -> None:
        self._send = send
        self._requests = requests
        self._release = release

    async def insert(self, item: Item, wall_ns: int) -> int | None:
        """Commit one insert."""
        return messages.read_insert(await self._send("commit", self._requests.insert(item, wall_ns)))

    async def lookup(self, item: Item) -> Sighting:
        """Look one key up."""
        return messages.read_lookup(await self._send("lookup", self._requests.lookup(item)))

    async def query(self, item: Item, ancestor: str | None = None) -> Sighting:
        """Run one query."""
        return messages.read_query(await self._send("run_query", self._requests.query(item, ancestor)))

    async def close(self) -> None:
        """Close the connection, where there is one."""
        if self._release is not None:
            await self._release()


def send_by_client(client: DatastoreAsyncClient, timeout_s: float) -> Send:
    """Send through the generated async client."""

    async def send(name: str, request: Any) -> Any:
        try:
            reply = await getattr(client, name)(request=WRAPPERS[name].wrap(request), retry=NEVER, timeout=timeout_s)
        except exceptions.GoogleAPICallError as error:
            raise store_error(error) from error
        return reply._pb  # noqa: SLF001 - proto-plus's own way to the raw message

    return send


def send_in_process(
    call: Callable[[str, Mapping[str, str], bytes], Any], clock: Clock, latency: Delay, random: Random
) -> Send:
    """Send to the emulator's own entry without a socket.

       |--latency--|  the emulator reads or commits here  |--latency--|     so that what was true lies between
    invoked                                                         completed   the two stamps, as on a network
    """

    async def send(name: str, request: Any) -> Any:
        await clock.sleep_until_ns(clock.now_ns() + latency.draw_ns(random))
        try:
            reply = call(PATHS[name], {}, request.SerializeToString())
            content = reply if isinstance(reply, bytes) else await reply
        except ServiceError as error:
            raise StoreError(error.code.name, error.message, definite=error.code.name in DEFINITE) from error
        await clock.sleep_until_ns(clock.now_ns() + latency.draw_ns(random))
        return REPLIES[name].FromString(content)

    return send


def store_error(error: exceptions.GoogleAPICallError) -> StoreError:
    """The client library's error in the workers' terms."""
    code = error.grpc_status_code or grpc.StatusCode.UNKNOWN
    return StoreError(code.name, error.message, definite=code.name in DEFINITE)
