"""Lowest: of each group the smallest value among the entries whose key is above a given one.

Entries (group, key, value) come in; questions (group, key) are answered with the number of the entry. It is one sort
and one running minimum, so that a million questions cost a million binary searches.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.places import NOWHERE, Instants, lowest_from_here, take
from consistency.history import NEVER, Column


@dataclass(frozen=True, slots=True, eq=False)
class Lowest:
    """`number` is the entry with the smallest value from each place of the sorted entries to the end of its group."""

    keys: Instants
    line: Column
    group: Column
    number: Column
    values: Column

    @classmethod
    def of(cls, group: Column, key: Column, value: Column) -> "Lowest":
        """The entries; values are ranks (not negative, and below the number of all events of a history)."""
        keys = Instants.of(key)
        line = group * keys.count + keys.rank(key)
        order = np.argsort(line, kind="stable")
        span = int(value.max(initial=0)) + 1
        place = group[order] * span + value[order]
        rows = np.where(place == lowest_from_here(place), np.arange(len(place)), len(place))
        return cls(keys, line[order], group[order], order[lowest_from_here(rows)], value)

    def ask(self, group: Column, above: Column) -> Column:
        """For each question the number of the entry of `group` with a key strictly above; NOWHERE if there is none."""
        rank = np.searchsorted(self.keys.ns, above, side="right")
        row = np.searchsorted(self.line, group * self.keys.count + rank)
        row = np.where(row < len(self.line), row, NOWHERE)
        return np.where(take(self.group, row, NOWHERE) == group, take(self.number, row, NOWHERE), NOWHERE)

    def value(self, number: Column) -> Column:
        """The values of entries; NEVER for NOWHERE."""
        return take(self.values, number, NEVER)
