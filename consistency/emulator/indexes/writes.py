"""Applying a commit: entities and their index rows change together, under one version.

A list of Write comes in, already judged to be allowed; once they are kept on disk, where that is asked for, nothing
here can fail, so a commit is all or nothing. Only the rows that differ between the old and the new state are switched:
a write costs its rows times the logarithm of the table, whatever else the store holds.
"""

from typing import NamedTuple

from consistency.emulator.engine.engine import Engine
from consistency.emulator.engine.log import LogEntry, Version
from consistency.emulator.engine.partitions import Partition
from consistency.emulator.indexes.composites import switch_composites
from consistency.emulator.indexes.entries import IndexEntries, stored_entries
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
    by_entity = engine.model.hooks.by_entity
    if by_entity:
        for write in writes:
            engine.roll_forward(write.partition, write.key.root)
    for write in writes:
        unit = write.key.path if by_entity else write.key.root
        place = (id(write.partition), unit)
        entry = log_entries.get(place)
        if entry is None:
            entry = log_entries[place] = engine.append(write.partition, write.key.root, unit, version, now_ns)
        _apply_write(write, entry)
    for entry in log_entries.values():
        engine.finish(entry)
    updates = sum(len(entry.rows) for entry in log_entries.values())
    engine.settle(added=len(log_entries))
    return updates


def _apply_write(write: Write, entry: LogEntry) -> None:
    partition, path, after = write.partition, write.key.path, write.entries
    older = partition.entities.get(path)
    body = older.body if older is not None else None
    if write.body == body:
        return  # nothing changes: an entity written as it is keeps its version
    created = older.created if older is not None and body is not None else entry.version
    version = partition.entities[path] = Version(entry.version, created, write.body, older)
    version.log = entry.group.log
    entry.versions.append((path, version))
    before = stored_entries(body) if body is not None else {}
    tables = partition.open_kind(write.key.kind)
    if body is None or write.body is None:
        entry.switch(tables.keys, path, present=body is None)
    for index in before:
        if index not in after:
            entry.switch(tables.open_property(index[0]), (index[1], path), present=False)
    for index in after:
        if index not in before:
            entry.switch(tables.open_property(index[0]), (index[1], path), present=True)
    if tables.composites:
        switch_composites(tables, path, before, after, entry)
