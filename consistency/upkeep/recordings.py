"""Recordings: what several folders hold of one run, each process once, on the clock that recorded it.

Archives come in; for each process the events of one of its lives go out, and what was dropped. A worker that was run
again on a fresh machine begins anew, under its old name: it looked for the same entities at other times, so two lives
of it must not be mixed. The one that looked for more entities is kept whole, because how many there are says nothing of
how late they were; copies of one life, also of its beginning alone, are joined.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from msgspec import structs

from consistency.archive import Archive, HostClock, Manifest
from consistency.event_file import read_batches
from consistency.operation import Event, Invocation, Sounding

Loaded = Sequence[tuple[Manifest, Archive]]
PREFIX = "history-"


@dataclass(frozen=True)
class Life:
    """One life of a process: its events on the monotonic clock of its host, and where its first copy was found."""

    process: str
    clock: HostClock
    manifest: Manifest
    archive: Archive
    events: tuple[Event, ...]

    @property
    def identity(self) -> tuple[str, bytes]:
        """What its copies have in common: the boot, and how it began."""
        return self.clock.boot_id, msgspec.json.encode(self.events[0]) if self.events else b""

    @property
    def rank(self) -> tuple[int, int, tuple[str, bytes]]:
        """The highest is kept: by how many entities it acted on, then by the number of its events."""
        items = {event.item for event in self.events if isinstance(event, Invocation)}
        return len(items), len(self.events), self.identity


@dataclass(frozen=True)
class Gathered:
    """One life of each process; how many events were dropped, and in words what was."""

    lives: Mapping[str, Life]
    duplicates: int
    told: tuple[str, ...]


def gather(loaded: Loaded) -> Gathered:
    """All processes of all folders."""
    found: dict[str, dict[tuple[str, bytes], Life]] = {}
    count = 0
    for life in _read_all(loaded):
        count += len(life.events)
        own = found.setdefault(life.process, {})
        own[life.identity] = _join(own[life.identity], life) if life.identity in own else life
    lives = {process: max(own.values(), key=lambda life: life.rank) for process, own in sorted(found.items())}
    told = [
        f"{process} was run {len(own)} times: {sum(len(life.events) for life in own.values()) - len(kept.events):,} "
        "events of the other runs are left out. (Of readers that ran at once, give each its --process.)"
        for (process, own), kept in zip(sorted(found.items()), lives.values(), strict=True)
        if len(own) > 1
    ]
    return Gathered(lives, count - sum(len(life.events) for life in lives.values()), tuple(told))


def shift(event: Event, shift_ns: int) -> Event:
    """The same event on another clock."""
    if not shift_ns:
        return event
    moved = structs.replace(event, at_ns=event.at_ns + shift_ns)
    if isinstance(moved, Invocation):
        return structs.replace(moved, due_ns=moved.due_ns + shift_ns)
    return structs.replace(moved, asked_ns=moved.asked_ns + shift_ns) if isinstance(moved, Sounding) else moved


def _read_all(loaded: Loaded) -> Iterator[Life]:
    for manifest, archive in loaded:
        for path in archive.histories():
            process = path.stem.removeprefix(PREFIX)
            clock = _find_clock(manifest, process)
            yield Life(process, clock, manifest, archive, tuple(_read(path, clock.origin_ns)))


def _find_clock(manifest: Manifest, process: str) -> HostClock:
    """The clock that recorded the process: one of a merged folder's, or that of the folder's own host."""
    own = HostClock(manifest.boot_id, manifest.origin_ns, manifest.origin_wall_ns, 0, manifest.wall_bound_ns, ())
    return next((clock for clock in manifest.clocks if process in clock.processes), own)


def _read(path: Path, shift_ns: int) -> Iterator[Event]:
    for reading in read_batches(path):
        yield from (shift(event, shift_ns) for event in reading.events)


def _join(one: Life, other: Life) -> Life:
    """Both copies of a life as one; what only one of them has comes at the end."""
    longer, shorter = (one, other) if len(one.events) >= len(other.events) else (other, one)
    events = {_identify(event): event for event in _chain(shorter.events, longer.events)}
    ordered = {_identify(event): None for event in _chain(longer.events, shorter.events)}
    return Life(one.process, one.clock, one.manifest, one.archive, tuple(events[key] for key in ordered))


def _chain(*several: Iterable[Event]) -> Iterator[Event]:
    for events in several:
        yield from events


def _identify(event: Event) -> tuple[object, ...]:
    """An operation's events by its number, all others by what they say."""
    number = getattr(event, "op", None)
    return (type(event), event.process, number) if number is not None else (event,)
