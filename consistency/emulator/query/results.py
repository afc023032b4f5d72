"""The results of a question in its order, each once.

Every conjunction is walked by itself (`walks`), lazily, and the walks are merged: a limit ends them all. An entity of
several values, or one that several conjunctions find, stands where it comes first:

    p in (1, 5), order by p       a = [1, 5]  b = 3 or 1       a(1) b(1) a(5)       a(5) is dropped
                                                                      ^ cursor      and so it is behind this one

Going on behind a cursor, the results before it are not walked, so an entity's own entries tell where it comes first.
A projection's results are rows: there every row is one, and only rows that two conjunctions find are the same.
"""

from collections.abc import Iterator
from heapq import merge

from consistency.emulator.engine.partitions import Partition
from consistency.emulator.engine.views import View
from consistency.emulator.indexes.entries import IndexEntries, stored_entries
from consistency.emulator.query.question import Position, Question
from consistency.emulator.query.walks import Result, find_positions, walk


def find_results(question: Question, partition: Partition, view: View, after: Position = ()) -> Iterator[Result]:
    """The results behind the position `after`, in the question's order."""
    conjunctions = question.conjunctions
    if len(conjunctions) == 1 and not question.orders:  # the commonest: nothing can come twice
        return walk(question, conjunctions[0], partition, view, after)
    walks = [walk(question, conjunction, partition, view, after) for conjunction in conjunctions]
    found = walks[0] if len(walks) == 1 else merge(*walks)
    if question.orders and question.projected is None:
        found = _first_of_each(question, partition, view, after, found)
    elif len(walks) > 1:
        found = _without_repeats(found)
    return _first_of_groups(question.distinct, found, after) if question.distinct else found


def first_position(question: Question, entries: IndexEntries, path: bytes) -> Position | None:
    """Where an entity of the question's kind with these index entries stands first; None when it is no result.

    This is also the question as a predicate: whether a write that leads from one state to another would change the
    results, and before which position.
    """
    return min(
        (
            position
            for conjunction in question.conjunctions
            for position in find_positions(question, conjunction, entries, path)
        ),
        default=None,
    )


def _first_of_each(
    question: Question, partition: Partition, view: View, after: Position, found: Iterator[Result]
) -> Iterator[Result]:
    seen: set[bytes] = set()
    for position, path in found:
        if path not in seen:
            seen.add(path)
            if not after or _comes_first(question, partition, view, position, path):
                yield position, path


def _comes_first(question: Question, partition: Partition, view: View, position: Position, path: bytes) -> bool:
    version = partition.find_indexed(path, view)
    if version is None or version.body is None:
        return False
    return first_position(question, stored_entries(version.body), path) == position


def _without_repeats(found: Iterator[Result]) -> Iterator[Result]:
    last: Position = ()
    for position, path in found:
        if position != last:
            yield position, path
        last = position


def _first_of_groups(distinct: int, found: Iterator[Result], after: Position) -> Iterator[Result]:
    last = after[:distinct]
    for position, path in found:
        if position[:distinct] != last:
            yield position, path
        last = position[:distinct]
