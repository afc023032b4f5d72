"""The Store over google.cloud.datastore.Client: what an application sees.

The client blocks, so its calls run in threads, and only on real time. It retries by default and hides the service's
stamps; the first is switched off here (`retry=None` would mean the default), the second cannot be helped.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from google.api_core import exceptions
from google.api_core.retry import Retry, if_exception_type
from google.cloud import datastore as library

from consistency.backends import messages
from consistency.backends.stores import store_error
from consistency.operation import Item
from consistency.plan import Ancestor
from consistency.schedule import GRANDPA
from consistency.store import Sighting

NEVER = Retry(predicate=if_exception_type())
THREADS = 32


class LibraryStore:
    """A Store over google.cloud.datastore.Client in threads: what an application sees. It shows no server times."""

    def __init__(self, client: library.Client, timeout_s: float) -> None:
        self._client = client
        self._options = {"retry": NEVER, "timeout": timeout_s}
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="library-client")

    async def insert(self, item: Item, wall_ns: int) -> int | None:
        """Commit one insert through a batch, because `put` is an upsert."""
        await self._in_thread(self._insert, item, wall_ns)
        return None

    async def lookup(self, item: Item) -> Sighting:
        """Client.get."""
        entity = await self._in_thread(self._client.get, self._key(item), **self._options)
        return Sighting(int(entity is not None), None)

    async def query(self, item: Item, ancestor: str | None = None) -> Sighting:
        """Client.query(...).fetch."""
        return Sighting(await self._in_thread(self._query, item, ancestor), None)

    async def close(self) -> None:
        """Stop the threads and close the client."""
        self._threads.shutdown()
        self._client.close()

    def _insert(self, item: Item, wall_ns: int) -> None:
        entity = library.Entity(self._key(item))
        stamp = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=wall_ns // messages.NS_PER_US)
        entity.update(myid=item.name, timestamp=stamp)
        batch = self._client.batch()
        batch.begin()
        batch.put(entity)
        (mutation,) = (type(wrapped).pb(wrapped) for wrapped in batch.mutations)
        written = type(mutation.upsert)()
        written.CopyFrom(mutation.upsert)
        mutation.insert.CopyFrom(written)
        batch.commit(**self._options)

    def _query(self, item: Item, ancestor: str | None) -> int:
        query = self._client.query(kind=messages.KIND, ancestor=self._ancestor(ancestor))
        query.add_filter(filter=library.query.PropertyFilter("myid", "=", item.name))
        return min(len(list(query.fetch(**self._options))), 1)

    def _key(self, item: Item) -> Any:
        parent = self._ancestor(Ancestor.FATHER) if item.group != item.name else None
        return self._client.key(messages.KIND, item.name, parent=parent)

    def _ancestor(self, name: str | None) -> Any:
        if name is None:
            return None
        path = [messages.ANCESTOR_KIND, GRANDPA]
        return self._client.key(*path, *([messages.ANCESTOR_KIND, name] if name == Ancestor.FATHER else []))

    async def _in_thread(self, ask: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, lambda: ask(*arguments, **options))
        except exceptions.GoogleAPICallError as error:
            raise store_error(error) from error
