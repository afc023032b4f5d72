"""The commit log of an entity group: the entries that somebody may still not see.

A commit appends one LogEntry to the log of each group that it writes. The entry holds what can be forgotten once
nobody needs the state before it: the versions that it made and the index rows that it switched. A group without such
entries is not held at all: all about it is in the entities and rows, the same for every reader.
"""

from typing import Any

from consistency.emulator.engine.rows import RowTable
from consistency.emulator.values.keys import PartitionId

AnyTable = RowTable[Any]
_ENTRY_BYTES, _VERSION_BYTES, _ROW_BYTES = 700, 200, 400  # measured on 100,000 inserts of two indexed properties


class Version:
    """One state of one entity: `number` is the commit that made it, `body` its serialised message or None when deleted.

    `older` is the state before, kept while somebody may see it, and `log` that of its commit, for as long.
    """

    __slots__ = ("body", "created", "log", "number", "older")

    def __init__(self, number: int, created: int, body: bytes | None, older: "Version | None") -> None:
        self.number = number
        self.created = created
        self.body = body
        self.older = older
        self.log: list[LogEntry] | None = None


class Group:
    """One entity group with unsettled entries: its log, oldest first, and the position of its newest commit.

    Where a model applies each entity for itself, it is one entity of a group: `unit` is its path, else the root.
    """

    __slots__ = ("entities", "groups", "head", "log", "partition", "root", "unit")

    def __init__(
        self,
        partition: PartitionId,
        root: bytes,
        unit: bytes,
        entities: dict[bytes, Version],
        groups: "dict[bytes, Group]",
    ) -> None:
        self.partition = partition
        self.root = root
        self.unit = unit
        self.entities = entities
        self.groups = groups
        self.log: list[LogEntry] = []
        self.head = 0


class LogEntry:
    """One commit in one group: `number` runs over all entries, `version` is the position, `plan` is the model's."""

    __slots__ = ("committed_ns", "group", "number", "plan", "rows", "version", "versions", "weight")

    def __init__(self, number: int, version: int, committed_ns: int, group: Group) -> None:
        self.number = number
        self.version = version
        self.committed_ns = committed_ns
        self.group = group
        self.plan: tuple[int, ...] = ()
        self.versions: list[tuple[bytes, Version]] = []
        self.rows: list[tuple[AnyTable, Any]] = []
        self.weight = 0

    @property
    def place(self) -> tuple[PartitionId, bytes]:
        """The group's name, which outlives the Group."""
        return self.group.partition, self.group.unit

    def switch(self, table: AnyTable, row: Any, *, present: bool) -> None:
        """Add an index row, or remove it, as of this commit."""
        table.switch(row, present=present, version=self.version, log=self.group.log)
        self.rows.append((table, row))

    def weigh(self) -> None:
        """Estimate the bytes that go free when the entry settles: the states before it and what stands beside rows."""
        weight = _ENTRY_BYTES + _VERSION_BYTES * len(self.versions) + _ROW_BYTES * len(self.rows)
        for _, version in self.versions:
            older = version.older
            if older is not None and older.body is not None:
                weight += len(older.body)
        self.weight = weight

    def settle(self) -> None:
        """Forget the state before this entry, which must be the oldest of its group's log."""
        group = self.group
        for path, version in self.versions:
            version.older = version.log = None
            if version.body is None and group.entities[path] is version:
                del group.entities[path]
        for table, row in self.rows:
            table.settle(row)
        del group.log[0]
        if not group.log:
            del group.groups[group.unit]
