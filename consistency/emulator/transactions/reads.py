"""What a transaction has read: keys, and ranges of index rows. A write that touches it is a conflict.

A range is kept as a question to a write, "would you be found here?", asked of the entity before and after: so an
entity that comes into a query's results, leaves them or changes inside them is seen alike, and phantoms are no
special case. Which questions a query asks is known by who plans it.
"""

from collections.abc import Callable
from typing import NamedTuple

from consistency.emulator.engine.log import LogEntry
from consistency.emulator.indexes.entries import IndexEntries, stored_entries
from consistency.emulator.indexes.writes import Write
from consistency.emulator.values.keys import PartitionId, decode_kind

Place = tuple[PartitionId, bytes]
Touches = Callable[[bytes, IndexEntries], bool]  # key path, index entries: whether the entity lies in what was read
Kind = tuple[PartitionId, str | None]  # None: a query without a kind


class Guard(NamedTuple):
    """One query that was answered: of which kind it was, and what lies in it."""

    kind: str | None
    touches: Touches


class Change(NamedTuple):
    """One entity's change, about to be made or made: None is no entity."""

    partition: PartitionId
    path: bytes
    before: bytes | None
    after: bytes | None

    @property
    def kinds(self) -> tuple[Kind, Kind]:
        """Where the guards stand that could see it."""
        return (self.partition, decode_kind(self.path)), (self.partition, None)

    def seen_by(self, touches: Touches) -> bool:
        """Whether the entity lies, or lay, in what a query has read."""
        return any(body is not None and touches(self.path, stored_entries(body)) for body in (self.before, self.after))


class Reads:
    """The keys and ranges that one transaction has read."""

    __slots__ = ("keys", "ranges")

    def __init__(self) -> None:
        self.keys: set[Place] = set()
        self.ranges: dict[Kind, list[Touches]] = {}

    def add_guard(self, partition: PartitionId, guard: Guard) -> None:
        """Note a query that was answered from this partition."""
        self.ranges.setdefault((partition, guard.kind), []).append(guard.touches)

    def touched_by(self, change: Change) -> bool:
        """Whether what was read is not what it was."""
        if (change.partition, change.path) in self.keys:
            return True
        if not self.ranges:
            return False
        return any(change.seen_by(touches) for kind in change.kinds for touches in self.ranges.get(kind, ()))


def change_of(write: Write) -> Change:
    """What a write is about to change."""
    stored = write.partition.entities.get(write.key.path)
    return Change(write.partition.name, write.key.path, stored.body if stored is not None else None, write.body)


def changes_of(entry: LogEntry) -> list[Change]:
    """What a commit has changed in one entity group."""
    name = entry.group.partition
    return [
        Change(name, path, version.older.body if version.older is not None else None, version.body)
        for path, version in entry.versions
    ]
