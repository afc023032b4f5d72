"""Joins the stages: run, then judge, then report. The only place that knows both halves.

A plan comes in, a folder with histories, a judgement and pages goes out.
"""

import contextlib
import re
import secrets
import shutil
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from consistency import clock
from consistency.analysis.judgement import Calibration, Judgement
from consistency.archive import Archive, Manifest, create_run
from consistency.backends.connecting import check_address
from consistency.backends.opening import Opened, Order, Tell, open_backend
from consistency.channel import End, Header, Line, read_lines
from consistency.checksums import NAME as SUMS
from consistency.checksums import find_changes, seal
from consistency.claim import Claim
from consistency.clock import boot_id, monotonic_ns, wait_s
from consistency.durations import NS_PER_S
from consistency.errors import FULL, ConsistencyError, CutShortError, DiskError, StoppedError, UsageError
from consistency.event_file import read_events
from consistency.history import History
from consistency.operation import Invocation
from consistency.plan import Plan
from consistency.plan_file import plan_hash
from consistency.recorder import Observer
from consistency.room import require_room
from consistency.run import NEMESIS, WRITER, run_reader, run_together, run_writer
from consistency.run_lock import hold
from consistency.target import Backend
from consistency.workers.reader import recall_progress

SEED_BOUND = 2**31
HEADER_POLL_S = 0.05
READERS_BOUND = 1_000
_OF_WRITERS = (f"history-{WRITER}", f"history-{NEMESIS}")


@dataclass(frozen=True)
class Finished:
    """A run that is over: its folder, whether Ctrl-C ended it early, and what else did ("": nothing)."""

    archive: Archive
    stopped: bool
    trouble: str = ""


@dataclass(frozen=True)
class Judged:
    """A run and all that is said of it."""

    archive: Archive
    plan: Plan
    manifest: Manifest
    judgement: Judgement
    calibration: tuple[Calibration, ...]


def prepare(plan: Plan, experiment: str, out: Path, name: str | None, tell: Tell = lambda _: None) -> Order:
    """A fresh run folder for `plan`, with a seed drawn where the plan names none. `tell` gets lines for the user.

    ConsistencyError, and no folder, where the disk has no room for the run.
    """
    if warning := require_room(plan, out):
        tell(warning)
    run, archive = create_run(out, experiment, name)
    seed = plan.seed if plan.seed is not None else secrets.randbelow(SEED_BOUND)
    return Order(plan, seed, run, archive, tell)


def measure(order: Order, experiment: str, observe: Observer | None) -> Finished:
    """Writer and readers in this process, until the last series is closed, Ctrl-C, or the store is gone."""
    finished = _measure(order, lambda opened: run_together(order, opened, experiment, observe))
    return _seal(finished, order.archive.histories())


def write(order: Order, experiment: str, queue: Path, observe: Observer | None) -> Finished:
    """The writer alone, until the readers have ended too or the deadline has passed."""
    order = replace(order, queue=queue)
    finished = _measure(order, lambda opened: run_writer(order, opened, experiment, queue, observe))
    readers = list_readers(order.archive)
    return _seal(finished, [path for path in order.archive.histories() if path not in readers])


def list_readers(archive: Archive) -> list[Path]:
    """The histories of readers that are in the folder."""
    return [path for path in archive.histories() if not path.name.startswith(_OF_WRITERS)]


def _measure(order: Order, work: Callable[[Opened], Coroutine[Any, Any, bool]]) -> Finished:
    """Do the work over the order's store. A run that never began leaves no folder behind, unless with a log."""
    stopped, trouble, folder = False, "", order.archive.folder
    try:
        with hold(folder), _explain_disk(folder), open_backend(order) as opened:
            stopped = clock.run(work(opened), virtual=order.plan.virtual_time)
    except KeyboardInterrupt:  # also while the store is started or stopped
        stopped = True
    except CutShortError as error:
        trouble = str(error)
    except ConsistencyError:
        if order.archive.manifest.exists() and not order.archive.histories():
            shutil.rmtree(folder, ignore_errors=True)  # its store answered, so no log of it explains anything
        with contextlib.suppress(OSError):  # the folder holds something: it stays
            folder.rmdir()
        raise
    if not order.archive.histories():
        shutil.rmtree(folder, ignore_errors=True)
        if trouble:
            raise ConsistencyError(trouble)
        raise StoppedError("Stopped before the first write: nothing was measured.")
    return Finished(order.archive, stopped, trouble)


@contextlib.contextmanager
def _explain_disk(folder: Path) -> Iterator[None]:
    """Of what is neither a history nor the queue: the server's log and record, or its truth at the very end."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskError(f"Disk full: {folder}. Free space, or choose another --out.") from error


def _seal(finished: Finished, histories: Sequence[Path]) -> Finished:
    """Keep the checksums of what is now complete; a disk that does not take them is a trouble, unless there was one."""
    archive = finished.archive
    try:
        seal(archive.folder, [*histories, archive.manifest, archive.plan, archive.truth])
    except OSError as error:
        trouble = f"{DiskError.at(archive.folder / SUMS, error)}: the run is complete, and has no checksums."
        return replace(finished, trouble=finished.trouble or trouble)
    return finished


def join(header: Header, plan: Plan) -> Order:
    """What a reader needs of the run that `header` announces; UsageError where its plan is another one."""
    if header.boot_id != boot_id():
        raise UsageError(f"Run {header.run} was started on another machine or before a reboot: its clock is not ours.")
    if header.plan_hash != plan_hash(plan):
        raise UsageError(
            f"Run {header.run} has another plan (its hash is {header.plan_hash}, this one's {plan_hash(plan)}). "
            "Give both commands the same plan and the same settings."
        )
    archive = Archive(Path(header.folder))
    stored, manifest = archive.load()
    return Order(stored, manifest.seed, header.run, archive)


def read(order: Order, header: Header, queue: Path, process: str, observe: Observer | None) -> bool:
    """One reading process, from where its history ends; True where Ctrl-C ended it early."""
    history = order.archive.history(process)
    events = read_events(history).events if history.exists() else []
    first_op = 1 + max((event.op for event in events if isinstance(event, Invocation)), default=-1)
    earlier = first_op, recall_progress(order.plan, events)
    with _explain_disk(order.archive.folder):
        stopped = clock.run(run_reader(order, header, queue, process, earlier, observe))
        seal(order.archive.folder, [history])
    return stopped


def await_header(queue: Path, wait_for_s: float, run: str | None = None, tell: Tell = lambda _: None) -> Header:
    """The header of the queue file at `queue`, as soon as a writer that is not over has put one there.

    `run` is the id, or the folder's name, of the only run that will do. `tell` hears of it where there is none yet.
    """
    give_up_ns = monotonic_ns() + int(wait_for_s * NS_PER_S)
    writer, told = f"writer of run {run}" if run else "writer", False
    while True:
        lines = read_lines(queue)
        if lines and isinstance(lines[0], Header) and _is_wanted(lines[0], run) and not _is_over(lines[0], lines[-1]):
            return lines[0]
        if monotonic_ns() > give_up_ns:
            raise ConsistencyError(
                f"No {writer} has begun at {queue} within {wait_for_s:g} s. Start it: consistency write"
            )
        if not told:
            tell(f"Waiting for a {writer} at {queue}, {wait_for_s:g} s at most.")
            told = True
        wait_s(HEADER_POLL_S)


def _is_wanted(header: Header, run: str | None) -> bool:
    return run in {None, header.run, Path(header.folder).name}


def _is_over(header: Header, last: Line) -> bool:
    """Whether the queue is an old run's: judged already, or its store is gone (its writer was killed)."""
    if header.boot_id == boot_id() and not _is_live(header):
        try:
            check_address(header.address, "the queue file")
        except ConsistencyError:
            return True
    return isinstance(last, End) and Archive(Path(header.folder)).is_judged()


def _is_live(header: Header) -> bool:
    """Whether the run measures the live service, which is always there."""
    plan, _ = Archive(Path(header.folder)).load()
    return plan.target.backend is Backend.LIVE


@contextlib.contextmanager
def claim_process(archive: Archive, wanted: str | None) -> Iterator[str]:
    """The name of this reading process, held for it alone: `wanted`, or the first free of reader-1, reader-2, ..."""
    taken = wanted is not None and wanted.startswith((WRITER, NEMESIS))
    if wanted is not None and (taken or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", wanted)):
        raise UsageError(f"--process {wanted}: take letters, digits, - and _, and no name of a writer or the nemesis.")
    for name in [wanted] if wanted else [f"reader-{number}" for number in range(1, READERS_BOUND)]:
        lock = FileLock(archive.folder / f".{name}.lock", blocking=False)
        try:
            with lock:
                yield name
                return
        except Timeout:
            continue
    raise UsageError(f"Another process reads this run as {wanted or 'every free name'}. Choose another --process.")


def judge_run(archive: Archive, assertions: Sequence[Claim] = ()) -> Judged:
    """Judge a run from its folder alone."""
    from consistency.analysis.calibration import calibrate  # noqa: PLC0415 - scipy takes half a second: not before a run
    from consistency.analysis.clocks import note_hosts  # noqa: PLC0415
    from consistency.analysis.judge import judge  # noqa: PLC0415

    plan, manifest = archive.load()
    history = History.load(archive.histories())
    judgement = judge(plan, manifest, history, assertions)
    changes = find_changes(archive.folder, archive.histories())
    judgement = replace(judgement, notes=(*changes, *note_hosts(manifest), *judgement.notes))
    if not archive.truth.exists():
        return Judged(archive, plan, manifest, judgement, ())
    calibrations, notes = calibrate(plan, judgement, archive.truth, manifest.origin_ns)
    judgement = replace(judgement, notes=(*judgement.notes, *notes))
    return Judged(archive, plan, manifest, judgement, calibrations)


def export_run(archive: Archive, formats: Sequence[str], model_name: str | None = None) -> list[Path]:
    """Write the run's history for other tools into its folder; return the files' paths."""
    from consistency.interchange.importing import Model  # noqa: PLC0415 - as above
    from consistency.interchange.writing import write_exports  # noqa: PLC0415

    judged, history = judge_run(archive), History.load(archive.histories())
    model = Model(model_name) if model_name else None
    return write_exports(history, judged.judgement, archive.folder, formats, model)


def report_run(
    judged: Judged, formats: Collection[str], title: str | None = None, unknown_is: str = ""
) -> dict[str, Path]:
    """Write the report's files into the run's folder; return them by format."""
    from consistency.report.pages import write_report  # noqa: PLC0415 - pandas and matplotlib take half a second

    parts = (judged.archive, judged.plan, judged.manifest, judged.judgement, judged.calibration)
    return write_report(*parts, formats=formats, title=title, unknown_is=unknown_is)
