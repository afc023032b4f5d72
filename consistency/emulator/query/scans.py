"""The ways of walking index rows by key: all keys of a kind or of every kind, and those with equal values.

Nothing here ever visits a row outside the range that it was given, and nothing looks at entities.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from operator import itemgetter

from consistency.emulator.engine.partitions import KindTables, Partition
from consistency.emulator.engine.rows import RowTable, ValueRow
from consistency.emulator.engine.views import View
from consistency.emulator.query.ranges import Range, behind


def scan_keys(tables: KindTables, view: View, keys: Range, *, descending: bool = False) -> Iterator[bytes]:
    """The key paths of a kind in a range, in key order or reversed."""
    return tables.keys.scan(view, keys.low, keys.high, reverse=descending)


def scan_all_kinds(partition: Partition, view: View, keys: Range, *, descending: bool = False) -> Iterator[bytes]:
    """The key paths of all kinds in a range, in key order or reversed."""
    return merge(*(scan_keys(tables, view, keys, descending=descending) for tables in partition.kinds.values()),
                 reverse=descending)  # fmt: skip


def scan_equal(tables: KindTables, view: View, equalities: Sequence[tuple[str, bytes]], keys: Range) -> Iterator[bytes]:
    """The keys in a range that have every one of the equal values, in key order."""
    joined = []
    for name, value in equalities:
        table = tables.properties.get(name)
        if table is None:
            return iter(())
        joined.append((table, value))
    if len(joined) > 1:
        return _merge_join(joined, view, keys)
    table, value = joined[0]
    return map(_PATH_OF_ROW, table.scan(view, (value, keys.low), _end(value, keys)))


def _merge_join(joined: list[tuple[RowTable[ValueRow], bytes]], view: View, keys: Range) -> Iterator[bytes]:
    """What all of several equal values have in common.

    rows of a = 1    k1    k3 k4       k9          Each table is asked for its first key from the place that the
    rows of b = 2       k2    k4 k5 k8 k9 k10      others have reached: what one table skips, none of them walks.
    """
    place, agreed, turn = keys.low, 0, 0
    while True:
        table, value = joined[turn % len(joined)]
        found = next(iter(table.scan(view, (value, place), _end(value, keys))), None)
        if found is None:
            return
        agreed = agreed + 1 if found[1] == place else 1
        place = found[1]
        if agreed == len(joined):
            yield place
            place, agreed = behind(place), 0
        turn += 1


def _end(value: bytes, keys: Range) -> ValueRow:
    return (behind(value), b"") if keys.high is None else (value, keys.high)


_PATH_OF_ROW = itemgetter(1)
