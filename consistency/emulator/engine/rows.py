"""Index rows in order, each stamped with the commits that added and removed it while that still matters.

A RowTable is one sorted list. A row that everybody sees, and that no snapshot precedes, is in the list and nowhere
else; a row switched by a commit that somebody may not see yet has a Span beside the list:

    position    3         7         12
    ------------|---------|---------|------->     present = False, switches = [3, 7, 12]:
       absent     present    absent    present    a read up to position 9 does not find the row

Spans go away as log entries settle, so a table at rest costs one list item a row, and a scan of it no check at all.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Generic, TypeAlias, TypeVar

from sortedcontainers import SortedList

from consistency.emulator.engine.views import View
from consistency.emulator.models.policy import Log

ValueRow: TypeAlias = tuple[bytes, bytes]  # encoded value, key path
ComposedRow: TypeAlias = tuple[bytes, ...]  # one item per column, key path
_SLICE = 500
Row = TypeVar("Row", bytes, ValueRow, ComposedRow)


class Span:
    """When one row is there: `present` before the first of its `switches`, then the other way round at each."""

    __slots__ = ("log", "present", "switches")

    def __init__(self, log: Log, *, present: bool) -> None:
        self.log = log
        self.present = present
        self.switches: tuple[int, ...] = ()  # a tuple of numbers is nothing to the garbage collector

    def seen_in(self, view: View) -> bool:
        """Whether a read with this view finds the row."""
        position, present = view.rows_at(self.log), self.present
        for switch in self.switches:
            if switch > position:
                break
            present = not present
        return present


class RowTable(Generic[Row]):
    """The rows of one index of one kind: key paths, or pairs of value and key path."""

    __slots__ = ("_rows", "_spans")

    def __init__(self) -> None:
        self._rows: SortedList = SortedList()
        self._spans: dict[Row, Span] = {}

    def fill(self, rows: Iterable[Row]) -> None:
        """Add rows that everybody sees, to an empty table."""
        self._rows.update(rows)

    def __len__(self) -> int:
        """How many rows some read may see."""
        return len(self._rows)

    def settled_slices(self) -> Iterator[list[Row]]:
        """The rows that are there before every switch still held, in order, a few at a time.

        Between two slices rows may be switched, but none may settle.
        """
        last: Row | None = None
        while rows := list(islice(self._rows.irange(last, None, (False, True)), _SLICE)):
            last = rows[-1]
            spans = self._spans
            yield [row for row in rows if (span := spans.get(row)) is None or span.present] if spans else rows

    def stores(self, row: Row) -> bool:
        """Whether some read may see the row."""
        return row in self._rows

    def switch(self, row: Row, *, present: bool, version: int, log: Log) -> None:
        """Add or remove a row as of the commit `version`, the newest of the group with this log."""
        span = self._spans.get(row)
        if span is None:
            span = self._spans[row] = Span(log, present=not present)
            if present:
                self._rows.add(row)
        span.switches += (version,)
        span.log = log  # another one only where another model divides groups otherwise, and the old one is applied

    def settle(self, row: Row) -> None:
        """Forget the oldest switch of the row: everybody sees what it led to."""
        span = self._spans[row]
        span.switches = span.switches[1:]
        span.present = not span.present
        if not span.switches:
            del self._spans[row]
            if not span.present:
                self._rows.remove(row)

    def scan(self, view: View, low: Row | None, high: Row | None, *, reverse: bool = False) -> Iterator[Row]:
        """The rows from `low`, included, to `high`, excluded, None meaning no bound, that the view sees."""
        rows: Iterator[Row] = self._rows.irange(low, high, (True, False), reverse)
        if not self._spans:
            return rows
        return (row for row in rows if (span := self._spans.get(row)) is None or span.seen_in(view))

    def contains(self, view: View, row: Row) -> bool:
        """Whether the view sees this row."""
        span = self._spans.get(row)
        return row in self._rows if span is None else span.seen_in(view)
