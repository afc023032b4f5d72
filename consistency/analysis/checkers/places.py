"""Places: instants of many groups as numbers of one line, so that one sort and one search serve all groups at once.

    group 0: 0 ... T-1 | group 1: T ... 2T-1 | ...        place = group * T + rank of the instant

Groups and instants come in; places go out. What is sorted, searched or accumulated over places never crosses from one
group into the next, so a rule about the operations of one item is one expression over the whole history.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.history import Column

NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class Instants:
    """The ranks of all instants of a history: equal instants have equal ranks. `count` is above every rank."""

    ns: Column

    @classmethod
    def of(cls, *columns: Column) -> "Instants":
        """Of all values in `columns`."""
        return cls(np.unique(np.concatenate(columns)))

    @property
    def count(self) -> int:
        """How many ranks there are; the places of each group."""
        return len(self.ns) + 1

    def rank(self, column: Column) -> Column:
        """The rank of each value, which must be one of those given at first."""
        return np.searchsorted(self.ns, column)


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
        return np.full(len(rows), missing)
    return np.where(rows >= 0, column[np.maximum(rows, 0)], missing)


def last_below(values: Column, limits: Column, begins: Column) -> Column:
    """The last row of sorted `values` that lies strictly below each limit and not before `begins`; else NOWHERE."""
    rows = np.searchsorted(values, limits) - 1
    return np.where(rows >= begins, rows, NOWHERE)


def search_groups(keys: Column, groups: Column, wanted_keys: Column, wanted_groups: Column) -> Column:
    """For each wanted (group, key) the row of `keys` that has it, else NOWHERE; (groups, keys) are sorted pairs."""
    everything = np.unique(np.concatenate((keys, wanted_keys)))
    span = len(everything) + 1
    line = groups * span + np.searchsorted(everything, keys)
    wanted = wanted_groups * span + np.searchsorted(everything, wanted_keys)
    rows = np.searchsorted(line, wanted)
    found = rows < len(line)
    found[found] = line[rows[found]] == wanted[found]
    return np.where(found, rows, NOWHERE)
