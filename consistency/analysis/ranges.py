"""Ranges: interval-censored observations as contiguous ranges of a row of cells.

Two observations of three cells, of which each may have several weights, a row for each set of them:

    cell          0     1     2          begins  ends        P = cumulated[ends] - cumulated[begins]
    observation  [===========]             0      2
    observation        [===========]       1      3

Sums over ranges are differences of cumulated sums, so nothing here costs more than cells and observations together.
Masses and sums have the same rows as the weights, because a search over many resampled sets costs hardly more than one
where all take each step together.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from consistency.history import Column

Reals = npt.NDArray[np.float64]
Choice = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Ranges:
    """Observation i covers cells begins[i] up to, not with, ends[i], of `cells`; `weights` has a row for each set."""

    begins: Column
    ends: Column
    weights: Reals
    cells: int

    def sum_over(self, masses: Reals) -> Reals:
        """For each observation (column) the mass of its cells, in each row of masses."""
        cumulated = np.zeros((len(masses), self.cells + 1))
        np.cumsum(masses, axis=1, out=cumulated[:, 1:])
        covered: Reals = cumulated[:, self.ends] - cumulated[:, self.begins]
        return covered

    def spread(self, values: Reals) -> Reals:
        """For each cell (column) the sum of `values` over the observations that cover it, in each row of values."""
        size = len(values) * (self.cells + 1)
        offsets, flat = np.arange(0, size, self.cells + 1)[:, None], values.ravel()
        begun, ended = (np.bincount((offsets + edges).ravel(), flat, size) for edges in (self.begins, self.ends))
        sums: Reals = np.cumsum((begun - ended).reshape(len(values), -1), axis=1, dtype=np.float64)
        return sums[:, : self.cells]

    def weigh(self, weights: Reals) -> "Ranges":
        """The same observations with other weights."""
        return Ranges(self.begins, self.ends, weights, self.cells)

    def find_innermost(self) -> tuple[Column, Column]:
        """The cells that can hold mass, merged where the observations do not part them: begins and ends of the merged.

        They are where a begin is directly followed by an end. All mass is best moved there.
        """
        begun, ended = (np.bincount(edges, minlength=self.cells + 1) > 0 for edges in (self.begins, self.ends))
        latest = np.maximum.accumulate(np.where(begun, np.arange(self.cells + 1), 0))
        ends = np.flatnonzero(ended)
        begins = latest[ends - 1]
        innermost = begins >= np.concatenate(((0,), ends[:-1]))
        return begins[innermost], ends[innermost]

    def merge(self, begins: Column, ends: Column) -> "Ranges":
        """The same observations as ranges of the merged cells that `find_innermost` gave."""
        first, last = np.searchsorted(begins, self.begins, "left"), np.searchsorted(ends, self.ends, "right")
        return Ranges(first, last, self.weights, len(begins))
