"""Lowest: of each group the smallest value among the entries that lie behind a given place.

Entries (place, group, value) come in; questions (group, place) are answered with the number of the entry. It is one
sort and one running minimum, so that a million questions cost a million binary searches.
"""

from dataclasses import dataclass

import numpy as np

from consistency.analysis.checkers.places import NOWHERE, lowest_from_here, take
from consistency.history import NEVER, Column


@dataclass(frozen=True, slots=True, eq=False)
class Lowest:
    """`number` is the entry with the smallest value from each place of the sorted entries to the end of its group."""

    places: Column
    group: Column
    number: Column
    values: Column

    @classmethod
    def of(cls, places: Column, group: Column, values: Column) -> "Lowest":
        """The entries; places of later groups are higher, and values are not negative."""
        order = np.argsort(places, kind="stable")
        span = int(values.max(initial=0)) + 1
        line = group[order] * span + values[order]
        rows = np.where(line == lowest_from_here(line), np.arange(len(line)), len(line))
        return cls(places[order], group[order], order[lowest_from_here(rows)], values)

    def ask(self, group: Column, behind: Column) -> Column:
        """For each question the number of the entry of `group` strictly behind a place; NOWHERE if there is none."""
        row = np.searchsorted(self.places, behind, side="right")
        row = np.where(row < len(self.places), row, NOWHERE)
        return np.where(take(self.group, row, NOWHERE) == group, take(self.number, row, NOWHERE), NOWHERE)

    def value(self, number: Column) -> Column:
        """The values of entries; NEVER for NOWHERE."""
        return take(self.values, number, NEVER)
