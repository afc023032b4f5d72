"""Recordings: what several folders hold of one run, each process once, on the clock that recorded it.

Archives come in; for each process the events of one of its lives go out, and what was dropped. A worker that was run
again on a fresh machine begins anew, under its old name: it looked for the same entities at other times, so two lives
of it must not be mixed. The one that looked for more entities is kept whole, because how many there are says nothing of
how late they were; copies of one life, also of its beginning alone, are joined.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import msgspec
from msgspec import structs

from consistency.archive import Archive, HostClock, Manifest
from consistency.event_file import read_batches
from consistency.operation import Event, Invocation, Sounding

Loaded = Sequence[tuple[Manifest, Archive]]
PREFIX = "history-"


@dataclass(frozen=True)
class Copy:
    """One history file of a process. Its times and `shift_ns` make those of its host's monotonic clock."""

    path: Path
    shift_ns: int
    count: int

    def read(self) -> Iterator[Event]:
        """Its events, on that monotonic clock."""
        return _read(self.path, self.shift_ns)


@dataclass(frozen=True)
class Life:
    """One life of a process: its host's clock, where its first copy was found, and all copies, the longest first.

    Its events stay in their files, because a merge may be of more than the memory holds. `identity` is what copies of
    one life have in common: the boot, and how it began.
    """

    process: str
    clock: HostClock
    manifest: Manifest
    archive: Archive
    identity: tuple[str, bytes]
    copies: tuple[Copy, ...]

    def read(self) -> Iterator[Event]:
        """Its events on its host's monotonic clock; what only a shorter copy has comes at the end."""
        longest, *others = self.copies
        if not others:
            return longest.read()
        return _read_once(event for copy in self.copies for event in copy.read())

    @cached_property
    def count(self) -> int:
        """How many events there are."""
        return self.copies[0].count if len(self.copies) == 1 else sum(1 for _ in self.read())

    @property
    def rank(self) -> tuple[int, int, tuple[str, bytes]]:
        """The highest is kept: by how many entities it acted on, then by the number of its events."""
        return len({event.item for event in self.read() if isinstance(event, Invocation)}), self.count, self.identity


@dataclass(frozen=True)
class Gathered:
    """One life of each process; how many events were dropped, and in words what was."""

    lives: Mapping[str, Life]
    duplicates: int
    told: tuple[str, ...]


def gather(loaded: Loaded) -> Gathered:
    """All processes of all folders."""
    found: dict[str, dict[tuple[str, bytes], Life]] = {}
    for life in _find_lives(loaded):
        own = found.setdefault(life.process, {})
        own[life.identity] = _join(own[life.identity], life) if life.identity in own else life
    lives = {process: _choose(own.values()) for process, own in sorted(found.items())}
    told = [
        f"{process} was run {len(found[process])} times: "
        f"{sum(life.count for life in found[process].values()) - kept.count:,} events of the other runs are left out. "
        "(Of readers that ran at once, give each its --process.)"
        for process, kept in lives.items()
        if len(found[process]) > 1
    ]
    count = sum(copy.count for own in found.values() for life in own.values() for copy in life.copies)
    return Gathered(lives, count - sum(life.count for life in lives.values()), tuple(told))


def shift(event: Event, shift_ns: int) -> Event:
    """The same event on another clock."""
    if not shift_ns:
        return event
    moved = structs.replace(event, at_ns=event.at_ns + shift_ns)
    if isinstance(moved, Invocation):
        return structs.replace(moved, due_ns=moved.due_ns + shift_ns)
    return structs.replace(moved, asked_ns=moved.asked_ns + shift_ns) if isinstance(moved, Sounding) else moved


def _find_lives(loaded: Loaded) -> Iterator[Life]:
    """Each history as a life of its own."""
    for manifest, archive in loaded:
        for path in archive.histories():
            process = path.stem.removeprefix(PREFIX)
            clock = _find_clock(manifest, process)
            count = sum(len(reading.events) for reading in read_batches(path))
            copy = Copy(path, clock.origin_ns, count)
            began = next(map(msgspec.json.encode, copy.read()), b"")
            yield Life(process, clock, manifest, archive, (clock.boot_id, began), (copy,))


def _choose(lives: Collection[Life]) -> Life:
    return next(iter(lives)) if len(lives) == 1 else max(lives, key=lambda life: life.rank)


def _find_clock(manifest: Manifest, process: str) -> HostClock:
    """The clock that recorded the process: one of a merged folder's, or that of the folder's own host."""
    own = HostClock(manifest.boot_id, manifest.origin_ns, manifest.origin_wall_ns, 0, manifest.wall_bound_ns, ())
    return next((clock for clock in manifest.clocks if process in clock.processes), own)


def _read(path: Path, shift_ns: int) -> Iterator[Event]:
    for reading in read_batches(path):
        yield from (shift(event, shift_ns) for event in reading.events)


def _join(one: Life, other: Life) -> Life:
    """Both copies of a life as one."""
    copies = sorted((*one.copies, *other.copies), key=lambda copy: copy.count, reverse=True)
    return replace(one, copies=tuple(copies))


def _read_once(events: Iterable[Event]) -> Iterator[Event]:
    known = set()
    for event in events:
        key = _identify(event)
        if key not in known:
            known.add(key)
            yield event


def _identify(event: Event) -> tuple[object, ...]:
    """An operation's events by its number, all others by what they say."""
    number = getattr(event, "op", None)
    return (type(event), event.process, number) if number is not None else (event,)
