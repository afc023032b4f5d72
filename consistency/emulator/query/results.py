"""The results of a question in its order, with their positions: which scan drives it, and what is left to check.

    equalities            merge join of their rows            by key
    leading order or      rows of that property, in order     by value, unless keys are restricted too
      inequality
    anything else         the kind's keys in their range      by key

What the driving scan does not decide (further bounds, further orders) is read off the entity version from which the
index rows of this view were made: for an eventual read that is the old state, exactly as its rows are. Where the scan
already yields the question's order, results stream, and a limit ends the walk; otherwise they are sorted first.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.rows import ValueRow
from consistency.emulator.engine.views import View
from consistency.emulator.indexes.entries import stored_entries
from consistency.emulator.query.question import Position, Question
from consistency.emulator.query.ranges import EVERYTHING, Range, behind
from consistency.emulator.query.scans import scan_all_kinds, scan_equal, scan_keys, scan_values

Result = tuple[Position, bytes]  # where it stands, key path


def find_results(question: Question, partition: Partition, view: View, after: Position = ()) -> Iterator[Result]:
    """The results behind the position `after`, in the question's order."""
    if question.kind is None:
        return _by_key(question, scan_all_kinds(partition, view, _keys_after(question, after),
                                                descending=question.keys_descending))  # fmt: skip
    if question.kind not in partition.kinds:
        return iter(())
    if _driven_by_value(question):
        found = _by_value(question, partition, view, after)
    elif question.orders or question.bounds or (question.equalities and question.keys_descending):
        found = iter(sorted(_checked(question, partition, view, _drive_keys(question, partition, view, question.keys))))
    else:
        found = _by_key(question, _drive_keys(question, partition, view, _keys_after(question, after)))
    return (result for result in found if result[0] > after)


def _driven_by_value(question: Question) -> bool:
    return bool(question.orders) and not question.equalities and question.keys == EVERYTHING


def _keys_after(question: Question, after: Position) -> Range:
    """The key range of a question in key order that is left behind a position."""
    if len(after) != 1 or question.keys_descending:
        return question.keys
    return question.keys.meet(Range(behind(after[0])))


def _drive_keys(question: Question, partition: Partition, view: View, keys: Range) -> Iterator[bytes]:
    assert question.kind is not None
    tables = partition.kinds[question.kind]
    if question.equalities:
        return scan_equal(tables, view, question.equalities, keys)
    return scan_keys(tables, view, keys, descending=question.keys_descending)


def _by_key(question: Question, paths: Iterable[bytes]) -> Iterator[Result]:
    return ((question.position((), path), path) for path in paths)


def _by_value(question: Question, partition: Partition, view: View, after: Position) -> Iterator[Result]:
    """Results in the order of the leading property's rows; an entity with several values comes at its first.

    Going on behind a position, the rows before it are not walked, so an entity's own entries tell which row is first.
    """
    assert question.kind is not None
    leading = question.orders[0]
    table = partition.kinds[question.kind].properties.get(leading.name)
    if table is None:
        return
    values = question.bounds.get(leading.name, EVERYTHING)
    if after and not leading.descending:
        values = values.meet(Range(after[0]))
    rows = scan_values(table, view, values, descending=leading.descending)
    seen: set[bytes] = set()
    if len(question.orders) == 1 and not question.keys_descending and not after:
        for value, path in rows:
            if path not in seen:
                seen.add(path)
                yield question.position((value,), path), path
        return
    for _, run in groupby(rows, key=lambda row: row[0]):
        yield from _sorted_run(question, partition, view, run, seen)


def _sorted_run(
    question: Question, partition: Partition, view: View, run: Iterable[ValueRow], seen: set[bytes]
) -> list[Result]:
    paths = [path for _, path in run if path not in seen]
    seen.update(paths)
    return sorted(_checked(question, partition, view, paths))


def _checked(question: Question, partition: Partition, view: View, paths: Iterable[bytes]) -> Iterator[Result]:
    """Those of the keys whose index entries fit every bound and have a value for every order."""
    for path in paths:
        version = partition.find_indexed(path, view)
        if version is not None and version.body is not None:
            values = _order_values(question, version.body)
            if values is not None:
                yield question.position(values, path), path


def _order_values(question: Question, body: bytes) -> tuple[bytes, ...] | None:
    """The value of each order's property: its smallest inside the bounds, or largest when descending."""
    held: dict[str, list[bytes]] = {}
    for name, value in stored_entries(body):
        if name not in question.bounds or question.bounds[name].contains(value):
            held.setdefault(name, []).append(value)
    if any(name not in held for name in question.bounds) or any(order.name not in held for order in question.orders):
        return None
    return tuple((max if order.descending else min)(held[order.name]) for order in question.orders)
