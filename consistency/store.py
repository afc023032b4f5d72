"""The store as the workers see it: four calls and one error.

An Item comes in, a Sighting goes out. Everything that is particular to a service (clients, keys, retries, status
codes) stays behind this line, in the backends.
"""

from dataclasses import dataclass
from typing import Protocol

from consistency.operation import Item


class StoreError(Exception):
    """A call failed. `code`: the status name; `definite`: the service certainly did not do what was asked."""

    def __init__(self, code: str, message: str, *, definite: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.definite = definite


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a read returned: the revision that it saw (0 = absent) and the service's read time, where it gave one."""

    seen: int
    server_ns: int | None


class Store(Protocol):
    """One connection to a store, in the namespace of one run. One call is one request: nothing is retried."""

    async def insert(self, item: Item, wall_ns: int) -> int | None:
        """Create `item`, stamped with `wall_ns` (epoch); return its update time (ns, epoch) where known."""

    async def lookup(self, item: Item) -> Sighting:
        """Get `item` by key."""

    async def query(self, item: Item, ancestor: str | None = None) -> Sighting:
        """Query for `item` by its indexed property, below `ancestor` or globally."""

    async def close(self) -> None:
        """Let go of the connection."""
