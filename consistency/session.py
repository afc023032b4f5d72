"""One run that has begun: its store answers, its clock ticks, and its folder says what it is.

An opened store comes in; what all workers of the run stand on goes out, and is let go of at the end. The run becomes
the latest one with its first acknowledged write: one that never measured anything is nobody's latest.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

from consistency.archive import Manifest, add_gap, describe_commit, describe_host, describe_program
from consistency.backends.connecting import connect
from consistency.backends.faulty import Disturbances, keep_still, make_disturbances
from consistency.backends.opening import Opened, Order
from consistency.channel import Header, Receiver, follow
from consistency.clock import Clock, boot_id
from consistency.durations import NS_PER_S, parse_duration_ns
from consistency.errors import ConsistencyError, CutShortError, DiskError, LimitReachedError, StoreGoneError
from consistency.event_file import find_last_ns
from consistency.fault import Side, Worker
from consistency.liveness import WatchedStore, ask_once
from consistency.operation import Announcement
from consistency.plan_file import plan_hash
from consistency.recorder import Observer, Recorder, find_next_op
from consistency.schedule import Change, bound_clocks_ns, clock_shift_ns, plan_changes, plan_streams, write_due_ns
from consistency.skewed_clock import SkewedClock
from consistency.workers.heard import Heard, recall_announcements
from consistency.workers.nemesis import Turn

LEAD_NS = NS_PER_S // 10  # from the moment that all is ready to the first write
STILL: dict[Side, Turn] = dict.fromkeys(Side, keep_still)


@dataclass(frozen=True)
class Begun:
    """A run whose store answers and whose clock ticks. What was due before `from_ns` is over: nothing ran then."""

    order: Order
    manifest: Manifest
    clock: Clock
    store: WatchedStore
    explain_end: Callable[[], CutShortError | None]
    observe: Observer | None
    turns: Mapping[Side, Turn]
    from_ns: int = 0

    @property
    def last_write_ns(self) -> int:
        """The latest instant at which the writer may still announce something."""
        plan = self.order.plan
        last = plan_streams(plan)[-1]
        due_ns = write_due_ns(self.manifest.start_ns, plan.rate_per_s, last, plan.entities - 1) + plan.life_ns
        held_back = [fault.end_ns for fault in plan.faults if fault.side is Side.QUEUE]
        return max(due_ns, self.manifest.start_ns + max(held_back, default=0)) + self.call_timeout_ns

    @property
    def call_timeout_ns(self) -> int:
        """How long one call may take."""
        return parse_duration_ns(self.order.plan.call_timeout)

    @property
    def series_ns(self) -> int:
        """How long after the last announcement a series may still be open."""
        probes = self.order.plan.probes.values()
        confirm_ns = max((parse_duration_ns(probe.confirm_for) for probe in probes), default=0)
        return self.order.plan.deadline_ns + confirm_ns + self.call_timeout_ns

    @property
    def changes(self) -> list[Change]:
        """The changes of the plan's faults."""
        return plan_changes(self.order.plan, self.manifest.start_ns)

    def is_disturbed(self) -> bool:
        """Whether a fault of the plan may keep the store from answering now: a call of its last moment included."""
        since_ns = self.clock.now_ns() - self.manifest.start_ns
        silencing = [fault for fault in self.order.plan.faults if fault.side in {Side.CALLS, Side.STORE}]
        return any(fault.at_ns <= since_ns <= fault.end_ns + self.call_timeout_ns for fault in silencing)

    def clock_of(self, worker: Worker) -> Clock:
        """The clock that the worker reads: wrong where the plan has a fault of it."""
        plan, start_ns = self.order.plan, self.manifest.start_ns
        if not any(fault.worker is worker for fault in plan.faults):
            return self.clock
        return SkewedClock(self.clock, lambda now_ns: clock_shift_ns(plan, worker, now_ns - start_ns))

    async def follow(self, queue: Path, tell_end: Callable[[], None] = lambda: None) -> Receiver:
        """The announcements of `queue`. A writer that is late makes one call after another: it is never silent long."""
        heard = Heard(self.order.plan)

        def recall() -> Iterator[Announcement]:
            self.order.tell(
                f"{queue} became shorter while it was read: what it lost is read from the writer's history."
            )
            return recall_announcements(self.order.plan, self.order.seed, self.order.archive.histories(Worker.WRITER))

        async for each in follow(queue, self.clock, self.last_write_ns, 2 * self.call_timeout_ns, tell_end, recall):
            if heard.add(each):
                yield each

    def record(self, process: str, first_op: int = 0) -> Recorder:
        """The recorder of `process`."""
        path = self.order.archive.history(process)
        first_op = first_op or (find_next_op(path) if self.order.resumed else 0)
        recorder = Recorder(path, process, first_op, self.observe, buffered=self.order.plan.virtual_time)
        if self.order.region:
            recorder.begin(self.clock.now_ns(), self.order.region)
        return recorder


@contextlib.asynccontextmanager
async def begin(order: Order, opened: Opened, experiment: str, observe: Observer | None) -> AsyncIterator[Begun]:
    """A run of `order`; a CutShortError tells how far it had come when its store went, or its limit was reached."""
    old = order.resumed
    clock = Clock(old.origin_ns, old.origin_wall_ns) if old else begin_clock(order)
    disturbances = make_disturbances(order.plan, order.seed, clock)
    store = WatchedStore(opened.connect(clock, disturbances), clock, order.archive.become_latest)
    try:
        async with _closed_after(store):
            await _warm_up(store, opened)
            manifest = describe(order, opened, experiment, clock) if old is None else _go_on(old, opened, order, clock)
            _require_time(order, manifest, clock)
            order.archive.save(order.plan, manifest)
            turns = {**STILL, Side.STORE: opened.steer, Side.CALLS: opened.steer, **_turn_calls(disturbances)}
            from_ns = manifest.gaps[-1].ends_ns if old else 0
            yield Begun(order, manifest, clock, store, opened.explain_end, observe, turns, from_ns)
    except StoreGoneError as error:
        gone = f"The store at {_name(opened)} stopped answering"
        raise StoreGoneError(f"{gone} {_tell_progress(order, store.acknowledged, error)}") from error
    except LimitReachedError as error:
        raise LimitReachedError(f"Stopped {_tell_progress(order, store.acknowledged, error)}") from error
    except DiskError as error:
        folder, written = order.archive.folder, _count_written(order, store.acknowledged)
        raise DiskError(
            f"{error} {written}: {folder}. Kept everything written so far; the report covers it. "
            f"Free space, then: consistency report {folder}"
        ) from error


def begin_clock(order: Order) -> Clock:
    """A run clock: of now, or, where the run has a start that was agreed upon, a lead before that on every host."""
    return Clock.starting_now() if order.start_wall_ns is None else Clock.of_wall(order.start_wall_ns - LEAD_NS)


@contextlib.asynccontextmanager
async def _closed_after(store: WatchedStore) -> AsyncIterator[None]:
    """Closing may raise, too: then what it raises ends the run."""
    try:
        yield
    finally:
        await store.close()


@contextlib.asynccontextmanager
async def join(order: Order, header: Header, observe: Observer | None) -> AsyncIterator[Begun]:
    """The run that `header` announces, for a process that only reads it."""
    clock = Clock(header.origin_ns, header.origin_wall_ns)
    disturbances = make_disturbances(order.plan, order.seed, clock)
    store = WatchedStore(connect(order.plan, header.address, order.run, disturbances), clock)
    _, manifest = order.archive.load()
    try:
        yield Begun(order, manifest, clock, store, lambda: None, observe, {**STILL, **_turn_calls(disturbances)})
    except StoreGoneError as error:
        where = f"The store at {header.address}"
        raise StoreGoneError(f"{where} stopped answering: {error}. What was read is kept.") from error
    except DiskError as error:
        raise DiskError(
            f"{error}: {order.archive.folder}. What was read is kept. Free space, then give the same command again: "
            "it goes on where its history ends."
        ) from error
    finally:
        await store.close()


def make_header(begun: Begun) -> Header:
    """All that a reader in another process needs to join."""
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


async def _warm_up(store: WatchedStore, opened: Opened) -> None:
    """The connection is made before the first write is due, or the run ends here."""
    if error := await ask_once(store):
        raise ConsistencyError(
            f"The store at {_name(opened)} does not answer a key get: {error}. Nothing was written."
        ) from error


def _tell_progress(order: Order, written: int, reason: Exception) -> str:
    return f"{_count_written(order, written)}: {reason}. The report covers what was measured."


def _count_written(order: Order, written: int) -> str:
    total = order.plan.entities * len(plan_streams(order.plan))
    return f"after {written:,} of {total:,} {'entity' if total == 1 else 'entities'}"


def _name(opened: Opened) -> str:
    return opened.address or "the embedded emulator"


def _turn_calls(disturbances: Disturbances | None) -> dict[Side, Turn]:
    return {} if disturbances is None else {Side.CALLS: disturbances.turn}


def _go_on(old: Manifest, opened: Opened, order: Order, clock: Clock) -> Manifest:
    """The manifest of a run that goes on: its store has another address, and a gap says when nothing ran."""
    last_ns = find_last_ns(order.archive.histories(Worker.WRITER if old.queue else ""))
    gaps = add_gap(old.gaps, last_ns, clock.now_ns() + LEAD_NS)
    return structs.replace(old, address=opened.address, target=opened.address, gaps=gaps)


def _require_time(order: Order, manifest: Manifest, clock: Clock) -> None:
    """A start that was agreed upon is kept, or the run does not begin: readers elsewhere look from then on."""
    late_ns = clock.now_ns() - manifest.start_ns
    if order.start_wall_ns is not None and late_ns > 0:
        raise ConsistencyError(
            f"The run was to start {late_ns / NS_PER_S:.1f} s before its store was ready. Nothing was written. "
            "Choose a later --start."
        )


def describe(order: Order, opened: Opened, experiment: str, clock: Clock) -> Manifest:
    """The manifest of a run that begins."""
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
        # After all that takes time on the wall: asking git, reading versions.
        start_ns=LEAD_NS + (clock.now_ns() if order.start_wall_ns is None else 0),
        boot_id="virtual" if plan.virtual_time else boot_id(),
        clock_bound_ns=bound_clocks_ns(plan),
        commit=commit,
        versions=versions,
        host=describe_host(),
        queue=str(order.queue.resolve()) if order.queue else "",
        by_schedule=order.start_wall_ns is not None,
        wall_bound_ns=order.wall_bound_ns,
    )
