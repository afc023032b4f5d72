"""Applying a commit: entities and their index rows change together, under one version.

A list of Write comes in, already judged to be allowed; once they are kept on disk, where that is asked for, nothing
here can fail, so a commit is all or nothing. Only the
rows that differ between the old and the new state are switched: a write costs its rows times the logarithm of the
table, whatever else the store holds.
"""

from collections.abc import Iterable
from typing import NamedTuple

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.log import LogEntry, Version
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.indexes.composites import switch_composites
from consistency.emulator.indexes.entries import IndexEntries, IndexEntry, stored_entries
from consistency.emulator.values.keys import KeyPath


class Write(NamedTuple):
    """One entity's new state: its serialised body and index entries, or None and nothing to delete it."""

    partition: Partition
    key: KeyPath
    body: bytes | None
    entries: IndexEntries


def apply_writes(engine: Engine, writes: list[Write], version: int) -> int:
    """Commit the writes, at most one per entity, as one version; how many index rows changed."""
    if engine.keep is not None:
        engine.keep(writes, version)
    now_ns = engine.now_ns()
    log_entries: dict[tuple[int, bytes], LogEntry] = {}
    for write in writes:
        place = (id(write.partition), write.key.root)
        entry = log_entries.get(place)
        if entry is None:
            entry = log_entries[place] = engine.append(write.partition, write.key.root, version, now_ns)
        _apply_write(write, entry)
    for entry in log_entries.values():
        engine.finish(entry)
    updates = sum(len(entry.rows) for entry in log_entries.values())
    engine.settle(added=len(log_entries))
    return updates


def _apply_write(write: Write, entry: LogEntry) -> None:
    entities, path = write.partition.entities, write.key.path
    older = entities.get(path)
    existed = older is not None and older.body is not None
    if write.body == (older.body if older is not None else None):
        return  # nothing changes: an entity written as it is keeps its version
    created = older.created if older is not None and existed else entry.version
    version = entities[path] = Version(entry.version, created, write.body, older)
    entry.versions.append((path, version))
    before = stored_entries(older.body) if older is not None and older.body is not None else {}
    _switch_keys(write, entry, existed)
    _switch_rows(write, entry, [index for index in before if index not in write.entries], present=False)
    _switch_rows(write, entry, [index for index in write.entries if index not in before], present=True)
    tables = write.partition.open_kind(write.key.kind)
    if tables.composites:
        switch_composites(tables, path, before, write.entries, entry)


def _switch_keys(write: Write, entry: LogEntry, existed: bool) -> None:
    if existed != (write.body is not None):
        keys = write.partition.open_kind(write.key.kind).keys
        keys.switch(write.key.path, present=not existed, version=entry.version, log=entry.group.log)
        entry.rows.append((keys, write.key.path))


def _switch_rows(write: Write, entry: LogEntry, entries: Iterable[IndexEntry], *, present: bool) -> None:
    tables = write.partition.open_kind(write.key.kind)
    for name, value in entries:
        table, row = tables.open_property(name), (value, write.key.path)
        table.switch(row, present=present, version=entry.version, log=entry.group.log)
        entry.rows.append((table, row))
