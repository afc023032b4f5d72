"""The Store over google.cloud.datastore.Client: what an application sees.

The client blocks, so its calls run in threads, and only on real time. It retries by default and hides the service's
stamps; the first is switched off here (`retry=None` would mean the default), the second cannot be helped. It has no
GQL, and a read-only transaction is two requests: the query, and the end of the transaction.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud import datastore as library

from consistency.backends.keys import ANCESTOR_KIND, KIND, NS_PER_US, name_value
from consistency.backends.stores import store_error
from consistency.operation import Item
from consistency.probing import Ancestor
from consistency.store import LISTED, Shape, Sighting, Snapshot, Value

NEVER = Retry(predicate=if_exception_type())
THREADS = 32


class LibraryStore:
    """A Store over google.cloud.datastore.Client in threads: what an application sees. It shows no server times."""

    def __init__(
        self,
        client: library.Client,
        timeout_s: float,
        *,
        revisioned: bool = False,
        count: Callable[[str], None] | None = None,
    ) -> None:
        self._client = client
        self._count = count or (lambda _: None)
        self._revisioned = revisioned
        self._options = {"retry": NEVER, "timeout": timeout_s}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="library-client")

    async def insert(self, item: Item, wall_ns: int, revision: int = 1) -> int | None:
        """Commit one insert through a batch, because `put` is an upsert."""
        await self._in_thread(self._put_as, "insert", self._entity(item, wall_ns, revision))
        return None

    async def update(self, item: Item, wall_ns: int, revision: int) -> int | None:
        """Commit one update, through a batch as well."""
        await self._in_thread(self._put_as, "update", self._entity(item, wall_ns, revision))
        return None

    async def delete(self, item: Item) -> int | None:
        """Client.delete."""
        await self._in_thread(self._client.delete, self._key(item), **self._options)
        return None

    async def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Sighting:
        """Client.get."""
        read_time = None if read_ns is None else _datetime(read_ns)
        get = self._client.get
        entity = await self._in_thread(get, self._key(item), eventual=eventual, read_time=read_time, **self._options)
        return Sighting(0 if entity is None else entity.get("revision", 1), None)

    async def query(
        self, item: Item, ancestor: str | None = None, revision: int = 1, shape: Shape = Shape.ENTITIES
    ) -> Sighting:
        """Client.query(...).fetch, or .aggregation_query."""
        return Sighting(await self._in_thread(self._query, item, ancestor, revision, shape), None)

    async def list_newest(self, item: Item, until_ns: int) -> Sighting:
        """Client.query(...).fetch with an order and a limit."""
        sighting: Sighting = await self._in_thread(self._list_newest, item, until_ns)
        return sighting

    async def read(self, items: Sequence[Item], *, read_only: bool = False) -> Snapshot:
        """Client.transaction and Client.get_multi."""
        snapshot: Snapshot = await self._in_thread(self._read, items, read_only)
        return snapshot

    async def commit(self, handle: Any, writes: Mapping[Item, Value]) -> int | None:
        """Put everything into the transaction and commit it."""
        await self._in_thread(self._commit, handle, writes)
        return None

    async def rollback(self, handle: Any) -> None:
        """Transaction.rollback."""
        await self._in_thread(handle.rollback, **self._options)

    async def close(self) -> None:
        """Stop the threads and close the client."""
        self._threads.shutdown()
        self._client.close()

    def _entity(self, item: Item, wall_ns: int, revision: int) -> Any:
        entity = library.Entity(self._key(item))
        entity.update(myid=item.name, timestamp=_datetime(wall_ns))
        if self._revisioned:
            entity.update(revision=revision, value=name_value(item, revision))
        return entity

    def _put_as(self, operation: str, entity: Any) -> None:
        batch = self._client.batch()
        batch.begin()
        batch.put(entity)
        (mutation,) = (type(wrapped).pb(wrapped) for wrapped in batch.mutations)
        written = type(mutation.upsert)()
        written.CopyFrom(mutation.upsert)
        getattr(mutation, operation).CopyFrom(written)
        batch.commit(**self._options)

    def _query(self, item: Item, ancestor: str | None, revision: int, shape: Shape) -> int:
        query = self._client.query(kind=KIND, ancestor=self._ancestor(ancestor, item.group))
        name, value = ("value", name_value(item, revision)) if self._revisioned else ("myid", item.name)
        query.add_filter(filter=library.query.PropertyFilter(name, "=", value))
        if shape is Shape.COUNT:
            counted = self._client.aggregation_query(query).count(alias="count").fetch(**self._options)
            return revision if any(result.value for batch in counted for result in batch) else 0
        if shape is Shape.PROJECTION:
            query.projection = ["revision" if self._revisioned else "timestamp"]
        elif shape is Shape.KEYS:
            query.keys_only()
        found = self._fetch(query, shape)
        return found[0].get("revision", revision) if found else 0

    def _list_newest(self, item: Item, until_ns: int) -> Sighting:
        query = self._client.query(kind=KIND, order=["-timestamp"])
        query.add_filter(filter=library.query.PropertyFilter("timestamp", "<=", _datetime(until_ns)))
        listed = list(query.fetch(limit=LISTED, **self._options))
        own = [entity.get("revision", 1) for entity in listed if entity.key.name == item.name]
        return Sighting(own[0] if own else 0, None, tuple(_read_stamp(entity["timestamp"]) for entity in listed))

    def _fetch(self, query: Any, shape: Shape) -> list[Any]:
        if shape is not Shape.READ_ONLY:
            return list(query.fetch(**self._options))
        with self._client.transaction(read_only=True, begin_later=True):
            return list(query.fetch(**self._options))

    def _read(self, items: Sequence[Item], read_only: bool) -> Snapshot:
        transaction = self._client.transaction(read_only=read_only)
        transaction.begin(**self._options)
        keys = [self._key(item) for item in items]
        found = self._client.get_multi(keys, transaction=transaction, **self._options)
        values = {entity.key.name: _read_value(entity["value"]) for entity in found}
        return Snapshot(tuple(values.get(item.name) for item in items), transaction)

    def _commit(self, transaction: Any, writes: Mapping[Item, Value]) -> None:
        for item, value in writes.items():
            entity = library.Entity(self._key(item))
            entity["value"] = list(value) if isinstance(value, tuple) else value
            transaction.put(entity)
        transaction.commit(**self._options)

    def _key(self, item: Item) -> Any:
        parent = self._ancestor(Ancestor.FATHER, item.group) if item.group != item.name else None
        return self._client.key(KIND, item.name, parent=parent)

    def _ancestor(self, name: str | None, group: str) -> Any:
        if name is None:
            return None
        return self._client.key(ANCESTOR_KIND, group, *([ANCESTOR_KIND, name] if name == Ancestor.FATHER else []))

    async def _in_thread(self, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        self._count("commit" if ask in (self._put_as, self._client.delete, self._commit) else "lookup")
        try:
            return await loop.run_in_executor(self._threads, lambda: ask(*arguments, **options))
        except exceptions.GoogleAPICallError as error:
            raise store_error(error) from error


def _datetime(wall_ns: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=wall_ns // NS_PER_US)


def _read_stamp(stamp: datetime) -> int:
    return (stamp - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def _read_value(value: Any) -> Value:
    return tuple(value) if isinstance(value, list) else value
