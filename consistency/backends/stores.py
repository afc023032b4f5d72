"""The Store over raw messages, sent by the generated async client or straight into the emulator's own entry.

One call is one request. The clients retry by default (lookups and queries up to 60 s on UNAVAILABLE
and DEADLINE_EXCEEDED), which would hide misses and delays inside one recorded call; so every call carries a retry that
never retries, and a time-out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import grpc
from google.api_core import exceptions
from google.api_core.retry import AsyncRetry, if_exception_type
from google.cloud.datastore_v1.services.datastore import DatastoreAsyncClient
from google.cloud.datastore_v1.types import datastore

from consistency.backends import replies, transactions
from consistency.backends.messages import Messages
from consistency.clock import Clock
from consistency.emulator.status import ServiceError
from consistency.operation import Item
from consistency.store import Shape, Sighting, Snapshot, StoreError, Value

NEVER = AsyncRetry(predicate=if_exception_type())
DEFINITE = {"INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "UNAUTHENTICATED", "ABORTED",
            "FAILED_PRECONDITION", "OUT_OF_RANGE", "UNIMPLEMENTED", "RESOURCE_EXHAUSTED"}  # fmt: skip
KEPT = 1_024  # prepared requests: more than series are open
REQUESTS: dict[str, tuple[Any, Any]] = {  # method: (the client's wrapper of a request, the raw message of a reply)
    "lookup": (datastore.LookupRequest, datastore.LookupResponse.pb()),
    "run_query": (datastore.RunQueryRequest, datastore.RunQueryResponse.pb()),
    "run_aggregation_query": (datastore.RunAggregationQueryRequest, datastore.RunAggregationQueryResponse.pb()),
    "commit": (datastore.CommitRequest, datastore.CommitResponse.pb()),
    "begin_transaction": (datastore.BeginTransactionRequest, datastore.BeginTransactionResponse.pb()),
    "rollback": (datastore.RollbackRequest, datastore.RollbackResponse.pb()),
}
PATHS = {
    name: f"/google.datastore.v1.Datastore/{''.join(word.capitalize() for word in name.split('_'))}"
    for name in REQUESTS
}
READERS = {shape: replies.read_count if shape is Shape.COUNT else replies.read_query for shape in Shape}


@dataclass(frozen=True)
class Wire:
    """How requests travel. `prepare`: (method name, raw request) -> what `send` takes; `send` returns the raw reply or
    raises StoreError. Preparing stands apart because a series asks the same thing again and again."""

    prepare: Callable[[str, Any], Any]
    send: Callable[[str, Any], Awaitable[Any]]
    release: Callable[[], Awaitable[object]]


class RpcStore:
    """A Store that sends raw messages over a wire. `begins_apart`: a transaction is begun by a request of its own, and
    not by its first read."""

    def __init__(self, wire: Wire, requests: Messages, *, begins_apart: bool = False) -> None:
        self._wire = wire
        self._requests = requests
        self._begins_apart = begins_apart
        self._prepare_lookup = lru_cache(KEPT)(
            lambda item, eventual: wire.prepare("lookup", requests.lookup(item, eventual=eventual))
        )
        self._prepare_query = lru_cache(KEPT)(self._prepare_any_query)

    async def insert(self, item: Item, wall_ns: int, revision: int = 1) -> int | None:
        """Commit one insert."""
        return replies.read_commit(await self._ask("commit", self._requests.insert(item, wall_ns, revision)))

    async def update(self, item: Item, wall_ns: int, revision: int) -> int | None:
        """Commit one update."""
        return replies.read_commit(await self._ask("commit", self._requests.update(item, wall_ns, revision)))

    async def delete(self, item: Item) -> int | None:
        """Commit one delete."""
        return replies.read_commit(await self._ask("commit", self._requests.delete(item)))

    async def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Sighting:
        """Look one key up."""
        if read_ns is None:
            return replies.read_lookup(await self._wire.send("lookup", self._prepare_lookup(item, eventual)))
        return replies.read_lookup(await self._ask("lookup", self._requests.lookup(item, read_ns=read_ns)))

    async def query(
        self, item: Item, ancestor: str | None = None, revision: int = 1, shape: Shape = Shape.ENTITIES
    ) -> Sighting:
        """Run one query."""
        method, request = self._prepare_query(item, ancestor, revision, shape)
        return READERS[shape](await self._wire.send(method, request), revision)

    async def list_newest(self, item: Item, until_ns: int) -> Sighting:
        """Run one query of many."""
        return replies.read_newest(await self._ask("run_query", self._requests.list_newest(until_ns)), item)

    async def read(self, items: Sequence[Item], *, read_only: bool = False) -> Snapshot:
        """Look the items up in a new transaction."""
        begun = b""
        if self._begins_apart:
            request = transactions.ask_transaction(self._requests, read_only=read_only)
            begun = (await self._ask("begin_transaction", request)).transaction
        request = transactions.ask_snapshot(self._requests, items, begun, read_only=read_only)
        return transactions.read_snapshot(await self._ask("lookup", request), items, begun)

    async def commit(self, handle: Any, writes: Mapping[Item, Value]) -> int | None:
        """Commit the transaction."""
        request = transactions.commit_writes(self._requests, handle, writes)
        return transactions.read_commit_time(await self._ask("commit", request))

    async def rollback(self, handle: Any) -> None:
        """Roll the transaction back."""
        await self._ask("rollback", transactions.roll_back(self._requests, handle))

    async def close(self) -> None:
        """Close the connection, where there is one."""
        await self._wire.release()

    def _prepare_any_query(self, item: Item, ancestor: str | None, revision: int, shape: Shape) -> tuple[str, Any]:
        method, request = self._requests.query(item, ancestor, revision, shape)
        return method, self._wire.prepare(method, request)

    async def _ask(self, method: str, request: Any) -> Any:
        return await self._wire.send(method, self._wire.prepare(method, request))


def wire_client(client: DatastoreAsyncClient, timeout_s: float, release: Callable[[], Awaitable[object]]) -> Wire:
    """Through the generated async client."""

    def prepare(name: str, request: Any) -> Any:
        return REQUESTS[name][0].wrap(request)

    async def send(name: str, request: Any) -> Any:
        try:
            reply = await getattr(client, name)(request=request, retry=NEVER, timeout=timeout_s)
        except exceptions.GoogleAPICallError as error:
            raise store_error(error) from error
        return reply._pb  # noqa: SLF001 - proto-plus's own way to the raw message

    return Wire(prepare, send, release)


def count_calls(wire: Wire, count: Callable[[str], None]) -> Wire:
    """The same wire; `count` is told the method of each call before it is sent."""

    def send(name: str, request: Any) -> Awaitable[Any]:
        count(name)
        return wire.send(name, request)

    return Wire(wire.prepare, send, wire.release)


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
        return REQUESTS[name][1].FromString(content)

    return Wire(prepare, send, release)


def store_error(error: exceptions.GoogleAPICallError) -> StoreError:
    """The client library's error in the workers' terms."""
    code = error.grpc_status_code or grpc.StatusCode.UNKNOWN
    return StoreError(code.name, error.message, definite=code.name in DEFINITE)
