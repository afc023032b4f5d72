"""The reader: for each announcement one bounded series of attempts, until the entity is seen and a few times more.

Announcements come in; probes and events go out. A series is sequential, and at most `max_open` of them are open; an
announcement that finds them all open waits, and the wait is in the history as a late first attempt. A restarted reader
knows from its own history how far each series had come, so it misses nothing and repeats nothing.

    announced   attempts until the first hit        the confirming attempts
        |  0  1    2    3    4                       |1      |2      |3
        |  x  x    x    x    hit --------------------o-------o-------x      (x here: a flicker, not a retry)
        |------------- deadline -------------->|
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random

from consistency.channel import Receiver
from consistency.clock import Clock
from consistency.durations import parse_duration_ns
from consistency.operation import Action, Announcement, Completion, Event, Invocation, Item, Outcome
from consistency.plan import Plan
from consistency.probing import Probe
from consistency.recorder import Recorder
from consistency.schedule import Train
from consistency.store import Store, StoreError
from consistency.workers.probes import PROBES, Look


@dataclass
class Progress:
    """How far one series has come: whether an attempt came to its end, the first hit, and how many followed that."""

    attempted: bool = False
    first_hit_ns: int | None = None
    confirmations: int = 0


ProgressByItem = dict[tuple[Item, Action], Progress]


def recall_progress(plan: Plan, events: Iterable[Event]) -> ProgressByItem:
    """The progress of every series in a reader's own history."""
    progress: ProgressByItem = defaultdict(Progress)
    open_calls: dict[int, Invocation] = {}
    for event in events:
        if isinstance(event, Invocation):
            open_calls[event.op] = event
            series = progress[event.item, event.action]
            series.confirmations += series.first_hit_ns is not None
        elif isinstance(event, Completion):
            call = open_calls[event.op]
            series = progress[call.item, call.action]
            series.attempted = True
            told = event.outcome is Outcome.OK and is_hit(plan.wants_absence(call.action), call.revision, event.seen)
            if told and series.first_hit_ns is None:
                series.first_hit_ns = event.at_ns
    return dict(progress)


def is_hit(absent: bool, asked: int, seen: int) -> bool:
    """Whether an attempt saw the write: the revision asked for or a later one, or that the old one is `absent`."""
    return seen == 0 if absent else seen >= asked


@dataclass
class Reader:
    """Probes one action for one reading process; `progress` is what an earlier life of the process had done.
    `patience_ns`: how much longer than the deadline it looks, because its announcements may be ahead of the writes."""

    action: Action
    plan: Plan
    store: Store
    recorder: Recorder
    clock: Clock
    random: Random
    progress: ProgressByItem = field(default_factory=dict)
    patience_ns: int = 0

    def __post_init__(self) -> None:
        self._probe: Probe = self.plan.probes[self.action]
        self._ask = PROBES[self.action]
        self._train = Train.of(self._probe)
        self._absent = self.plan.wants_absence(self.action)
        self._age_ns = parse_duration_ns(self._probe.age)
        self._deadline_ns = self.plan.deadline_ns + self.patience_ns
        self._open = asyncio.Semaphore(self._probe.max_open)

    async def read_stream(self, receiver: Receiver) -> None:
        """Run a series for each announcement until the channel ends and every series is closed."""
        async with asyncio.TaskGroup() as series:
            async for announcement in receiver:
                await self._open.acquire()
                series.create_task(self._run_series(announcement))

    async def _run_series(self, announcement: Announcement) -> None:
        try:
            progress = self.progress.pop((announcement.item, self.action), None) or Progress()
            look = self._aim(announcement)
            if progress.first_hit_ns is None:
                progress.first_hit_ns = await self._search(look, announcement, attempted=progress.attempted)
            if progress.first_hit_ns is not None:
                await self._confirm(look, progress.first_hit_ns, progress.confirmations)
        finally:
            self._open.release()

    def _aim(self, announcement: Announcement) -> Look:
        """What to ask for: the new revision, or, where the write is seen by its absence, the one before."""
        asked = announcement.revision - self._absent
        until_ns = self.clock.origin_wall_ns + announcement.acknowledged_ns
        return Look(announcement.item, asked, self._probe.ancestor, self._age_ns, until_ns)

    async def _search(self, look: Look, announcement: Announcement, *, attempted: bool) -> int | None:
        """Attempt until the first hit or the deadline; return when the hit was known, or None."""
        for due_ns in self._due_times_ns(announcement, attempted=attempted):
            await self.clock.sleep_until_ns(self.clock.follow_ns(due_ns))
            hit_ns = await self._attempt(look, due_ns)
            if hit_ns is not None:
                return hit_ns
        return None

    def _due_times_ns(self, announcement: Announcement, *, attempted: bool) -> Iterator[int]:
        """The attempts' due times until the deadline; none that a slow call has already passed.

        The first is due at the acknowledgement, however late it is made, and is made after the deadline too, because
        a search of no attempts says nothing; one that was `attempted` in an earlier life needs no more.
        """
        start_ns, end_ns = self.clock.now_ns(), announcement.acknowledged_ns + self._deadline_ns
        offsets_ns = self._train.attempt_offsets_ns(self.random)
        if not attempted:
            next(offsets_ns)
            yield announcement.acknowledged_ns
        for offset_ns in offsets_ns:
            if start_ns + offset_ns > end_ns:
                return
            if start_ns + offset_ns >= self.clock.now_ns():
                yield start_ns + offset_ns

    async def _confirm(self, look: Look, first_hit_ns: int, made: int) -> None:
        for offset_ns in self._train.confirm_offsets_ns(made):
            await self.clock.sleep_until_ns(self.clock.follow_ns(first_hit_ns + offset_ns))
            await self._attempt(look, first_hit_ns + offset_ns)

    async def _attempt(self, look: Look, due_ns: int) -> int | None:
        """One probe, one request: record it, and return when it was known to have seen the write, or None."""
        at_ns = self.clock.now_ns()
        op = self.recorder.invoke(self.action, look.item, due_ns, at_ns, look.revision)
        try:
            sighting = await self._ask(self.store, look, self.clock.origin_wall_ns + at_ns)
        except StoreError as error:
            self.recorder.complete(op, self.clock.now_ns(), Outcome.FAIL, code=error.code)
            return None
        at_ns = self.clock.now_ns()
        self.recorder.complete(op, at_ns, Outcome.OK, sighting.seen, sighting.server_ns, order=sighting.order)
        return at_ns if is_hit(self._absent, look.revision, sighting.seen) else None
