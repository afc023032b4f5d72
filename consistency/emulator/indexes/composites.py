"""Composite indexes: rows over several properties, made at the first query that walks them and kept from then on.

    columns (p, q descending)      p item | q item, reversed | key path      one row per combination of values

A composite is built with the history of its kind, so that it answers old views as if it had always been there: the
settled rows of its properties are joined first, then what every log entry that is still held switched is switched. It
is built piece by piece, so that a large one need not hold up other calls: commits may come in between, since those
are in the logs, but nothing may settle.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, product

from consistency.emulator.engine.log import Group, LogEntry, Version
from consistency.emulator.engine.partitions import Columns, KindTables, Partition
from consistency.emulator.engine.rows import ComposedRow, RowTable, ValueRow
from consistency.emulator.indexes.entries import IndexEntry, stored_entries
from consistency.emulator.values.keys import KEY, ancestors_of
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
    return _cross(columns, items, path)


def open_composite(partition: Partition, kind: str, columns: Columns) -> RowTable[ComposedRow]:
    """The composite of an existing kind, built if this is the first time that somebody needs it."""
    tables = partition.kinds[kind]
    if columns not in tables.composites:
        for _ in build_composite(partition, kind, columns):
            pass
    return tables.composites[columns]


def build_composite(partition: Partition, kind: str, columns: Columns) -> Iterator[None]:
    """Build the composite of an existing kind in many short steps; it is there after the last one."""
    tables = partition.kinds[kind]
    runs: list[list[ComposedRow]] = []
    for rows in _join_settled(tables, columns):
        _merge_run(runs, sorted(rows))
        yield
    table: RowTable[ComposedRow] = RowTable()
    table.fill(chain(*runs))
    replayed: dict[Group, int] = {}
    for group in [*partition.groups.values()]:
        for entry in group.log:
            _switch_history(table, columns, tables, entry)
        replayed[group] = len(group.log)
        yield
    for group in partition.groups.values():  # what came in between
        for entry in group.log[replayed.get(group, 0) :]:
            _switch_history(table, columns, tables, entry)
    tables.composites[columns] = table


def switch_composites(
    tables: KindTables, path: bytes, before: Iterable[IndexEntry], after: Iterable[IndexEntry], entry: LogEntry
) -> None:
    """Switch the rows by which an entity's states differ, in every composite of its kind."""
    for columns, table in tables.composites.items():
        _switch(table, compose_rows(columns, before, path), compose_rows(columns, after, path), entry)


def _join_settled(tables: KindTables, columns: Columns) -> Iterator[list[ComposedRow]]:
    """The composed rows of the columns' settled ones, a few at a time, in no order."""
    *others, last = columns.properties
    held: list[dict[bytes, list[bytes]]] = []
    for column in others:
        found: dict[bytes, list[bytes]] = {}
        held.append(found)
        for pairs in _settled_items(tables, *column):
            for item, path in pairs:
                found.setdefault(path, []).append(item)
            yield []
    for pairs in _settled_items(tables, *last):
        rows: list[ComposedRow] = []
        for item, path in pairs:
            items = [found[path] for found in held if path in found]
            if len(items) == len(held):
                rows += _cross(columns, [*items, [item]], path)
        yield rows


def _settled_items(tables: KindTables, name: str, descending: bool) -> Iterator[list[ValueRow]]:
    """A column's items with their paths, as far as they are settled; of the key, the path is the value."""
    slices: Iterator[list[ValueRow]] = iter(())
    if name == KEY:
        slices = ([(path, path) for path in paths] for paths in tables.keys.settled_slices())
    elif name in tables.properties:
        slices = tables.properties[name].settled_slices()
    return ([(reverse_order(value), path) for value, path in rows] for rows in slices) if descending else slices


def _cross(columns: Columns, items: list[list[bytes]], path: bytes) -> Iterator[ComposedRow]:
    """The rows of one entity that has these items in the columns."""
    return product(*([ancestors_of(path)] if columns.ancestor else ()), *items, (path,))


def _merge_run(runs: list[list[ComposedRow]], run: list[ComposedRow]) -> None:
    """Add sorted rows to sorted runs that are ever shorter, so that no single step sorts very much."""
    while runs and len(runs[-1]) <= len(run):
        run = runs.pop() + run
        run.sort()
    runs.append(run)


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
