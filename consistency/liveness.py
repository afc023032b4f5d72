"""Liveness: whether the store is still there, and the end of a run whose store is gone.

A store comes in, the same store goes out, watched; a coroutine beside the run raises StoreGoneError as soon as it is
plainly gone. A shorter outage is not that: its calls fail, and are measured as errors.

Gone is a store whose own process has ended, where we started it, and otherwise one that failed to answer a call, then
answered none for PATIENCE_NS, and then not one more get either. The patience is longer than a restart of any emulator
takes, and shorter than the default deadline, beyond which entities of the outage could not be found any more. The
last get is there because a plan may call seldom: one lost call is no outage.

    answered      lost   lost   lost           lost  one more get: lost
       |-------------|------|------|------- - - --|---|  gone
                     |---------- PATIENCE_NS --------|
"""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from consistency.clock import Clock
from consistency.durations import NS_PER_S
from consistency.errors import CutShortError, StoreGoneError
from consistency.operation import Item
from consistency.store import NOTHING, Shape, Sighting, Snapshot, Store, StoreError, Value

PATIENCE_NS = 20 * NS_PER_S
POLL_NS = NS_PER_S // 10
Answer = TypeVar("Answer")
Call: TypeAlias = Coroutine[Any, Any, Answer]


class WatchedStore:
    """`store`, with a note of when it was last heard. `begin` is called after the first write that it acknowledged."""

    def __init__(self, store: Store, clock: Clock, begin: Callable[[], None] = lambda: None) -> None:
        self._store = store
        self._clock = clock
        self._begin = begin
        self._lost: StoreError | None = None
        self._lost_ns = 0
        self.acknowledged = 0

    def insert(self, item: Item, wall_ns: int, revision: int = 1) -> Call[int | None]:
        """As the store's own."""
        return self._hear_write(self._store.insert(item, wall_ns, revision))

    def update(self, item: Item, wall_ns: int, revision: int) -> Call[int | None]:
        """As the store's own."""
        return self._hear(self._store.update(item, wall_ns, revision))

    def delete(self, item: Item) -> Call[int | None]:
        """As the store's own."""
        return self._hear(self._store.delete(item))

    def lookup(self, item: Item, *, eventual: bool = False, read_ns: int | None = None) -> Call[Sighting]:
        """As the store's own."""
        return self._hear(self._store.lookup(item, eventual=eventual, read_ns=read_ns))

    def query(
        self, item: Item, ancestor: str | None = None, revision: int = 1, shape: Shape = Shape.ENTITIES
    ) -> Call[Sighting]:
        """As the store's own."""
        return self._hear(self._store.query(item, ancestor, revision, shape))

    def list_newest(self, item: Item, until_ns: int) -> Call[Sighting]:
        """As the store's own."""
        return self._hear(self._store.list_newest(item, until_ns))

    def read(self, items: Sequence[Item], *, read_only: bool = False) -> Call[Snapshot]:
        """As the store's own."""
        return self._hear(self._store.read(items, read_only=read_only))

    def commit(self, handle: Any, writes: Mapping[Item, Value]) -> Call[int | None]:
        """As the store's own."""
        return self._hear_write(self._store.commit(handle, writes))

    def rollback(self, handle: Any) -> Call[None]:
        """As the store's own."""
        return self._hear(self._store.rollback(handle))

    async def close(self) -> None:
        """As the store's own."""
        await self._store.close()

    @property
    def lost_last(self) -> bool:
        """Whether the last call that ended was not answered."""
        return self._lost is not None

    @property
    def silent_ns(self) -> int:
        """How long it has answered nothing, counted from the first call that it lost; 0 where it answered the last."""
        return self._clock.now_ns() - self._lost_ns if self._lost is not None else 0

    def forgive(self) -> None:
        """Begin anew to count how long it is silent."""
        self._lost = None

    async def _hear_write(self, call: Awaitable[Answer]) -> Answer:
        """The same of a write that entities, or transactions, are counted by."""
        answer = await self._hear(call)
        self.acknowledged += 1
        if self.acknowledged == 1:
            self._begin()
        return answer

    async def _hear(self, call: Awaitable[Answer]) -> Answer:
        """What the call returns. An error that says what certainly did not happen is an answer too."""
        try:
            answer = await call
        except StoreError as error:
            if error.definite:
                self._lost = None
            elif self._lost is None:
                self._lost, self._lost_ns = error, self._clock.now_ns()
            raise
        self._lost = None
        return answer


async def ask_once(store: Store) -> StoreError | None:
    """One get that nobody records: what went wrong with it, or None where the store answers."""
    try:
        await store.lookup(NOTHING)
    except StoreError as error:
        return error
    return None


async def watch(
    store: WatchedStore, clock: Clock, explain_end: Callable[[], CutShortError | None], is_disturbed: Callable[[], bool]
) -> None:
    """Never return; raise StoreGoneError, with the reason alone, as soon as the store is gone, or what else ends the
    run by `explain_end`.

    While it `is_disturbed` on purpose, by a fault of the plan, nothing is made of its silence.
    """
    while True:
        await clock.sleep_until_ns(clock.now_ns() + POLL_NS)
        if is_disturbed():
            store.forgive()
        elif error := explain_end():
            raise error
        elif store.silent_ns >= PATIENCE_NS:
            await confirm(store)


async def confirm(store: WatchedStore) -> None:
    """Raise StoreGoneError where the store lost the last call and does not answer one more."""
    silent_ns = store.silent_ns
    if store.lost_last and (error := await ask_once(store)):
        silent = f"for {silent_ns / NS_PER_S:.0f} s no call was" if silent_ns >= NS_PER_S else "the last calls were not"
        raise StoreGoneError(f"{silent} answered ({error})")
