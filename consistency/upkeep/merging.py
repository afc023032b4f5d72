"""Merging: the folders that several hosts have of one run become one folder.

Archives come in, an archive goes out. Each event is kept once, known by its process and number, so that merging the
same folder again changes nothing, and what a worker that was run again recorded a second time is dropped and counted.

Hosts of different boots share no monotonic clock: their times are laid on the first one's by the wall clocks, and how
far these may be apart must be said, because nothing in the folders can tell; every verdict then allows for it.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import structs

from consistency.archive import Archive, Gap, Manifest
from consistency.errors import ConsistencyError, UsageError
from consistency.event_file import read_batches
from consistency.operation import Event, Invocation

Lines = dict[tuple[object, ...], bytes]


@dataclass(frozen=True)
class Merged:
    """The joined folder, its number of histories, how many events were dropped as duplicates, and the clocks' bound."""

    archive: Archive
    histories: int
    duplicates: int
    clock_bound_ns: int


def merge(archives: Sequence[Archive], out: Path | None, clock_bound_ns: int | None) -> Merged:
    """Join the folders into `out` (beside the first, with -merged); UsageError where they are not of one run."""
    loaded = sorted(((archive.load()[1], archive) for archive in archives), key=lambda pair: pair[0].origin_wall_ns)
    (first, earliest), bound_ns = loaded[0], _bound_clocks_ns([manifest for manifest, _ in loaded], clock_bound_ns)
    files: dict[str, Lines] = {}
    duplicates = 0
    for manifest, archive in loaded:
        shift_ns = _find_shift_ns(manifest, first)
        for path in archive.histories():
            duplicates += _add(files.setdefault(path.name, {}), path, shift_ns)
    target = Archive(out or earliest.folder.with_name(f"{earliest.folder.name}-merged"))
    gaps = _join_gaps([manifest for manifest, _ in loaded], first)
    _write(target, earliest, structs.replace(first, clock_bound_ns=bound_ns, gaps=gaps), files)
    return Merged(target, len(files), duplicates, bound_ns)


def _bound_clocks_ns(manifests: Sequence[Manifest], said_ns: int | None) -> int:
    runs = {(manifest.run, manifest.plan_hash, manifest.seed) for manifest in manifests}
    if len(runs) > 1:
        raise UsageError(
            f"These folders are of {len(runs)} runs, and only one run's can be merged. Nothing was written."
        )
    own_ns = max(manifest.clock_bound_ns for manifest in manifests)
    if len({manifest.boot_id for manifest in manifests}) == 1:
        return max(own_ns, said_ns or 0)
    if said_ns is None:
        raise UsageError(
            "These folders are of several hosts, and nothing in them says how far their clocks were apart. "
            "Say how far at most: --clock-bound 50ms"
        )
    return own_ns + said_ns


def _join_gaps(manifests: Sequence[Manifest], first: Manifest) -> tuple[Gap, ...]:
    """The gaps of the host that knows of most: one that took its copy early knows fewer of the same."""
    longest = max(manifests, key=lambda manifest: len(manifest.gaps))
    shift_ns = _find_shift_ns(longest, first)
    return tuple(Gap(gap.begins_ns + shift_ns, gap.ends_ns + shift_ns) for gap in longest.gaps)


def _find_shift_ns(manifest: Manifest, first: Manifest) -> int:
    """What puts times of `manifest` on the run clock of `first`."""
    if manifest.boot_id == first.boot_id:
        return manifest.origin_ns - first.origin_ns
    return manifest.origin_wall_ns - first.origin_wall_ns


def _add(lines: Lines, path: Path, shift_ns: int) -> int:
    """Add the events of `path` that are new; how many are there already and say something else or the same again."""
    before, count = len(lines), 0
    for key, line in _read(path, shift_ns):
        lines.setdefault(key, line)
        count += 1
    return count - (len(lines) - before)


def _read(path: Path, shift_ns: int) -> Iterator[tuple[tuple[object, ...], bytes]]:
    encode = msgspec.json.Encoder().encode
    for reading in read_batches(path):
        for event in (_shift(event, shift_ns) for event in reading.events):
            yield _identify(event), encode(event) + b"\n"


def _identify(event: Event) -> tuple[object, ...]:
    """An operation's events by its number, all others by what they say."""
    number = getattr(event, "op", None)
    return (type(event), event.process, number) if number is not None else (event,)


def _shift(event: Event, shift_ns: int) -> Event:
    if not shift_ns:
        return event
    moved = structs.replace(event, at_ns=event.at_ns + shift_ns)
    return structs.replace(moved, due_ns=moved.due_ns + shift_ns) if isinstance(moved, Invocation) else moved


def _write(target: Archive, earliest: Archive, manifest: Manifest, files: dict[str, Lines]) -> None:
    plan, _ = earliest.load()
    try:
        target.folder.mkdir(parents=True, exist_ok=True)
        target.save(plan, manifest)
        for name, lines in files.items():
            (target.folder / name).write_bytes(b"".join(lines.values()))
        for path in (earliest.truth, earliest.annotations):
            if path.exists() and earliest.folder.resolve() != target.folder.resolve():
                shutil.copy(path, target.folder)
    except OSError as error:
        raise ConsistencyError(f"{target.folder} cannot be written: {error.strerror}. Choose another --out.") from error
