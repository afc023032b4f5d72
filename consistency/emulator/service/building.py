"""Composites of large kinds, built before the query that is the first to walk them is answered.

A query comes in with the function that answers it; its reply goes out at once, or one to wait for while its composite
is built piece by piece and other calls are answered in between. The service refuses such a query until its index is
there; here only the first one waits.

Nothing settles meanwhile, see `composites`: so the history of all that is committed in these seconds is held.
"""

from collections.abc import Awaitable, Callable

from consistency.emulator.engine.partitions import Columns, Partition
from consistency.emulator.indexes.composites import build_composite
from consistency.emulator.service.sources import Asking
from consistency.emulator.service.state import State
from consistency.emulator.service.waiting import give_way
from consistency.emulator.values.keys import PartitionId

LARGE = 5_000  # entities: fewer hold nobody up for longer than a large commit does

Place = tuple[PartitionId, str | None, Columns]


def answer_when_built(state: State, asked: Asking, answer: Callable[[], bytes]) -> bytes | Awaitable[bytes]:
    """The answer, once the composites that it needs of a large kind are there."""
    for columns in asked.composites:
        if _is_long(state, (asked.partition, asked.question.kind, columns)):
            return _build_first(state, asked, answer)
    return answer()


async def _build_first(state: State, asked: Asking, answer: Callable[[], bytes]) -> bytes:
    state.catalog.require(asked.needs)
    for columns in asked.composites:
        place = (asked.partition, asked.question.kind, columns)
        while _is_long(state, place):
            if place in state.building:  # for another query, which may be cancelled
                await give_way()
            else:
                await _build(state, place)
    return answer()


def _is_long(state: State, place: Place) -> bool:
    name, kind, columns = place
    tables = state.engine.find_partition(name).kinds.get(kind or "")
    return tables is not None and columns not in tables.composites and len(tables.keys) >= LARGE


async def _build(state: State, place: Place) -> None:
    name, kind, columns = place
    partition: Partition = state.engine.find_partition(name)
    assert kind is not None
    pin = repr(place).encode()
    state.engine.pin(pin, 0)
    state.building.add(place)
    try:
        for _ in build_composite(partition, kind, columns):
            await give_way()
            if state.engine.find_partition(name) is not partition:  # reset meanwhile
                return
    finally:
        state.engine.unpin(pin)
        state.building.remove(place)
