"""A store whose lags are planted, entity by entity: what the workers' tests ask instead of a service.

insert:  |--half--| created here |--half--|         a read sees an entity from `created + lag` on, and looks
read:    |--half--| looks here   |--half--|         in the middle of its call, as on a network
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from consistency.clock import Clock
from consistency.operation import Action, Announcement, Item, Outcome
from consistency.store import Sighting, StoreError

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
    made: Counter[str] = field(default_factory=Counter)
    open_calls: int = 0
    most_open_calls: int = 0

    async def insert(self, item: Item, wall_ns: int) -> int | None:
        """Create the item in the middle of the call."""
        await self._begin("insert", item)
        if item in self.created:
            self.open_calls -= 1
            raise StoreError("ALREADY_EXISTS", f"{item.name} exists", definite=True)
        self.created[item] = self.clock.now_ns()
        await self._finish()
        return wall_ns

    async def lookup(self, item: Item) -> Sighting:
        """Look in the middle of the call."""
        return await self._read("lookup", item, Action.KEY_GET)

    async def query(self, item: Item, ancestor: str | None = None) -> Sighting:
        """Look in the middle of the call."""
        return await self._read("query", item, Action.ANCESTOR_QUERY if ancestor else Action.GLOBAL_QUERY)

    async def close(self) -> None:
        """Nothing is held."""

    async def _read(self, method: str, item: Item, action: Action) -> Sighting:
        await self._begin(method, item)
        lag_ns, created_ns = self.lag(item, action), self.created.get(item)
        seen = created_ns is not None and lag_ns is not None and self.clock.now_ns() >= created_ns + lag_ns
        await self._finish()
        return Sighting(int(seen), None)

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
