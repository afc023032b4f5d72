"""One run's folder: the names of its files and its manifest.

A run writes into it, judging and telling read from it; it is the only thing that the two halves share. The manifest
says all that is needed to repeat the run and to place its stamps on the wall clock.
"""

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec
from pydantic import ValidationError

from consistency.errors import ConsistencyError, DiskError, UsageError
from consistency.plan import Plan
from consistency.whole_file import write_whole

FORMAT = 1


class Segment(msgspec.Struct, frozen=True):
    """An earlier part of a run, until `until_ns` of the run clock, on another boot of the machine: its id, and where 0
    of the run clock lay on its monotonic clock."""

    boot_id: str
    origin_ns: int
    until_ns: int


class Gap(msgspec.Struct, frozen=True):
    """From when to when (run clock) nothing ran, because the run was killed, and resumed. Where readers are processes
    of their own, it is the writer that did not run."""

    begins_ns: int
    ends_ns: int


def add_gap(gaps: tuple[Gap, ...], last_ns: int, ends_ns: int) -> tuple[Gap, ...]:
    """The gaps with one more: from the last event, at `last_ns`, until the run goes on at `ends_ns`.

    One after which nothing was recorded, because the run was killed again at once, is a part of the next one:

        events    x x x                   x x
        gaps          |-----|- - - - - - |   |-->
    """
    return (*(gap for gap in gaps if gap.ends_ns <= last_ns), Gap(last_ns, ends_ns))


class HostClock(msgspec.Struct, frozen=True):
    """The clock of one host of a run that several recorded, which a merge has laid on the run clock.

    0 of the run clock is `origin_ns` of the host's monotonic clock (boot `boot_id`), when its wall clock said
    `origin_wall_ns`; the truth lies within `bound_ns` of that. `wall_bound_ns`: how far off its wall clock was at most,
    where it knew. `processes` were recorded by it.
    """

    boot_id: str
    origin_ns: int
    origin_wall_ns: int
    bound_ns: int
    wall_bound_ns: int | None
    processes: tuple[str, ...]


class Manifest(msgspec.Struct, frozen=True):
    """What a run was. Times: `origin_ns` is 0 of the run clock on the machine's monotonic clock of boot `boot_id`;
    `origin_wall_ns` is the same instant in nanoseconds of the epoch; `start_ns` (run clock) is when the first write
    of the first stream was due. `truth` says in words what kind of truth the target is. `segments` are those before
    the last start of the machine, `queue` is the queue file of readers in processes of their own ("": none), and
    `gaps` are when nothing ran, in order. `by_schedule`: readers on other hosts may look for its entities, so it goes
    on to the end of its schedule. `wall_bound_ns` is how far off the wall clock was at most, where that is known;
    `clocks` are those of a merged run's hosts, the first that of the run clock, and `clocks_by` says in words what
    their offsets were taken from."""

    run: str
    experiment: str
    plan_hash: str
    seed: int
    backend: str
    target: str
    truth: str
    address: str
    channel: str
    client: str
    virtual: bool
    started_at: str
    origin_ns: int
    origin_wall_ns: int
    start_ns: int
    boot_id: str
    clock_bound_ns: int
    commit: str
    versions: dict[str, str]
    host: str
    format: int = FORMAT
    segments: tuple[Segment, ...] = ()
    queue: str = ""
    gaps: tuple[Gap, ...] = ()
    by_schedule: bool = False
    wall_bound_ns: int | None = None
    clocks: tuple[HostClock, ...] = ()
    clocks_by: str = ""


class Archive:
    """The files of one run under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = folder / "manifest.json"
        self.plan = folder / "plan.json"
        self.truth = folder / "truth.jsonl"
        self.queue = folder / "queue.jsonl"
        self.cleaned = folder / "cleaned"  # there once nothing of the run is left in the live service
        self.data = folder / "data"  # of the embedded emulator, where it keeps them
        self.annotations = folder / "annotations.jsonl"

    def history(self, process: str) -> Path:
        """The history of `process` alone."""
        return self.folder / f"history-{process}.jsonl"

    def histories(self, role: str = "") -> list[Path]:
        """All histories of the run, by name; or those of processes of one `role`, such as writers."""
        return sorted(self.folder.glob(f"history-{role}*.jsonl" if role else "history*.jsonl"))

    def save(self, plan: Plan, manifest: Manifest) -> None:
        """Write plan and manifest. On a full disk those of a run that goes on stay as they were."""
        _replace(self.plan, plan.model_dump_json(indent=2).encode() + b"\n")
        _replace(self.manifest, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")

    def become_latest(self) -> None:
        """Make runs/latest lead here: the run has something to tell."""
        _point_latest(self.folder)

    def tell_begun(self, manifest: Manifest) -> str:
        """When the run of `manifest` began (ISO, UTC). By their own clocks all runs on virtual time began at
        one instant: such a run is as old as its manifest, which is written first."""
        if not manifest.virtual or not self.manifest.exists():
            return manifest.started_at
        return datetime.fromtimestamp(self.manifest.stat().st_mtime, UTC).isoformat(timespec="milliseconds")

    def is_judged(self) -> bool:
        """Whether the run's report has been written."""
        return (self.folder / "summary.json").exists()

    def load(self) -> tuple[Plan, Manifest]:
        """The plan and the manifest, or a sentence about what is wrong with the folder."""
        try:
            plan = Plan.model_validate_json(self.plan.read_bytes())
            manifest = msgspec.json.decode(self.manifest.read_bytes(), type=Manifest)
        except OSError as error:
            raise ConsistencyError(f"{self.folder} is not a run: {error.filename} cannot be read.") from error
        except ValidationError as error:
            raise ConsistencyError(f"{self.plan} is damaged: {_say_first(error)}.") from error
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise ConsistencyError(f"{self.manifest} is damaged: {error}.") from error
        if manifest.format != FORMAT:
            raise ConsistencyError(
                f"{self.manifest} is of format {manifest.format}, and this program knows format {FORMAT}: "
                "judge it with the version that wrote it."
            )
        return plan, manifest


def _say_first(error: ValidationError) -> str:
    """The first of pydantic's mistakes, in one clause."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def create_run(out: Path, experiment: str, name: str | None = None) -> tuple[str, Archive]:
    """A fresh folder out/<experiment>/<started-at>, and the run's id. UsageError for a `name` that is no folder's."""
    if name is not None and (re.search(r"[/\\]", name) or not name.strip(". ")):
        raise UsageError(f"--run {name}: write one folder's name, without / and not of dots alone.")
    wanted = name or datetime.now(UTC).strftime("%Y-%m-%dT%H%M%S")
    for attempt in range(1, 100):
        folder = out / experiment / (wanted if attempt == 1 else f"{wanted}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            if name is not None:
                break
        except OSError as error:
            raise ConsistencyError(f"{folder} cannot be written: {error.strerror}. Choose another --out.") from error
        else:
            return f"{experiment}/{folder.name}", Archive(folder)
    raise UsageError(f"{out / experiment / wanted} exists already: choose another --run.")


def find_run(name: str, out: Path) -> Archive:
    """The archive of a run: a folder, an id below `out`, the one run of that name in any experiment, or "latest"."""
    for folder in (Path(name), out / name):
        if (folder / "manifest.json").is_file():
            return Archive(folder.resolve() if name == "latest" else folder)
    named = [
        path for path in sorted(out.glob("*")) if not path.is_symlink() and (path / name / "manifest.json").is_file()
    ]
    if len(named) == 1:
        return Archive(named[0] / name)
    if named:
        raise UsageError(f"{name} may be {' or '.join(f'{path.name}/{name}' for path in named)}: write which.")
    raise UsageError(
        f"{name} is not a run: neither it nor {out / name} holds a manifest.json. To see all runs: consistency runs"
    )


def describe_program() -> dict[str, str]:
    """Versions of what measures."""
    packages = ("datastore-consistency", "google-cloud-datastore", "grpcio")
    return {"python": platform.python_version()} | {package: version(package) for package in packages}


def describe_host() -> str:
    """The machine in a few words."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {sys.implementation.name}"


def describe_commit() -> str:
    """The program's commit, or "" where it does not run from a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip()


def _point_latest(folder: Path) -> None:
    """Make runs/latest lead to runs/<experiment>/<started-at>, in one step: runs may begin together."""
    target = Path(folder.parent.name, folder.name)
    fresh = folder.parent.parent / f".latest-{target.parent}-{target.name}"
    try:
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(target)
        fresh.replace(fresh.with_name("latest"))
    except OSError as error:
        raise DiskError.at(fresh, error) from error


def _replace(path: Path, content: bytes) -> None:
    """Write `path` whole, or leave it as it is."""
    try:
        write_whole(path, content)
    except OSError as error:
        raise DiskError.at(path, error) from error
