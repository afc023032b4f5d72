"""Cleaning: what crashed runs left behind, found and removed: containers, servers, entities of live projects.

The folder of all runs and a scope come in, a Sweep goes out. Only what belongs to nobody is touched: a container or a
server whose starter is dead, entities of a run that nobody measures any more. Entities are deleted by the keys that the
histories name and never found by a query, because the queries under test may miss some.

`--keep` left its entities to this command, so they are deleted like all others.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from consistency.archive import Archive, Manifest
from consistency.backends.strays import end_server, find_stray_servers
from consistency.clock import wall_ns
from consistency.durations import NS_PER_S
from consistency.errors import ConsistencyError
from consistency.plan import Plan
from consistency.processes import is_alive
from consistency.run_lock import is_held
from consistency.target import Backend


@dataclass(frozen=True)
class Scope:
    """What may be cleaned: of one run (its id), of one live project, of what is at least so old."""

    run: str | None = None
    project: str | None = None
    older_than_ns: int = 0

    def covers(self, run: str, began_ns: int) -> bool:
        """Whether it has `run`, or what is of that run, which began at `began_ns` of the epoch."""
        return self.run in {None, run} and wall_ns() - began_ns >= self.older_than_ns


def name_run(folder: Path) -> str:
    """The id of the run in `folder`, which may be a link."""
    return "/".join(folder.resolve().parts[-2:])


@dataclass
class Sweep:
    """What was found and, unless it was only looked for, removed; `troubles`: what could not be, one sentence each."""

    containers: int = 0
    processes: int = 0
    entities: int = 0
    runs: int = 0
    troubles: list[str] = field(default_factory=list)


def clean(out: Path, scope: Scope, *, dry_run: bool) -> Sweep:
    """Remove what the runs below `out` left behind; with `dry_run` only count it."""
    sweep = Sweep()
    if scope.project is None:
        _clean_containers(scope, sweep, dry_run=dry_run)
        _clean_servers(out, scope, sweep, dry_run=dry_run)
    for archive, plan, manifest in _find_live(out, scope):
        with _noting(sweep):
            _clean_entities(archive, plan, manifest, sweep, dry_run=dry_run)
    return sweep


@contextlib.contextmanager
def _noting(sweep: Sweep) -> Iterator[None]:
    """What fails is noted, and the rest is cleaned all the same."""
    try:
        yield
    except ConsistencyError as error:
        sweep.troubles.append(str(error))


def _clean_containers(scope: Scope, sweep: Sweep, *, dry_run: bool) -> None:
    """Where no engine answers there are no containers of ours."""
    from consistency.backends import containers  # noqa: PLC0415 - the SDK takes 0.2 s to import

    try:
        engine = containers.connect_engine()
    except ConsistencyError:
        return
    with contextlib.closing(engine):
        for stray in containers.find_strays(engine):
            if scope.covers(stray.labels[containers.RUN_LABEL], _epoch_ns(stray.attrs["Created"])):
                sweep.containers += 1
                if not dry_run:
                    containers.remove(stray)


def _clean_servers(out: Path, scope: Scope, sweep: Sweep, *, dry_run: bool) -> None:
    for stray in find_stray_servers(sorted(out.glob("*/*/"))):
        if scope.covers(name_run(stray.record.parent), stray.began_ns):
            with _noting(sweep):
                sweep.processes += is_alive(stray.server) if dry_run else end_server(stray)


def _find_live(out: Path, scope: Scope) -> Iterator[tuple[Archive, Plan, Manifest]]:
    """The runs on the live service that may have left entities there."""
    for path in sorted(out.glob("*/*/manifest.json")):
        archive = Archive(path.parent)
        if path.parent.is_symlink() or archive.cleaned.exists() or is_held(path.parent):
            continue
        with contextlib.suppress(ConsistencyError):  # a damaged folder names no keys; `runs` tells of it
            plan, manifest = archive.load()
            fits = plan.target.backend is Backend.LIVE and scope.project in {None, plan.target.project}
            if fits and scope.covers(name_run(path.parent), manifest.origin_wall_ns):
                yield archive, plan, manifest


def _clean_entities(archive: Archive, plan: Plan, manifest: Manifest, sweep: Sweep, *, dry_run: bool) -> None:
    from consistency.backends.live import Place, clean_up, list_written  # noqa: PLC0415 - the sync client: 0.1 s

    if dry_run:
        count = len(list_written(archive))
    else:
        with contextlib.closing(Place(plan, manifest.run)) as place:
            count = clean_up(place, archive)
    sweep.entities += count
    sweep.runs += 1


def _epoch_ns(text: str) -> int:
    """Nanoseconds of the epoch of Docker's time, which has nine digits behind the second."""
    whole = datetime.fromisoformat(text[:19] + "+00:00")
    return int(whole.timestamp()) * NS_PER_S
