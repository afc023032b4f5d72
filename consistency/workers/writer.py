"""The writer: at each due time of a stream, write, record, announce.

A stream and a schedule come in; inserts, events and announcements go out. The loop is open: write k is due at
start + k / rate whatever happened before, so the schedule never drifts; a store that stalls makes writes late, and the
lateness is in the history.
"""

from dataclasses import dataclass

from consistency.channel import Sender
from consistency.clock import Clock
from consistency.errors import ConsistencyError
from consistency.operation import Action, Announcement, Item, Outcome
from consistency.plan import Plan
from consistency.recorder import Recorder
from consistency.schedule import Stream, name_item, write_due_ns
from consistency.store import Store, StoreError

FIRST_REVISION = 1


@dataclass(frozen=True)
class Writer:
    """What all streams of one writing process share. `start_ns`: when, on the run clock, the first write is due."""

    plan: Plan
    seed: int
    store: Store
    recorder: Recorder
    clock: Clock
    sender: Sender
    start_ns: int

    async def write_stream(self, stream: Stream) -> None:
        """Write all entities of `stream`, each at its due time."""
        rate_per_s = self.plan.rate_per_s
        for index in range(self.plan.entities):
            due_ns = write_due_ns(self.start_ns, rate_per_s, stream, index)
            item = name_item(self.seed, stream, index)
            await self.clock.sleep_until_ns(due_ns)
            outcome, acknowledged_ns = await self.write(item, due_ns)
            if outcome is not Outcome.FAIL:
                announcement = Announcement(stream.name, index, item, FIRST_REVISION, acknowledged_ns, outcome)
                await self.sender.send(announcement)

    async def write(self, item: Item, due_ns: int) -> tuple[Outcome, int]:
        """Insert `item`; return what became of it and when that was known."""
        at_ns = self.clock.now_ns()
        op = self.recorder.invoke(Action.WRITE, item, due_ns, at_ns, FIRST_REVISION)
        try:
            server_ns = await self.store.insert(item, self.clock.origin_wall_ns + at_ns)
        except StoreError as error:
            done_ns = self.clock.now_ns()
            outcome = Outcome.FAIL if error.definite else Outcome.INFO
            self.recorder.complete(op, done_ns, outcome, code=error.code)
            _refuse_pollution(error, item)
            return outcome, done_ns
        done_ns = self.clock.now_ns()
        self.recorder.complete(op, done_ns, Outcome.OK, server_ns=server_ns)
        return Outcome.OK, done_ns


def _refuse_pollution(error: StoreError, item: Item) -> None:
    """An entity that is there before it was written makes every later sighting worthless."""
    if error.code == "ALREADY_EXISTS":
        raise ConsistencyError(
            f"The store is polluted: entity {item.name} exists already in this run's namespace. "
            "Nothing was overwritten. Use another --run, or reset the emulator: curl -X POST http://HOST:PORT/reset"
        ) from error
