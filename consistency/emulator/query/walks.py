"""The results of one conjunction, in the question's order: which rows drive the walk.

    no orders, no equalities        the kind's keys in their ranges
    no orders, equalities           a merge join of their rows
    one property upwards            its rows, either way
    a single key                    the rows that its entity has, without any table
    anything else                   a composite, see `plans`

An entity with several values may come several times; so may one that several conjunctions find. `results` deals with
that. A row's entity may be gone from the view of bodies: rows are all that is looked at here.
"""

from collections.abc import Iterator
from typing import Any

from consistency.emulator.engine.partitions import Columns, Partition
from consistency.emulator.engine.rows import RowTable
from consistency.emulator.engine.views import View
from consistency.emulator.indexes.composites import compose_rows, open_composite
from consistency.emulator.indexes.entries import IndexEntries, stored_entries
from consistency.emulator.query.plans import Plan, make_plan
from consistency.emulator.query.question import Conjunction, Position, Question
from consistency.emulator.query.ranges import EVERYWHERE, Range, Ranges, behind, meet_ranges, point
from consistency.emulator.query.scans import scan_all_kinds, scan_equal, scan_keys
from consistency.emulator.values.keys import kind_of
from consistency.emulator.values.ordering import restore_order, reverse_order

Result = tuple[Position, bytes]  # where it stands, key path


def walk(
    question: Question, conjunction: Conjunction, partition: Partition, view: View, after: Position
) -> Iterator[Result]:
    """The results of a conjunction behind the position `after`."""
    if question.kind is not None and question.kind not in partition.kinds:
        return iter(())
    if question.orders:
        return _walk_rows(question, conjunction, partition, view, after)
    if not conjunction.equalities:
        return _walk_keys(question, conjunction, partition, view, after)
    if question.keys_descending:
        return _walk_rows(question, conjunction, partition, view, after)
    return _walk_equal(question, conjunction, partition, view, after)


def list_composites(question: Question) -> tuple[Columns, ...]:
    """The composites that the walks of a question's conjunctions open."""
    found: dict[Columns, None] = {}
    for conjunction in question.conjunctions:
        rows = question.orders or (conjunction.equalities and question.keys_descending)
        if rows and not _is_single(conjunction):
            columns = make_plan(question, conjunction).columns
            if _is_composite(columns):
                found[columns] = None
    return tuple(found)


def find_positions(
    question: Question, conjunction: Conjunction, entries: IndexEntries, path: bytes
) -> Iterator[Position]:
    """Where an entity with these index entries stands among the conjunction's results: nowhere if it is none."""
    plan = make_plan(question, conjunction)
    if all(entry in entries for entry in plan.rest):
        for row in sorted(compose_rows(plan.columns, entries, path), reverse=plan.turned is not None):
            if plan.admits(row) and any(low <= row and (high is None or row < high) for low, high in plan.stretches()):
                yield plan.position(row)


def _walk_keys(
    question: Question, conjunction: Conjunction, partition: Partition, view: View, after: Position
) -> Iterator[Result]:
    if question.keys_descending:
        left = (Range(high=restore_order(after[0])),) if after else EVERYWHERE
        for keys in reversed(meet_ranges(conjunction.keys, left)):
            for path in _scan(question, partition, view, keys):
                yield (reverse_order(path),), path
        return
    for keys in _keys_behind(conjunction, after):
        for path in _scan(question, partition, view, keys):
            yield (path,), path


def _scan(question: Question, partition: Partition, view: View, keys: Range) -> Iterator[bytes]:
    if question.kind is None:
        return scan_all_kinds(partition, view, keys, descending=question.keys_descending)
    return scan_keys(partition.kinds[question.kind], view, keys, descending=question.keys_descending)


def _walk_equal(
    question: Question, conjunction: Conjunction, partition: Partition, view: View, after: Position
) -> Iterator[Result]:
    assert question.kind is not None
    tables = partition.kinds[question.kind]
    return (
        ((path,), path)
        for keys in _keys_behind(conjunction, after)
        for path in scan_equal(tables, view, conjunction.equalities, keys)
    )


def _keys_behind(conjunction: Conjunction, after: Position) -> Ranges:
    return meet_ranges(conjunction.keys, (Range(behind(after[0])),)) if after else conjunction.keys


def _walk_rows(
    question: Question, conjunction: Conjunction, partition: Partition, view: View, after: Position
) -> Iterator[Result]:
    if _is_single(conjunction):
        return _walk_entity(question, conjunction, partition, view, after)
    plan = make_plan(question, conjunction)
    table = _open_table(plan.columns, partition, question.kind)
    return iter(()) if table is None else _walk_plan(plan, table, partition, question.kind, view, after)


def _open_table(columns: Columns, partition: Partition, kind: str | None) -> RowTable[Any] | None:
    """A property's own rows where they are all that is needed, otherwise a composite."""
    assert kind is not None
    if _is_composite(columns):
        return open_composite(partition, kind, columns)
    return partition.kinds[kind].properties.get(columns.properties[0][0])


def _is_composite(columns: Columns) -> bool:
    (_, descending), *others = columns.properties
    return bool(others) or descending or columns.ancestor


def _walk_plan(
    plan: Plan, table: RowTable[Any], partition: Partition, kind: str | None, view: View, after: Position
) -> Iterator[Result]:
    assert kind is not None
    rest = [(partition.kinds[kind].properties.get(name), value) for name, value in plan.rest]
    for low, high in plan.stretches(after):
        for row in table.scan(view, low, high, reverse=plan.turned is not None):
            path = row[-1]
            if plan.admits(row) and all(own is not None and own.contains(view, (value, path)) for own, value in rest):
                yield plan.position(row), path


def _is_single(conjunction: Conjunction) -> bool:
    keys = conjunction.keys
    return len(keys) == 1 and keys[0] == point(keys[0].low)


def _walk_entity(
    question: Question, conjunction: Conjunction, partition: Partition, view: View, after: Position
) -> Iterator[Result]:
    path = conjunction.keys[0].low
    version = partition.find_indexed(path, view)
    if version is not None and version.body is not None and kind_of(path) == question.kind:
        entries = stored_entries(version.body)
        for position in find_positions(question, conjunction, entries, path):
            if position > after:
                yield position, path
