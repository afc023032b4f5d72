"""BACKENDS: name -> opener. Opens the store that a plan names, and says what kind of truth it is.

A plan and a run's folder come in; an Opened store goes out, and everything that was started ends when its context does.
A new backend is one opener and one line here.
"""

import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from consistency.archive import Archive, Manifest
from consistency.backends.connecting import check_address, connect
from consistency.backends.embedded import describe_truth, make_settings
from consistency.backends.faulty import Disturbances, keep_still
from consistency.backends.google import start_firestore_emulator, start_google_emulator
from consistency.backends.in_process import InProcess
from consistency.backends.own_process import run_emulator
from consistency.backends.steering import apply_pending
from consistency.clock import Clock, monotonic_ns
from consistency.errors import CutShortError, StoreGoneError
from consistency.fault import FaultKind
from consistency.guard import Meter
from consistency.line_file import drop_torn_line
from consistency.plan import Plan
from consistency.plan_file import EMULATOR_HOST
from consistency.schedule import Change
from consistency.store import Store
from consistency.target import GOOGLE_SHARE, Backend, GoogleEmulator

Tell = Callable[[str], None]
STRONG = "always strong: what is late there is a call or a poll, and never the store"


@dataclass(frozen=True)
class Opened:
    """A store that answers. `address` is "" where it is called in process; `truth` says what its latencies mean.

    `connect` takes the faults of its calls, where the plan has any; `steer` begins and ends those within the store.
    `explain_end` is the error that ends the run, once there is one: the store's own process ended, where it is ours.
    """

    address: str
    truth: str
    connect: Callable[[Clock, Disturbances | None], Store]
    steer: Callable[[Change], Awaitable[None]] = keep_still
    explain_end: Callable[[], CutShortError | None] = lambda: None


@dataclass(frozen=True)
class Order:
    """What a backend is opened for: the plan, its resolved seed, the run's id and its folder. `tell` gets lines for
    the user while an opening takes long; of the live service `meter` counts calls, and entities are deleted afterwards
    unless to `keep`. `keep_store`: the embedded emulator keeps its data in the run's folder; `resumed`: the manifest of
    a run that goes on; `region`: where the processes of this machine run, where that was said; `queue`: the queue file
    of a run whose readers are processes of their own; `start_wall_ns`: when the first write is due (epoch), where
    readers on other hosts are to know; `wall_bound_ns`: how far off this host's wall clock may be, where known."""

    plan: Plan
    seed: int
    run: str
    archive: Archive
    tell: Tell = lambda _: None
    meter: Meter | None = None
    keep: bool = False
    keep_store: bool = False
    resumed: Manifest | None = None
    region: str = ""
    queue: Path | None = None
    start_wall_ns: int | None = None
    wall_bound_ns: int | None = None


def open_backend(order: Order) -> AbstractContextManager[Opened]:
    """The store that the plan names, running, until the context ends."""
    return BACKENDS[order.plan.target.backend](order)


@contextlib.contextmanager
def _open_embedded(order: Order) -> Iterator[Opened]:
    plan, truth = order.plan, describe_truth(order.plan, order.seed)
    if plan.virtual_time:
        inside = InProcess(plan, order.seed, order.archive.truth, order.run)
        yield Opened("", truth, inside.connect, inside.steer)
        return
    keeps = order.keep_store or any(fault.kind is FaultKind.RESTART for fault in plan.faults)
    settings = make_settings(plan, order.seed, order.archive.data if keeps else None)
    if order.resumed:
        drop_torn_line(order.archive.truth)
    with run_emulator(settings, order.archive.folder, order.archive.truth) as own:
        if order.resumed:
            apply_pending(order.archive.truth, monotonic_ns())
        yield replace(_reachable(order, own.child.address, truth, own.explain_end), steer=own.steer)


@contextlib.contextmanager
def _open_google(order: Order) -> Iterator[Opened]:
    target, log = order.plan.target, order.archive.folder / "emulator.log"
    if target.emulator is GoogleEmulator.FIRESTORE:
        truth, starting = f"Google's Firestore emulator, {STRONG}", start_firestore_emulator(log)
    elif target.emulator is GoogleEmulator.LEGACY_FIRESTORE:
        truth = f"Google's legacy emulator with --use-firestore-in-datastore-mode, {STRONG}"
        starting = start_google_emulator(target.project, log, firestore=True)
    else:
        truth, starting = (
            _describe_coin(order),
            start_google_emulator(target.project, log, target.consistency, order.seed),
        )
    with starting as child:
        yield _reachable(order, child.address, truth, child.explain_end)


def _describe_coin(order: Order) -> str:
    truth = (
        f"Google's legacy emulator, a coin for each read ({order.plan.target.consistency:g}), seed {order.seed}: "
        "times there are the poll interval times a count of coin tosses, not a clock's"
    )
    if len(order.plan.probes) > 1:
        truth += "; every read there gives all waiting writes another toss, so these probes speed each other up"
    return truth


@contextlib.contextmanager
def _open_attached(order: Order) -> Iterator[Opened]:
    address = str(order.plan.target.host)
    check_address(address, name_source(address))
    yield _reachable(order, address, f"the store that runs at {address}: what it promises is its own affair")


@contextlib.contextmanager
def _open_docker(order: Order) -> Iterator[Opened]:
    from consistency.backends.containers import IMAGE, start_container  # noqa: PLC0415 - the SDK takes 0.2 s to import

    target = order.plan.target
    image, log = target.image or IMAGE, order.archive.folder / "emulator.log"
    truth = f"{_describe_coin(order)}; in a container of {image}"
    share = GOOGLE_SHARE if target.consistency is None else target.consistency
    with start_container(order.run, image, target.project, share, order.seed, log, order.tell) as watched:
        yield _reachable(order, watched.address, truth, watched.explain_end)


def name_source(host: str) -> str:
    """What names `host` as the store to measure: the variable, or else the plan or its flag."""
    return EMULATOR_HOST if os.environ.get(EMULATOR_HOST) == host else "target.host"


@contextlib.contextmanager
def _open_live(order: Order) -> Iterator[Opened]:
    from consistency.backends.live import describe_database, reserve  # noqa: PLC0415 - the sync client: 0.1 s to import

    plan, meter = order.plan, order.meter
    with reserve(plan, order.run, order.archive, keep=order.keep) as place:
        count = meter.count if meter else None
        yield Opened(
            place.endpoint,
            describe_database(plan),
            lambda _, disturbances: connect(plan, place.endpoint, order.run, disturbances, count),
            explain_end=meter.explain_end if meter else lambda: None,
        )


def _reachable(order: Order, address: str, truth: str, explain: Callable[[], str | None] = lambda: None) -> Opened:
    def reach(_: Clock, disturbances: Disturbances | None) -> Store:
        return connect(order.plan, address, order.run, disturbances)

    def explain_end() -> CutShortError | None:
        reason = explain()
        return StoreGoneError(reason) if reason else None

    return Opened(address, truth, reach, explain_end=explain_end)


BACKENDS: dict[Backend, Callable[[Order], AbstractContextManager[Opened]]] = {
    Backend.EMBEDDED: _open_embedded,
    Backend.GOOGLE: _open_google,
    Backend.ATTACHED: _open_attached,
    Backend.DOCKER: _open_docker,
    Backend.LIVE: _open_live,
}
