"""Likelihood: the masses on a row of cells that make interval-censored data most likely.

Each observation covers a contiguous range of cells; ranges and their weights come in, one mass for each cell goes out,
with a certificate of how close to the maximum it is. Two observations of three cells:

    cell          0     1     2          begins  ends        P = cumulated[ends] - cumulated[begins]
    observation  [===========]             0      2
    observation        [===========]       1      3

The maximum is found by constrained Newton steps (Wang 2007) rather than by EM alone, whose steps shrink a superfluous
mass for ever: some twenty steps against thousands. A step that does not climb is replaced by one of EM, which always
does, so the search never depends on luck; and it stops by the gradient, not by how little the last step changed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.linalg.lapack import dpbsv

from consistency.history import Column

Reals = npt.NDArray[np.float64]
Choice = npt.NDArray[np.bool_]
TOLERANCE: Final = 1e-7
_STEPS_MAX: Final = 500
_ROUNDS_MAX: Final = 30
_HALVINGS_MAX: Final = 30
_LEAST_LIKELIHOOD: Final = 1e-4  # of an observation, times n; at the maximum none lies below 1/n
_LEAST_MASS: Final = 1e-13  # below it a mass is rounding
_ROUNDING: Final = 1e-14
_RIDGE: Final = 1e-12  # keeps the system solvable where the data leave a mass undecided between two cells
_DENSE_MAX: Final = 2_000  # cells up to which equal ranges are summed in a square table


@dataclass(frozen=True, eq=False)
class Ranges:
    """Observations as ranges of `cells` cells: observation i covers cells begins[i] up to, not with, ends[i]."""

    begins: Column
    ends: Column
    weights: Reals
    cells: int

    def sum_over(self, masses: Reals) -> Reals:
        """For each observation the mass of its cells."""
        cumulated = np.concatenate(((0.0,), np.cumsum(masses)))
        covered: Reals = cumulated[self.ends] - cumulated[self.begins]
        return covered

    def spread(self, values: Reals) -> Reals:
        """For each cell the sum of `values` over the observations that cover it."""
        edges = np.bincount(self.begins, values, self.cells + 1) - np.bincount(self.ends, values, self.cells + 1)
        return np.cumsum(edges)[: self.cells]

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


@dataclass(frozen=True, eq=False)
class Maximum:
    """The masses, their log-likelihood, and the certificate: the greatest log-likelihood that any masses have is at
    most `gap` per observation higher (0 at the maximum)."""

    masses: Reals
    log_likelihood: float
    gap: float


def maximize(ranges: Ranges, start: Reals | None = None, tolerance: float = TOLERANCE) -> Maximum:
    """The masses of greatest likelihood, from `start` (which must give every observation some mass) where it is given.

    With the gradient g_j = sum_i w_i 1{j in i} / P_i the likelihood is concave and sum_j g_j p_j = n, so no masses
    have a log-likelihood that is higher by more than n (max_j g_j / n - 1): that is n times the gap, and the search
    stops where it is at most `tolerance`, or after 500 steps with whatever gap there is.
    """
    n = float(ranges.weights.sum())
    masses = choose_start(ranges) if start is None else start
    for _ in range(_STEPS_MAX):
        covered = ranges.sum_over(masses)
        gradient = ranges.spread(ranges.weights / covered) / n
        gap = float(gradient.max()) - 1
        if gap <= tolerance:
            break
        masses = _climb(ranges, masses, covered, gradient, tolerance)
    return Maximum(masses, float(ranges.weights @ np.log(covered)), max(gap, 0.0))


def choose_start(ranges: Ranges) -> Reals:
    """Equal masses on the fewest cells that hit every observation: the last cell of the range that ends first, then
    the same among the ranges that begin behind it, and so on."""
    first_end = np.full(ranges.cells + 1, ranges.cells + 1)
    np.minimum.at(first_end, ranges.begins, ranges.ends)
    first_end = np.minimum.accumulate(first_end[::-1])[::-1]
    masses, behind = np.zeros(ranges.cells), 0
    while first_end[behind] <= ranges.cells:
        behind = int(first_end[behind])
        masses[behind - 1] = 1.0
    return _normalize(masses)


def _climb(ranges: Ranges, masses: Reals, covered: Reals, gradient: Reals, tolerance: float) -> Reals:
    """Masses of greater likelihood: a Newton step on the cells in use and on those that the gradient asks for."""
    direction = _aim(ranges, covered, (masses > 0) | _find_wanted(masses, gradient, tolerance)) - masses
    least = _LEAST_LIKELIHOOD / ranges.weights.sum()
    change, slope = ranges.sum_over(direction), float(ranges.weights.sum() * (gradient @ direction))
    before, share = float(ranges.weights @ np.log(covered)), 1.0
    rounding = _ROUNDING * (1 + abs(before))  # nearer to the maximum than that, only the slope still tells
    for _ in range(_HALVINGS_MAX if slope > 0 else 0):
        stepped = covered + share * change
        if stepped.min() >= least and ranges.weights @ np.log(stepped) >= before + 1e-4 * share * slope - rounding:
            return _drop_rounding(ranges, masses + share * direction, least)
        share /= 2
    return _step_em(masses, gradient)


def _step_em(masses: Reals, gradient: Reals) -> Reals:
    """One step of EM (Turnbull 1976), with a little mass for the cell that the gradient wants most."""
    wanted = np.zeros(len(masses))
    wanted[gradient.argmax()] = 1e-3 if masses[gradient.argmax()] == 0 else 0.0
    return _normalize(masses * gradient + wanted)


def _drop_rounding(ranges: Ranges, masses: Reals, least: float) -> Reals:
    kept = _normalize(np.where(masses < _LEAST_MASS, 0.0, masses))
    return kept if ranges.sum_over(kept).min() >= least else _normalize(np.maximum(masses, 0.0))


def _normalize(masses: Reals) -> Reals:
    whole: Reals = masses / masses.sum()
    return whole


def _find_wanted(masses: Reals, gradient: Reals, tolerance: float) -> Choice:
    """Between each two cells in use the one with the greatest gradient, where that is above 1."""
    used = np.flatnonzero(masses)
    starts = used if used[0] == 0 else np.concatenate(((0,), used))
    greatest = np.maximum.reduceat(gradient, starts)
    among = np.repeat(greatest, np.diff(np.append(starts, len(masses))))
    wanted: Choice = (gradient == among) & (gradient > 1 + tolerance)
    return wanted


def _aim(ranges: Ranges, covered: Reals, candidates: Choice) -> Reals:
    """The masses on `candidates` that are greatest by the quadratic approximation of the likelihood at P = `covered`:
    those with the least sum_i w_i (P'_i / P_i - 2)^2, none below 0, 1 in all.

    Which of them are 0 is found by turns: solve for those that are free, free no mass that came out below 0, and free
    again each that the gradient wants (Hintermueller, Ito and Kunisch 2002).
    """
    pulls = ranges.weights / covered
    problem = _Quadratic.of(ranges, pulls, pulls / covered, candidates)
    free = np.ones(problem.ranges.cells, bool)
    for _ in range(_ROUNDS_MAX):
        solved = problem.solve(free)
        slopes = problem.ranges.spread(2 * problem.pulls - problem.ranges.weights * problem.ranges.sum_over(solved))
        wanted = (free & (solved >= 0)) | (~free & (slopes > slopes[free].mean() * (1 + 1e-9)))
        if (wanted == free).all():
            break
        free = wanted
    masses = np.zeros(len(candidates))
    masses[candidates] = np.maximum(solved, 0.0)
    return _normalize(masses)


@dataclass(frozen=True, eq=False)
class _Quadratic:
    """The quadratic problem on candidate cells alone: `ranges` of them with weights w / P^2, and `pulls` w / P."""

    ranges: Ranges
    pulls: Reals

    @classmethod
    def of(cls, ranges: Ranges, pulls: Reals, weights: Reals, candidates: Choice) -> "_Quadratic":
        """Observations that cover the same candidates become one; that is what makes the rounds cheap."""
        places = np.concatenate(((0,), np.cumsum(candidates)))
        begins, ends, cells = places[ranges.begins], places[ranges.ends], int(places[-1])
        if cells > _DENSE_MAX:
            return cls(Ranges(begins, ends, weights, cells), pulls)
        keys, size = begins * (cells + 1) + ends, (cells + 1) ** 2
        summed, pulled = (np.bincount(keys, values, size).astype(np.float64) for values in (weights, pulls))
        present = np.flatnonzero(summed)
        begins, ends = np.divmod(present, cells + 1)
        return cls(Ranges(begins, ends, summed[present], cells), pulled[present])

    def solve(self, free: Choice) -> Reals:
        """The masses of the least sum, where only cells that are `free` have one; they may be below 0.

        The unknowns are the cumulated masses between the free cells: each observation ties two of them together, so
        the system is a weighted graph's Laplacian, positive definite and as narrow as the ranges are short.
        """
        places = np.concatenate(((0,), np.cumsum(free)))
        low, high, last = places[self.ranges.begins], places[self.ranges.ends], int(places[-1])
        masses, cumulated = np.zeros(len(free)), np.ones(last)
        cumulated[:-1] = self._solve_cumulated(low, high, last)
        cumulated[1:] -= cumulated[:-1].copy()
        masses[free] = cumulated
        return masses

    def _solve_cumulated(self, low: Column, high: Column, last: int) -> Reals:
        if last == 1:
            return np.zeros(0)
        weights = np.where(high > low, self.ranges.weights, 0.0)
        pulled = 2 * (np.bincount(high, self.pulls, last + 1) - np.bincount(low, self.pulls, last + 1))
        diagonal = np.bincount(low, weights, last + 1) + np.bincount(high, weights, last + 1)
        topmost = high == last  # the cumulated mass there is known to be 1
        pulled += np.bincount(low[topmost], weights[topmost], last + 1)
        inner = (low > 0) & ~topmost & (high > low)
        width, size = (high - low)[inner], last - 1
        bands = np.zeros((int(width.max(initial=0)) + 1, size))
        np.subtract.at(bands, (width, low[inner] - 1), weights[inner])
        bands[0] = diagonal[1:last] * (1 + _RIDGE)
        _, solved, failed = dpbsv(bands, pulled[1:last], lower=True)
        assert not failed, "the ridge makes the system positive definite"
        return np.asarray(solved, np.float64)
