"""Composite indexes: rows over several properties, made at the first query that walks them and kept from then on.

    columns (p, q descending)      p item | q item, reversed | key path      one row per combination of values

A composite is built with the history of its kind, so that it answers old views as if it had always been there: the
settled state of each entity first, then what every log entry that is still held switched.
"""

from collections.abc import Iterable, Iterator
from itertools import product

from consistency.emulator.engine.log import LogEntry, Version
from consistency.emulator.engine.partitions import Columns, KindTables, Partition
from consistency.emulator.engine.rows import ComposedRow, RowTable
from consistency.emulator.indexes.entries import IndexEntry, stored_entries
from consistency.emulator.values.keys import KEY, ancestors_of, root_of
from consistency.emulator.values.ordering import reverse_order


def compose_rows(columns: Columns, entries: Iterable[IndexEntry], path: bytes) -> Iterator[ComposedRow]:
    """The rows of one entity with these index entries: none when it lacks a value for one of the columns."""
    held: dict[str, list[bytes]] = {KEY: [path]}
    for name, value in entries:
        held.setdefault(name, []).append(value)
    items = [
        [reverse_order(value) for value in held.get(name, ())] if descending else held.get(name, [])
        for name, descending in columns.properties
    ]
    if columns.ancestor:
        items.insert(0, ancestors_of(path))
    return product(*items, (path,))


def open_composite(partition: Partition, kind: str, columns: Columns) -> RowTable[ComposedRow]:
    """The composite of an existing kind, built if this is the first time that somebody needs it."""
    tables = partition.kinds[kind]
    table = tables.composites.get(columns)
    if table is None:
        table = RowTable()
        table.fill(row for path in tables.keys.stored()
                   for row in _version_rows(columns, _settled_version(partition, path), path))  # fmt: skip
        for group in partition.groups.values():
            for entry in group.log:
                _switch_history(table, columns, tables, entry)
        tables.composites[columns] = table
    return table


def switch_composites(
    tables: KindTables, path: bytes, before: Iterable[IndexEntry], after: Iterable[IndexEntry], entry: LogEntry
) -> None:
    """Switch the rows by which an entity's states differ, in every composite of its kind."""
    for columns, table in tables.composites.items():
        _switch(table, compose_rows(columns, before, path), compose_rows(columns, after, path), entry)


def _switch_history(table: RowTable[ComposedRow], columns: Columns, tables: KindTables, entry: LogEntry) -> None:
    for path, version in entry.versions:
        if tables.keys.stores(path):
            older = version.older
            _switch(table, _version_rows(columns, older, path), _version_rows(columns, version, path), entry)


def _switch(
    table: RowTable[ComposedRow], before: Iterable[ComposedRow], after: Iterable[ComposedRow], entry: LogEntry
) -> None:
    # Dicts rather than sets: the same commit switches the same rows in the same order, whatever the hash seed.
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    for rows, others, present in ((old, new, False), (new, old, True)):
        for row in rows:
            if row not in others:
                entry.switch(table, row, present=present)


def _version_rows(columns: Columns, version: Version | None, path: bytes) -> Iterable[ComposedRow]:
    if version is None or version.body is None:
        return ()
    return compose_rows(columns, stored_entries(version.body), path)


def _settled_version(partition: Partition, path: bytes) -> Version | None:
    """The entity's state before the oldest log entry that its group still holds."""
    version = partition.entities.get(path)
    group = partition.groups.get(root_of(path)) if partition.groups else None
    while group is not None and version is not None and version.number >= group.log[0].version:
        version = version.older
    return version
