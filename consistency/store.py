"""The store as the workers see it: a few calls and one error.

An Item comes in, a Sighting goes out; of a transaction values go out and come in. Everything that is particular to a
service (clients, keys, retries, status codes) stays behind this line, in the backends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from consistency.operation import Item


class StoreError(Exception):
    """A call failed. `code`: the status name; `definite`: the service certainly did not do what was asked."""

    def __init__(self, code: str, message: str, *, definite: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.definite = definite


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a read returned: the revision that it saw (0 = absent), the service's read time, where it gave one, and of
    an ordered query the stamps (us, epoch) of all its results in the order in which they came."""

    seen: int
    server_ns: int | None
    order: tuple[int, ...] = ()


LISTED: Final = 20  # results of an ordered query, at most
NOTHING: Final = Item("warm-up", "warm-up")  # no run writes it


class Shape(StrEnum):
    """In which form a query asks for what matches."""

    ENTITIES = "entities"
    KEYS = "keys"
    PROJECTION = "projection"  # served from the index alone
    COUNT = "count"
    READ_ONLY = "read_only"  # in a read-only transaction, which its request begins
    GQL = "gql"


Value: TypeAlias = int | tuple[int, ...] | None  # of a key in a transaction: a number, a list, or nothing yet


class Snapshot(NamedTuple):
    """What a transaction read, in the order asked; `handle` is the transaction, for `commit` or `rollback`."""

    values: tuple[Value, ...]
    handle: Any


class Store(Protocol):
    """One connection to a store, in the namespace of one run. One call is one request: nothing is retried."""

    async def insert(self, item: Item, wall_ns: int, revision: int = 1) -> int | None:
        """Create `item`, stamped with `wall_ns` (epoch); return its update time (ns, epoch) where known."""

    async def update(self, item: Item, wall_ns: int, revision: int) -> int | None:
        """Change `item`, which must be there, to `revision`."""

    async def delete(self, item: Item) -> int | None:
        """Delete `item`, whether it is there or not."""

    async def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Sighting:
        """Get `item` by key: strongly, or eventually, or as it was at `read_ns` (epoch)."""

    async def query(
        self, item: Item, ancestor: str | None = None, revision: int = 1, shape: Shape = Shape.ENTITIES
    ) -> Sighting:
        """Query for `item` by the value that its `revision` gave it, below `ancestor` or globally."""

    async def list_newest(self, item: Item, until_ns: int) -> Sighting:
        """The LISTED entities with the newest stamps up to `until_ns` (epoch), newest first; is `item` among them?"""

    async def read(self, items: Sequence[Item], *, read_only: bool = False) -> Snapshot:
        """Begin a transaction with a read of `items`."""

    async def commit(self, handle: Any, writes: Mapping[Item, Value]) -> int | None:
        """End a transaction by writing; return its commit time (ns, epoch) where known."""

    async def rollback(self, handle: Any) -> None:
        """End a transaction without writing."""

    async def close(self) -> None:
        """Let go of the connection."""
