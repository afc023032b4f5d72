"""The writer: at each due time of a stream, lead an entity through its life: write, record, change, announce.

A stream and a schedule come in; mutations, events and announcements go out. The loop is open: write k is due at
start + k / rate whatever happened before, so the schedule never drifts; a store that stalls makes writes late, and the
lateness is in the history. Later changes of an entity follow its first write at the plan's ages, beside the loop:

    due      0          1          2          3          the last change of a life is announced: for it readers look
    entity 0 write -------- age -- update
    entity 1            write -------- age -- update
"""

import asyncio
from dataclasses import dataclass

from consistency.channel import Sender
from consistency.clock import Clock
from consistency.errors import ConsistencyError
from consistency.operation import Action, Announcement, Item, Outcome
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.schedule import Stream, name_item, write_due_ns
from consistency.store import Store, StoreError
from consistency.target import Backend, Target
from consistency.workload import LIFECYCLES

FIRST_REVISION = 1


@dataclass(frozen=True)
class Entity:
    """Number `index` of `stream`, and when its first write is due."""

    stream: Stream
    index: int
    item: Item
    due_ns: int


@dataclass(frozen=True)
class Writer:
    """What all streams of one writing process share. `start_ns`: when, on the run clock, the first write is due;
    `place`: which of the plan's writers it is, from 0; `from_ns`: what was due before was written already, or was
    missed while nothing ran, and is never made up."""

    plan: Plan
    seed: int
    store: Store
    recorder: Recorder
    clock: Clock
    sender: Sender
    start_ns: int
    place: int = 0
    from_ns: int = 0

    async def write_stream(self, stream: Stream) -> None:
        """Lead this writer's share of the entities of `stream` through their lives, each from its due time on."""
        begin, *rest = LIFECYCLES[self.plan.workload]
        rate_per_s = self.plan.rate_per_s
        async with asyncio.TaskGroup() as lives:
            for index in range(self.place, self.plan.entities, self.plan.writers):
                due_ns = write_due_ns(self.start_ns, rate_per_s, stream, index)
                if due_ns < self.from_ns:
                    continue
                entity = Entity(stream, index, name_item(self.seed, stream, index), due_ns)
                await self.clock.sleep_until_ns(self.clock.follow_ns(due_ns))
                if await self._change(entity, begin, FIRST_REVISION, due_ns, last=not rest) and rest:
                    lives.create_task(self._go_on(entity, rest))

    async def _go_on(self, entity: Entity, changes: list[Action]) -> None:
        """The later changes of a life, until one certainly did not happen."""
        age_ns = self.plan.age_ns
        for step, action in enumerate(changes, 1):
            due_ns = entity.due_ns + step * age_ns
            await self.clock.sleep_until_ns(self.clock.follow_ns(due_ns))
            if not await self._change(entity, action, FIRST_REVISION + step, due_ns, last=step == len(changes)):
                return

    async def _change(self, entity: Entity, action: Action, revision: int, due_ns: int, *, last: bool) -> bool:
        """Make one change and announce the `last`; False where it certainly did not happen."""
        outcome, known_ns = await self.mutate(action, entity.item, revision, due_ns)
        if last and outcome is not Outcome.FAIL:
            stream = entity.stream.name
            await self.sender.send(Announcement(stream, entity.index, entity.item, revision, known_ns, outcome))
        return outcome is not Outcome.FAIL

    async def mutate(self, action: Action, item: Item, revision: int, due_ns: int) -> tuple[Outcome, int]:
        """Make `revision` of `item`; return what became of it and when that was known."""
        at_ns = self.clock.now_ns()
        op = self.recorder.invoke(action, item, due_ns, at_ns, revision)
        try:
            server_ns = await self._ask(action, item, revision, self.clock.origin_wall_ns + at_ns)
        except StoreError as error:
            done_ns = self.clock.now_ns()
            outcome = Outcome.FAIL if error.definite else Outcome.INFO
            self.recorder.complete(op, done_ns, outcome, code=error.code)
            if revision == FIRST_REVISION:
                _refuse_pollution(error, item, self.plan.target)
            return outcome, done_ns
        done_ns = self.clock.now_ns()
        self.recorder.complete(op, done_ns, Outcome.OK, server_ns=server_ns)
        return Outcome.OK, done_ns

    async def _ask(self, action: Action, item: Item, revision: int, wall_ns: int) -> int | None:
        if action is Action.DELETE:
            return await self.store.delete(item)
        if action is Action.UPDATE:
            return await self.store.update(item, wall_ns, revision)
        return await self.store.insert(item, wall_ns, revision)


def _refuse_pollution(error: StoreError, item: Item, target: Target) -> None:
    """An entity that is there before it was written makes every later sighting worthless."""
    if error.code == "ALREADY_EXISTS":
        another = "--run" if target.namespace is None else "--namespace"  # the run names it, unless the user did
        emptied = ", or reset the emulator: curl -X POST http://HOST:PORT/reset"
        raise ConsistencyError(
            f"The store is polluted: entity {item.name} exists already in this run's namespace. "
            f"Nothing was overwritten. Use another {another}{'' if target.backend is Backend.LIVE else emptied}"
        ) from error
