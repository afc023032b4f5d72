"""Apart: a reading process on a host that has the plan, and no channel to the writer.

An order comes in (plan, run, seed, start); a folder of its own goes out, whose manifest says how this host's clock was
laid on the run's, and which `merge` joins with the others. Names follow from the seed, the namespace from the run's id,
due times from the start, and the end from the plan; nothing is asked of anybody but the store.

Every host's run clock begins at one instant of its own wall clock. That is wrong by as much as the wall clock is, and
so is every stamp; only a merge, which has the other hosts' folders, can tell by how much.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from socket import gethostname

from filelock import AsyncFileLock

from consistency import clock, run_lock
from consistency.archive import Archive, Manifest
from consistency.backends.connecting import check_address, connect
from consistency.backends.faulty import make_disturbances
from consistency.backends.live import ENDPOINT
from consistency.backends.opening import Opened, Order, name_source
from consistency.channel import MemoryChannel
from consistency.checksums import NAME as SUMS
from consistency.checksums import seal
from consistency.clock import Clock, boot_id
from consistency.errors import ConsistencyError, DiskError, LimitReachedError, StoreGoneError, UsageError
from consistency.event_file import read_events
from consistency.fault import Side, Worker
from consistency.liveness import WatchedStore, ask_once
from consistency.plan import Plan
from consistency.plan_file import plan_hash
from consistency.recorder import Observer, Recorder, find_next_op
from consistency.run import forward, read_all, supervise_run
from consistency.schedule import plan_streams, write_due_ns
from consistency.session import STILL, Begun, begin_clock, describe
from consistency.supervision import run_both
from consistency.target import Backend
from consistency.workers.expectation import choose_lead_ns, choose_patience_ns, expect, sound
from consistency.workers.nemesis import Nemesis
from consistency.workers.reader import recall_progress

LOCK = ".begin.lock"
_WHENCE = "looks by the schedule alone: nobody tells it what was acknowledged"


def prepare(plan: Plan, name: str, experiment: str, out: Path, region: str) -> Order:
    """What to read of run `name` ("experiment/started-at", or the second part alone), and a folder to read it into.

    A folder that is there already is gone on with. UsageError for a name that is none,
    ConsistencyError, and no folder, where the store does not answer.
    """
    parts = name.split("/") if "/" in name else [experiment, name]
    if len(parts) != 2 or "\\" in name or not all(part.strip(". ") for part in parts):
        raise UsageError(f"--run {name}: write EXPERIMENT/NAME, as the writer printed it.")
    find_address(plan)
    run = "/".join(parts)
    folder = out / run
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConsistencyError(f"{folder} cannot be written: {error.strerror}. Choose another --out.") from error
    return Order(plan, plan.seed or 0, run, Archive(folder), region=region)


def name_process(region: str) -> str:
    """A name that no reader on another host has, be it in the same region: a merge takes one name for one worker."""
    host = re.sub(r"[^A-Za-z0-9_-]", "-", gethostname())
    return "-".join(filter(None, ("reader", region, host)))


def read_apart(order: Order, process: str, observe: Observer | None) -> bool:
    """One reading process, from where its history ends to the plan's end; True where Ctrl-C ended it early."""
    stopped, folder = clock.run(_read(order, process, observe)), order.archive.folder
    try:
        seal(folder, [order.archive.history(process)])
    except OSError as error:
        trouble = DiskError.at(folder / SUMS, error)
        raise DiskError(f"{trouble}: what was read is complete, and has no checksum.") from error
    return stopped


async def _read(order: Order, process: str, observe: Observer | None) -> bool:
    plan, archive = order.plan, order.archive
    async with begin(order, observe) as begun:
        history, start_ns = archive.history(process), begun.manifest.start_ns
        events = read_events(history).events if history.exists() else []
        recorder = Recorder(history, process, find_next_op(history), observe)
        recorder.begin(begun.clock.now_ns(), order.region, unannounced=True)
        lead_ns, memory = choose_lead_ns(order.wall_bound_ns), MemoryChannel()
        streams, patience_ns = plan_streams(plan), choose_patience_ns(plan, lead_ns)
        last_ns = write_due_ns(start_ns, plan.rate_per_s, streams[-1], plan.entities - 1) + plan.life_ns
        names = {stream.name for stream in streams}
        reading = read_all(begun, memory, recorder, recall_progress(plan, events), names, patience_ns)
        own = begun.clock_of(Worker.READER)
        expected = forward(expect(plan, order.seed, own, start_ns, lead_ns), memory)
        sounding = sound(begun.store, recorder, own, start_ns - lead_ns, last_ns)
        nemesis = Nemesis(begun.changes, begun.turns, begun.clock, None).work()
        return await supervise_run(begun, run_both(run_both(expected, sounding), nemesis), reading, memory)


@contextlib.asynccontextmanager
async def begin(order: Order, observe: Observer | None) -> AsyncIterator[Begun]:
    """The run as this host has it: its clock by the agreed start, and a manifest of its own, unless it goes on.

    Readers that begin in one folder do so one after the other, and all go by the first one's clock.
    """
    address = find_address(order.plan)
    try:
        async with contextlib.AsyncExitStack() as ending:
            async with AsyncFileLock(order.archive.folder / LOCK):
                begun = await _settle(order, address, observe, ending)
            yield begun
    except LimitReachedError as error:
        raise LimitReachedError(f"Stopped: {error}. What was read is kept.") from error
    except StoreGoneError as error:
        raise StoreGoneError(f"The store at {address} stopped answering: {error}. What was read is kept.") from error
    except DiskError as error:
        raise DiskError(f"{error}: {order.archive.folder}. What was read is kept. Free space, then repeat.") from error


async def _settle(order: Order, address: str, observe: Observer | None, ending: contextlib.AsyncExitStack) -> Begun:
    manifest = await asyncio.to_thread(_recall, order)
    ticking = begin_clock(order) if manifest is None else Clock(manifest.origin_ns, manifest.origin_wall_ns)
    disturbances = make_disturbances(order.plan, order.seed, ticking)
    count = order.meter.count if order.meter else None
    store = WatchedStore(connect(order.plan, address, order.run, disturbances, count), ticking)
    ending.push_async_callback(store.close)
    if error := await ask_once(store):
        raise ConsistencyError(f"The store at {address} does not answer a key get: {error}. Nothing was read.")
    if manifest is None:
        opened = Opened(address, _WHENCE, lambda _, __: store)
        manifest = describe(order, opened, order.run.partition("/")[0], ticking)
        order.archive.save(order.plan, manifest)
    turns = STILL | ({Side.CALLS: disturbances.turn} if disturbances else {})
    explain_end = order.meter.explain_end if order.meter else lambda: None
    return Begun(order, manifest, ticking, store, explain_end, observe, turns)


def find_address(plan: Plan) -> str:
    """Where the store is; ConsistencyError where nothing answers there."""
    if plan.target.backend is Backend.LIVE:
        return plan.target.endpoint or ENDPOINT
    host = str(plan.target.host)
    check_address(host, name_source(host))
    return host


def _recall(order: Order) -> Manifest | None:
    """The manifest that is in the folder already; UsageError where that is of something else."""
    if not order.archive.manifest.exists():
        if (order.archive.folder / run_lock.NAME).exists():
            raise ConsistencyError(
                f"{order.archive.folder} is the writer's, which begins just now. "
                "Repeat this in a moment, or choose another --out."
            )
        return None
    _, manifest = order.archive.load()
    ours = manifest.run, manifest.plan_hash, manifest.seed, manifest.origin_wall_ns + manifest.start_ns
    if ours != (order.run, plan_hash(order.plan), order.seed, order.start_wall_ns):
        raise UsageError(f"{order.archive.folder} is of another plan, target, seed or start. Choose another --out.")
    if manifest.boot_id != boot_id():
        raise UsageError(
            f"{order.archive.folder} was begun before this machine was started anew, by another clock. "
            "Choose another --out, and merge both."
        )
    return manifest
