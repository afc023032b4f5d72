"""One run: opens, starts the workers, closes. All three forms of it: in one process, its writer alone, a reader alone.

An opened store comes in; histories and a manifest go out.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from consistency.archive import Manifest, describe_commit, describe_host, describe_program
from consistency.backends.connecting import connect
from consistency.backends.faulty import Disturbances, keep_still, make_disturbances
from consistency.backends.opening import Opened, Order
from consistency.channel import FileSender, Header, MemoryChannel, Receiver, Sender, follow
from consistency.clock import Clock, boot_id
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.errors import ConsistencyError
from consistency.fault import Side, Worker
from consistency.operation import Action, Item
from consistency.plan import ChannelKind
from consistency.plan_file import plan_hash
from consistency.recorder import Observer, Recorder, has_ended
from consistency.schedule import (
    SHARED,
    Change,
    bound_clocks_ns,
    clock_shift_ns,
    plan_changes,
    plan_streams,
    write_due_ns,
)
from consistency.skewed_clock import SkewedClock
from consistency.store import Store, StoreError
from consistency.supervision import Work, close_after, run_both, supervise
from consistency.workers.late_sender import LateSender
from consistency.workers.nemesis import Nemesis, Turn
from consistency.workers.reader import ProgressByItem, Reader
from consistency.workers.writer import Writer

LEAD_NS = NS_PER_S // 10  # from the moment that all is ready to the first write
READERS_POLL_NS = 50_000_000
WRITER, READER, NEMESIS = "writer", "reader", "nemesis"
STILL: dict[Side, Turn] = dict.fromkeys(Side, keep_still)


@dataclass(frozen=True)
class Begun:
    """A run whose store answers and whose clock ticks."""

    order: Order
    manifest: Manifest
    clock: Clock
    store: Store
    observe: Observer | None
    turns: Mapping[Side, Turn]

    @property
    def last_write_ns(self) -> int:
        """The latest instant at which the writer may still announce something."""
        plan = self.order.plan
        last = plan_streams(plan)[-1]
        due_ns = write_due_ns(self.manifest.start_ns, plan.rate_per_s, last, plan.entities - 1)
        held_back = [fault.end_ns for fault in plan.faults if fault.side is Side.QUEUE]
        return max(due_ns, self.manifest.start_ns + max(held_back, default=0)) + self.call_timeout_ns

    @property
    def call_timeout_ns(self) -> int:
        """How long one call may take."""
        return parse_duration_ns(self.order.plan.call_timeout)

    @property
    def series_ns(self) -> int:
        """How long after the last announcement a series may still be open."""
        confirm_ns = max(parse_duration_ns(probe.confirm_for) for probe in self.order.plan.probes.values())
        return self.order.plan.deadline_ns + confirm_ns + self.call_timeout_ns

    @property
    def changes(self) -> list[Change]:
        """The changes of the plan's faults."""
        return plan_changes(self.order.plan, self.manifest.start_ns)

    def clock_of(self, worker: Worker) -> Clock:
        """The clock that the worker reads: wrong where the plan has a fault of it."""
        plan, start_ns = self.order.plan, self.manifest.start_ns
        if not any(fault.worker is worker for fault in plan.faults):
            return self.clock
        return SkewedClock(self.clock, lambda now_ns: clock_shift_ns(plan, worker, now_ns - start_ns))

    def follow(self, queue: Path) -> Receiver:
        """The announcements of `queue`. A writer that is late makes one call after another: it is never silent long."""
        return follow(queue, self.clock, self.last_write_ns, 2 * self.call_timeout_ns)

    def record(self, process: str, first_op: int = 0) -> Recorder:
        """The recorder of `process`."""
        path = self.order.archive.history(process)
        return Recorder(path, process, first_op, self.observe, buffered=self.order.plan.virtual_time)


async def run_together(order: Order, opened: Opened, experiment: str, observe: Observer | None) -> bool:
    """Writer and readers in this process; True where Ctrl-C ended it early."""
    async with _begin(order, opened, experiment, observe) as begun:
        memory = MemoryChannel()
        if order.plan.channel is ChannelKind.MEMORY:
            writing, sender = _write_troubled(begun, memory)
            return await supervise(writing, _read_all(begun, memory, begun.record(READER), {}), sender)
        writing, sender = _write_troubled(begun, FileSender(order.archive.queue, _header(begun)))
        readers = _read_all(begun, memory, begun.record(READER), {})
        relay = _forward(begun.follow(order.archive.queue), memory)
        return await supervise(writing, run_both(readers, close_after(relay, memory)), sender)


async def run_writer(order: Order, opened: Opened, experiment: str, queue: Path, observe: Observer | None) -> bool:
    """The writer alone; returns when the readers have ended too. True where Ctrl-C ended it early."""
    async with _begin(order, opened, experiment, observe) as begun:
        writing, sender = _write_troubled(begun, FileSender(queue, _header(begun)))
        return await supervise(writing, _await_readers(begun), sender)


async def run_reader(
    order: Order,
    header: Header,
    queue: Path,
    process: str,
    earlier: tuple[int, ProgressByItem],
    observe: Observer | None,
) -> bool:
    """One reading process, which continues from `earlier` (its first free operation number and its progress)."""
    clock = Clock(header.origin_ns, header.origin_wall_ns)
    disturbances = make_disturbances(order.plan, order.seed, clock)
    store = connect(order.plan, header.address, order.run, disturbances)
    _, manifest = order.archive.load()
    begun = Begun(order, manifest, clock, store, observe, {**STILL, **_turn_calls(disturbances)})
    memory = MemoryChannel()
    first_op, progress = earlier
    readers = _read_all(begun, memory, begun.record(process, first_op), progress)
    relay = run_both(_forward(begun.follow(queue), memory), Nemesis(begun.changes, begun.turns, clock, None).work())
    try:
        return await supervise(relay, readers, memory)
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def _begin(order: Order, opened: Opened, experiment: str, observe: Observer | None) -> AsyncIterator[Begun]:
    clock = Clock.starting_now()
    disturbances = make_disturbances(order.plan, order.seed, clock)
    store = opened.connect(clock, disturbances)
    try:
        await _warm_up(store, opened)
        manifest = _describe(order, opened, experiment, clock)
        order.archive.save(order.plan, manifest)
        turns = {**STILL, Side.STORE: opened.steer, **_turn_calls(disturbances)}
        yield Begun(order, manifest, clock, store, observe, turns)
    finally:
        await store.close()


async def _warm_up(store: Store, opened: Opened) -> None:
    """One unrecorded get: the connection is made before the first write is due, or the run ends here."""
    try:
        await store.lookup(Item("warm-up", "warm-up"))
    except StoreError as error:
        where = opened.address or "the embedded emulator"
        raise ConsistencyError(
            f"The store at {where} does not answer a key get: {error}. Nothing was written."
        ) from error


def _describe(order: Order, opened: Opened, experiment: str, clock: Clock) -> Manifest:
    plan, commit, versions = order.plan, describe_commit(), describe_program()
    wall = datetime.fromtimestamp(clock.origin_wall_ns / NS_PER_S, UTC)
    return Manifest(
        run=order.run,
        experiment=experiment,
        plan_hash=plan_hash(plan),
        seed=order.seed,
        backend=plan.target.backend,
        target=opened.address or "in process",
        truth=opened.truth,
        address=opened.address,
        channel=plan.channel,
        client=plan.client,
        virtual=plan.virtual_time,
        started_at=wall.isoformat(timespec="milliseconds"),
        origin_ns=clock.origin_ns,
        origin_wall_ns=clock.origin_wall_ns,
        start_ns=clock.now_ns() + LEAD_NS,  # after all that takes time on the wall: asking git, reading versions
        boot_id="virtual" if plan.virtual_time else boot_id(),
        clock_bound_ns=bound_clocks_ns(plan),
        commit=commit,
        versions=versions,
        host=describe_host(),
    )


def _header(begun: Begun) -> Header:
    manifest = begun.manifest
    return Header(
        run=manifest.run,
        folder=str(begun.order.archive.folder.resolve()),
        plan_hash=manifest.plan_hash,
        origin_ns=manifest.origin_ns,
        origin_wall_ns=manifest.origin_wall_ns,
        boot_id=manifest.boot_id,
        address=manifest.address,
        last_ns=begun.last_write_ns,
    )


def _turn_calls(disturbances: Disturbances | None) -> dict[Side, Turn]:
    return {} if disturbances is None else {Side.CALLS: disturbances.turn}


def _write_troubled(begun: Begun, sender: Sender) -> tuple[Work, Sender]:
    """The writing, with the nemesis beside it where the plan has faults; and the sender that it must close."""
    if not begun.order.plan.faults:
        return _write_all(begun, sender), sender
    late = LateSender(sender, begun.clock, begun.order.seed)
    return run_both(_write_all(begun, late), _make_trouble(begun, late)), late


async def _make_trouble(begun: Begun, late: LateSender) -> None:
    with contextlib.closing(begun.record(NEMESIS)) as recorder:
        await Nemesis(begun.changes, {**begun.turns, Side.QUEUE: late.turn}, begun.clock, recorder).work()


async def _write_all(begun: Begun, sender: Sender) -> None:
    order, clock = begun.order, begun.clock_of(Worker.WRITER)
    with contextlib.closing(begun.record(WRITER)) as recorder:
        writer = Writer(order.plan, order.seed, begun.store, recorder, clock, sender, begun.manifest.start_ns)
        async with asyncio.TaskGroup() as streams:
            for stream in plan_streams(order.plan):
                streams.create_task(writer.write_stream(stream))
        recorder.end(begun.clock.now_ns())


async def _read_all(begun: Begun, memory: MemoryChannel, recorder: Recorder, progress: ProgressByItem) -> None:
    order, clock = begun.order, begun.clock_of(Worker.READER)
    with contextlib.closing(recorder):
        async with asyncio.TaskGroup() as readers:
            for action in order.plan.probes:
                random = Random(f"{order.seed}/{recorder.process}/{action}")
                reader = Reader(action, order.plan, begun.store, recorder, clock, random, progress)
                readers.create_task(reader.read_stream(_only(memory.receive(), action)))
        recorder.end(begun.clock.now_ns())


async def _only(receiver: Receiver, action: Action) -> Receiver:
    """The announcements of the streams that `action` looks at."""
    async for announcement in receiver:
        if announcement.stream in (action, SHARED):
            yield announcement


async def _forward(receiver: Receiver, memory: MemoryChannel) -> None:
    async for announcement in receiver:
        await memory.send(announcement)


async def _await_readers(begun: Begun) -> None:
    """Return when every reader that has begun has ended, or when the last series must be closed."""
    archive, clock = begun.order.archive, begun.clock
    last_ns = begun.last_write_ns + begun.series_ns
    while clock.now_ns() < last_ns:
        ended = {path: has_ended(path) for path in archive.histories() if path != archive.history(NEMESIS)}
        if len(ended) > 1 and all(ended.values()):
            return
        if not ended.get(archive.history(WRITER)):
            last_ns = max(last_ns, clock.now_ns() + begun.series_ns)  # a store that stalls makes the writer late
        await clock.sleep_until_ns(clock.now_ns() + READERS_POLL_NS)
