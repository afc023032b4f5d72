"""Quadratic: the masses that are best by the quadratic approximation of a likelihood, none of them below 0.

Ranges, what each covers now, and the cells that may have mass come in; masses go out, a row for each set of weights.

The rows do not touch each other, but are solved as one system, whose unknowns are the cumulated masses between cells:
each observation ties two of them together, so it is a weighted graph's Laplacian, positive definite and as narrow as
the ranges are short. Between two rows the cumulated mass is known: 1 at the end of one, 0 at the begin of the next.

    row 0                 row 1
    |--cell--|--cell--|   |--cell--|--cell--|
    0        ?        1 = 0        ?        1
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg.lapack import dpbsv

from consistency.analysis.ranges import Choice, Ranges, Reals
from consistency.history import Column

_ROUNDS_MAX: Final = 30
_RIDGE: Final = 1e-12  # keeps the system solvable where the data leave a mass undecided between two cells
_TABLE_MAX: Final = 5_000_000  # places up to which equal ranges are summed in a table


def aim(ranges: Ranges, covered: Reals, candidates: Choice) -> Reals:
    """The masses on `candidates` that are greatest by the quadratic approximation of the likelihood at P = `covered`:
    those with the least sum_i w_i (P'_i / P_i - 2)^2, none below 0, 1 in all, in each row.

    Which of them are 0 is found by turns: solve for those that are free, free no mass that came out below 0, and free
    again each that the gradient wants (Hintermueller, Ito and Kunisch 2002).
    """
    problem = _Quadratic.of(ranges, covered, candidates)
    free = np.ones(int(problem.tops[-1]), bool)
    for _ in range(_ROUNDS_MAX):
        solved = problem.solve(free)
        slopes = problem.find_slopes(solved)
        wanted = (free & (solved >= 0)) | (~free & (slopes > problem.average(slopes, free) * (1 + 1e-9)))
        if (wanted == free).all():
            break
        free = wanted
    masses = np.zeros(candidates.shape)
    masses[candidates] = np.maximum(solved, 0.0)
    return np.asarray(masses / masses.sum(axis=1, keepdims=True))


@dataclass(frozen=True, eq=False)
class _Quadratic:
    """All rows' candidate cells in one row: the nodes between which each observation lies, weights w / P^2, and pulls
    w / P. `tops` are the nodes between rows, with the first and the last of all."""

    low: Column
    high: Column
    weights: Reals
    pulls: Reals
    tops: Column

    @classmethod
    def of(cls, ranges: Ranges, covered: Reals, candidates: Choice) -> "_Quadratic":
        """Observations of a row that cover the same candidates become one; that is what makes the rounds cheap."""
        places = np.zeros((len(candidates), ranges.cells + 1), np.int64)
        np.cumsum(candidates, axis=1, out=places[:, 1:])
        tops = np.concatenate(((0,), np.cumsum(places[:, -1])))
        low, high = (places[:, edges] for edges in (ranges.begins, ranges.ends))
        pulls = ranges.weights / covered
        size = int(places[:, -1].max()) + 1
        if len(low) * size**2 > _TABLE_MAX:
            offsets = tops[:-1, None]
            return cls(
                (low + offsets).ravel(), (high + offsets).ravel(), (pulls / covered).ravel(), pulls.ravel(), tops
            )
        keys = ((np.arange(len(low))[:, None] * size + low) * size + high).ravel()
        summed = _add_up(keys, (pulls / covered).ravel(), len(low) * size**2)
        pulled = _add_up(keys, pulls.ravel(), len(summed))
        present = np.flatnonzero(summed)
        rows, edges = np.divmod(present, size**2)
        low, high = np.divmod(edges, size)
        return cls(low + tops[rows], high + tops[rows], summed[present], pulled[present], tops)

    def find_slopes(self, masses: Reals) -> Reals:
        """How fast the approximated likelihood grows with the mass of each cell."""
        cumulated = np.concatenate(((0.0,), np.cumsum(masses)))
        values = 2 * self.pulls - self.weights * (cumulated[self.high] - cumulated[self.low])
        edges = _add_up(self.low, values, len(cumulated)) - _add_up(self.high, values, len(cumulated))
        return np.cumsum(edges)[:-1]

    def average(self, slopes: Reals, free: Choice) -> Reals:
        """For each cell the mean slope of the free cells in its row."""
        begins = self.tops[:-1]
        means = np.add.reduceat(np.where(free, slopes, 0.0), begins) / np.add.reduceat(free.astype(np.int64), begins)
        return np.repeat(means, np.diff(self.tops))

    def solve(self, free: Choice) -> Reals:
        """The masses of the least sum, where only cells that are `free` have one; they may be below 0."""
        places = np.concatenate(((0,), np.cumsum(free)))
        known = np.zeros(int(places[-1]) + 1, bool)
        known[places[self.tops]] = True
        below = self._solve_cumulated(places[self.low], places[self.high], known)
        masses = np.zeros(len(free))
        masses[free] = np.where(known[1:], 1.0, below[1:]) - below[:-1]
        return masses

    def _solve_cumulated(self, low: Column, high: Column, known: Choice) -> Reals:
        """The cumulated mass at each node, counted from its row's begin; 0 where it is known."""
        size, weights = len(known), np.where(high > low, self.weights, 0.0)
        pulled = 2 * (_add_up(high, self.pulls, size) - _add_up(low, self.pulls, size))
        diagonal = _add_up(low, weights, size) + _add_up(high, weights, size)
        topmost = known[high]  # the cumulated mass there is 1
        pulled += _add_up(low[topmost], weights[topmost], size)
        inner = ~known[low] & ~topmost & (high > low)
        width = (high - low)[inner]
        height = int(width.max(initial=0)) + 1
        links = _add_up(low[inner] * height + width, weights[inner], size * height)
        bands = -links.reshape(size, height).T
        bands[0] = np.where(known, 1.0, diagonal * (1 + _RIDGE))
        _, solved, failed = dpbsv(bands, np.where(known, 0.0, pulled), lower=True, overwrite_ab=True)
        assert not failed, "the ridge makes the system positive definite"
        return np.asarray(solved, np.float64)


def _add_up(places: Column, values: Reals, size: int) -> Reals:
    """The sum of the values at each of `size` places; bincount alone counts in integers where there are none."""
    return np.bincount(places, values, size).astype(np.float64, copy=False)
