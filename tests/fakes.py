"""A store whose lags are planted, entity by entity: what the workers' tests ask instead of a service.

insert:  |--half--| created here |--half--|         a read sees an entity from `created + lag` on, and looks
read:    |--half--| looks here   |--half--|         in the middle of its call, as on a network
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from consistency.clock import Clock
from consistency.operation import Action, Announcement, Item, Outcome
from consistency.store import Shape, Sighting, Snapshot, StoreError, Value

MS = 1_000_000
Lag = Callable[[Item, Action], int | None]


def no_lag(item: Item, action: Action) -> int | None:
    """Every entity is visible to everybody as soon as it is there."""
    return 0


@dataclass
class FakeStore:
    """`lag`: nanoseconds from creation until an action sees the item, None: never. `call_ns`: a call's duration.

    `plans` maps (method, its how-manieth call, from 0) to what that call is to do: take longer (an int, ns) or fail.
    """

    clock: Clock
    lag: Lag = no_lag
    call_ns: int = 2 * MS
    plans: dict[tuple[str, int], int | StoreError] = field(default_factory=dict)
    created: dict[Item, int] = field(default_factory=dict)
    changed: dict[Item, list[tuple[int, int]]] = field(default_factory=dict)  # instants and revisions, 0: deleted
    values: dict[Item, Value] = field(default_factory=dict)
    made: Counter[str] = field(default_factory=Counter)
    open_calls: int = 0
    most_open_calls: int = 0

    async def insert(self, item: Item, wall_ns: int, revision: int = 1) -> int | None:
        """Create the item in the middle of the call."""
        await self._begin("insert", item)
        if item in self.created:
            self.open_calls -= 1
            raise StoreError("ALREADY_EXISTS", f"{item.name} exists", definite=True)
        self.created[item] = self.clock.now_ns()
        self.changed[item] = [(self.clock.now_ns(), revision)]
        await self._finish()
        return wall_ns

    async def update(self, item: Item, wall_ns: int, revision: int) -> int | None:
        """Change the item in the middle of the call."""
        await self._begin("update", item)
        if item not in self.created:
            self.open_calls -= 1
            raise StoreError("NOT_FOUND", f"{item.name} is not there", definite=True)
        self.changed[item].append((self.clock.now_ns(), revision))
        await self._finish()
        return wall_ns

    async def delete(self, item: Item) -> int | None:
        """Delete the item in the middle of the call."""
        await self._begin("delete", item)
        self.created.pop(item, None)
        self.changed.setdefault(item, []).append((self.clock.now_ns(), 0))
        await self._finish()
        return None

    async def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Sighting:
        """Look in the middle of the call."""
        return await self._read("lookup", item, Action.EVENTUAL_GET if eventual else Action.KEY_GET)

    async def query(
        self, item: Item, ancestor: str | None = None, revision: int = 1, shape: Shape = Shape.ENTITIES
    ) -> Sighting:
        """Look in the middle of the call; what is seen must have the revision asked for."""
        sighting = await self._read("query", item, Action.ANCESTOR_QUERY if ancestor else Action.GLOBAL_QUERY)
        return sighting if sighting.seen == revision else Sighting(0, None)

    async def list_newest(self, item: Item, until_ns: int) -> Sighting:
        """Look in the middle of the call; only what is looked for is listed."""
        sighting = await self._read("query", item, Action.ORDERED_QUERY)
        return Sighting(sighting.seen, None, (until_ns // 1000,) * bool(sighting.seen))

    async def read(self, items: Sequence[Item], *, read_only: bool = False) -> Snapshot:
        """All values as they are in the middle of the call; the handle holds what must not have changed."""
        await self._begin("read", items[0])
        values = tuple(self.values.get(item) for item in items)
        await self._finish()
        return Snapshot(values, dict(zip(items, values, strict=True)))

    async def commit(self, handle: Any, writes: Mapping[Item, Value]) -> int | None:
        """Write in the middle of the call, or ABORTED where something that was read has changed."""
        await self._begin("commit", next(iter(handle)))
        if any(self.values.get(item) != value for item, value in handle.items()):
            self.open_calls -= 1
            raise StoreError("ABORTED", "it has changed", definite=True)
        self.values.update(writes)
        await self._finish()
        return None

    async def rollback(self, handle: Any) -> None:
        """Nothing is locked."""

    async def close(self) -> None:
        """Nothing is held."""

    async def _read(self, method: str, item: Item, action: Action) -> Sighting:
        await self._begin(method, item)
        lag_ns, seen = self.lag(item, action), 0
        planted = [(self.created[item], 1)] if item in self.created else []
        for at_ns, revision in self.changed.get(item, planted):
            seen = revision if lag_ns is not None and self.clock.now_ns() >= at_ns + lag_ns else seen
        await self._finish()
        return Sighting(seen, None)

    async def _begin(self, method: str, item: Item) -> None:
        place = self.made[method]
        self.made[method] += 1
        self.open_calls += 1
        self.most_open_calls = max(self.most_open_calls, self.open_calls)
        planned = self.plans.get((method, place), 0)
        await self.clock.sleep_until_ns(self.clock.now_ns() + self.call_ns // 2)
        if isinstance(planned, StoreError):
            self.open_calls -= 1
            raise planned
        await self.clock.sleep_until_ns(self.clock.now_ns() + planned)

    async def _finish(self) -> None:
        await self.clock.sleep_until_ns(self.clock.now_ns() + self.call_ns // 2)
        self.open_calls -= 1


@dataclass
class FakeSender:
    """Keeps what it is given."""

    sent: list[Announcement] = field(default_factory=list)
    closed: int = 0
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, announcement: Announcement) -> None:
        """Keep it."""
        self.sent.append(announcement)

    async def close(self) -> None:
        """Count it."""
        self.closed += 1
        self.ended.set()


def announce(name: str, acknowledged_ns: int = 0, *, stream: str = "global_query", index: int = 0) -> Announcement:
    """An announcement of a root entity."""
    return Announcement(stream, index, Item(name, name), 1, acknowledged_ns, Outcome.OK)
