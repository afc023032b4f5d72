"""One run: starts the workers, waits for them. All three forms of it: in one process, its writer alone, a reader alone.

An opened store comes in; histories and a manifest go out.
"""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path
from random import Random

from consistency.backends.opening import Opened, Order
from consistency.channel import RELAY_BOUND, FileSender, Header, MemoryChannel, Receiver, Sender
from consistency.errors import ConsistencyError, StoreGoneError
from consistency.fault import Side, Worker
from consistency.liveness import ask_once, confirm, watch
from consistency.plan import ChannelKind
from consistency.recorder import Observer, Recorder, has_ended
from consistency.schedule import SHARED, Stream, plan_arms, plan_streams
from consistency.session import Begun, begin, join, make_header
from consistency.supervision import Work, close_after, run_both, supervise
from consistency.workers.client import Client
from consistency.workers.late_sender import LateSender
from consistency.workers.nemesis import Nemesis
from consistency.workers.reader import ProgressByItem, Reader
from consistency.workers.writer import Writer

READERS_POLL_NS = 50_000_000
WRITER, READER, NEMESIS = "writer", "reader", "nemesis"


async def run_together(order: Order, opened: Opened, experiment: str, observe: Observer | None) -> bool:
    """Writer and readers in this process; True where Ctrl-C ended it early."""
    async with begin(order, opened, experiment, observe) as begun:
        if order.plan.channel is ChannelKind.MEMORY:
            memory = MemoryChannel()
            writing, sender = _write_troubled(begun, memory)
            return await supervise_run(begun, writing, _read_everything(begun, memory), sender)
        memory = MemoryChannel(RELAY_BOUND)
        writing, sender = _write_troubled(begun, FileSender(order.archive.queue, make_header(begun)))
        readers = _read_everything(begun, memory)
        relay = forward(begun.follow(order.archive.queue), memory)
        return await supervise_run(begun, writing, run_both(readers, close_after(relay, memory)), sender)


async def run_writer(order: Order, opened: Opened, experiment: str, queue: Path, observe: Observer | None) -> bool:
    """The writer alone; returns when the readers have ended too. True where Ctrl-C ended it early."""
    async with begin(order, opened, experiment, observe) as begun:
        writing, sender = _write_troubled(begun, FileSender(queue, make_header(begun)))
        return await supervise_run(begun, writing, _await_readers(begun), sender)


async def run_reader(
    order: Order,
    header: Header,
    queue: Path,
    process: str,
    earlier: tuple[int, ProgressByItem],
    observe: Observer | None,
) -> bool:
    """One reading process, which continues from `earlier` (its first free operation number and its progress)."""
    async with join(order, header, observe) as begun:
        memory, ended = MemoryChannel(RELAY_BOUND), asyncio.Event()
        first_op, progress = earlier
        streams = {stream.name for stream in plan_streams(order.plan)}
        readers = read_all(begun, memory, begun.record(process, first_op), progress, streams)
        nemesis = Nemesis(begun.changes, begun.turns, begun.clock, None)
        relay = run_both(forward(begun.follow(queue, ended.set), memory), nemesis.work())
        stopped = await supervise_run(begun, relay, readers, memory)
        if not stopped and not ended.is_set():
            await _explain_silence(begun, queue)
        return stopped


async def supervise_run(begun: Begun, writing: Work, reading: Work, sender: Sender) -> bool:
    """Run both to their end, as long as the store is there; True where Ctrl-C ended it early.

    A simulated store cannot be gone, and a timer that never ends would hide that every task waits.
    """
    if begun.order.plan.virtual_time:
        return await supervise(writing, reading, sender)
    watching = watch(begun.store, begun.clock, begun.explain_end, begun.is_disturbed)
    stopped = await supervise(writing, reading, sender, watching)
    if not stopped and not begun.is_disturbed():
        await confirm(begun.store)
    return stopped


async def _explain_silence(begun: Begun, queue: Path) -> None:
    """Raise, because the writer left its queue without an end: with its store, or alone."""
    if error := await ask_once(begun.store):
        raise StoreGoneError(f"its writer is gone too ({error})")
    raise ConsistencyError(
        f"The writer of run {begun.order.run} is gone: {queue} has no end line. What was read is kept. "
        f"Judge it: consistency check {begun.order.archive.folder}"
    )


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
    plan = begun.order.plan
    write = _transact if plan.workload.is_transactional else _write
    async with asyncio.TaskGroup() as writers:
        for arm in plan_arms(plan):
            for place, process in enumerate(arm.name_processes(WRITER, plan.writers)):
                writers.create_task(write(begun, sender, arm.streams, process, place))


async def _write(begun: Begun, sender: Sender, streams: Sequence[Stream], process: str, place: int) -> None:
    order, clock = begun.order, begun.clock_of(Worker.WRITER)
    with contextlib.closing(begun.record(process)) as recorder:
        rest = begun.manifest.start_ns, place, begun.from_ns
        writer = Writer(order.plan, order.seed, begun.store, recorder, clock, sender, *rest)
        async with asyncio.TaskGroup() as writing:
            for stream in streams:
                writing.create_task(writer.write_stream(stream))
        recorder.end(clock.now_ns())


async def _transact(begun: Begun, _: Sender, streams: Sequence[Stream], process: str, place: int) -> None:
    order, clock, start_ns = begun.order, begun.clock_of(Worker.WRITER), begun.manifest.start_ns
    with contextlib.closing(begun.record(process)) as recorder:
        random = Random(f"{order.seed}/{process}")
        client = Client(order.plan, begun.store, recorder, clock, random, start_ns, place)
        if place == 0:
            await client.open()
        await client.transact(streams[place])
        recorder.end(clock.now_ns())


async def _read_everything(begun: Begun, memory: MemoryChannel) -> None:
    """All reading processes of all arms, in this process of the machine."""
    plan = begun.order.plan
    async with asyncio.TaskGroup() as readers:
        for arm in plan_arms(plan):
            names = {stream.name for stream in arm.streams}
            for process in arm.name_processes(READER, plan.readers):
                readers.create_task(read_all(begun, memory, begun.record(process), {}, names))


async def read_all(
    begun: Begun,
    memory: MemoryChannel,
    recorder: Recorder,
    progress: ProgressByItem,
    streams: Collection[str],
    patience_ns: int = 0,
) -> None:
    """One reading process: every action, over those of `streams` that are probed by it."""
    order, clock = begun.order, begun.clock_of(Worker.READER)
    with contextlib.closing(recorder):
        async with asyncio.TaskGroup() as readers:
            for action in order.plan.probes:
                random = Random(f"{order.seed}/{recorder.process}/{action}")
                reader = Reader(action, order.plan, begun.store, recorder, clock, random, progress, patience_ns)
                readers.create_task(reader.read_stream(_only(memory.receive(), {action, SHARED} & {*streams})))
        recorder.end(clock.now_ns())


async def _only(receiver: Receiver, streams: Collection[str]) -> Receiver:
    """The announcements of these streams."""
    async for announcement in receiver:
        if announcement.stream in streams:
            yield announcement


async def forward(receiver: Receiver, memory: MemoryChannel) -> None:
    """Every announcement, into the queues of this process's readers."""
    async for announcement in receiver:
        await memory.send(announcement)


async def _await_readers(begun: Begun) -> None:
    """Return when every reader that has begun has ended, or when the last series must be closed. One that records is
    not given up, however late it is. Of readers on other hosts nothing is seen: the store is there for their time."""
    archive, clock, plan = begun.order.archive, begun.clock, begun.order.plan
    writers = {archive.history(name) for arm in plan_arms(plan) for name in arm.name_processes(WRITER, plan.writers)}
    last_ns, recorded = begun.last_write_ns + begun.series_ns, 0
    while clock.now_ns() < last_ns:
        ended = {path: has_ended(path) for path in archive.histories() if path != archive.history(NEMESIS)}
        if ended.keys() - writers and all(ended.values()) and not begun.manifest.by_schedule:
            return
        before, recorded = recorded, sum(path.stat().st_size for path in ended)
        if recorded > before or not all(ended.get(path) for path in writers):
            last_ns = max(last_ns, clock.now_ns() + begun.series_ns)  # a store that stalls makes the writer late
        await clock.sleep_until_ns(clock.now_ns() + READERS_POLL_NS)
