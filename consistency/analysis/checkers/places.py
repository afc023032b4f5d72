"""Places: instants of many groups as numbers of one line, so that one sort and one search serve all groups at once.

    group 0: 0 ... T-1 | group 1: T ... 2T-1 | ...        place = group * T + number of the instant

Groups and instants come in; places go out. What is sorted, searched or accumulated over places never crosses from one
group into the next, so a rule about the operations of one item is one expression over the whole history.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.history import NEVER, Column

NOWHERE: Final = -1
BEGINNING: Final = -(1 << 60)  # no clock shows less
PLACES_MAX: Final = 1 << 62


@dataclass(frozen=True, slots=True)
class Instants:
    """The instants of a history as numbers from 0 to `count` - 1, in their order; equal instants have equal numbers.

    The number is the distance from the earliest instant, as long as those of all groups fit into 64 bits together, and
    the rank among all instants otherwise (`ranked`), which costs a sort and a search for each.
    """

    earliest: int
    count: int
    ranked: Column | None = None

    @classmethod
    def of(cls, groups: int, *columns: Column) -> "Instants":
        """Of all values in `columns`, for places of so many groups. What is before or after everything else (an
        instant below BEGINNING, or NEVER) is one nanosecond off all others."""
        inner = [column[(column > BEGINNING) & (column < NEVER)] for column in columns]
        earliest = min((int(column.min()) for column in inner if len(column)), default=0) - 1
        latest = max((int(column.max()) for column in inner if len(column)), default=0) + 1
        count = latest - earliest + 1
        if (groups + 1) * count < PLACES_MAX:
            return cls(earliest, count)
        ranked = np.unique(np.concatenate(columns))
        return cls(earliest, len(ranked) + 1, ranked)

    def rank(self, column: Column) -> Column:
        """The number of each instant, which must be one of those given at first."""
        if self.ranked is not None:
            return np.searchsorted(self.ranked, column)
        return np.clip(column, self.earliest, self.earliest + self.count - 1) - self.earliest

    def place(self, group: Column, column: Column) -> Column:
        """The place of each instant in its group."""
        return group * self.count + self.rank(column)


def begin_groups(groups: Column, count: int) -> Column:
    """Where each of `count` groups begins in the sorted column `groups`, and at last where they end."""
    return np.searchsorted(groups, np.arange(count + 1))


def highest_so_far(column: Column) -> Column:
    """The highest value up to each row. Over places it is the highest of the row's own group."""
    return np.maximum.accumulate(column) if len(column) else column


def lowest_from_here(column: Column) -> Column:
    """The lowest value from each row on. Over places it is the lowest of the row's own group, if that is not done."""
    return np.minimum.accumulate(column[::-1])[::-1] if len(column) else column


def take(column: Column, rows: Column, missing: int) -> Column:
    """column[rows], and `missing` where a row is below 0, as NOWHERE is."""
    if not len(column):
        return np.full(rows.shape, missing)
    return np.where(rows >= 0, column[np.maximum(rows, 0)], missing)


def compress(sorted_groups: Column) -> Column:
    """Sorted groups as 0, 1, 2 ..., so that a place in them fits into 64 bits."""
    return np.cumsum(np.diff(sorted_groups, prepend=sorted_groups[:1]) != 0) if len(sorted_groups) else sorted_groups
