"""Bands: how far the distribution of a latency can be trusted, by resampling the entities (percentile bootstrap).

Intervals and a seed come in. `resample` gives the distributions of n entities drawn anew from the n at hand, again and
again; `draw_band` gives two bands about the estimate: pointwise (each time alone holds the truth with 95 %) and
simultaneous (the whole curve does, with 95 %), the pointwise one widened by the factor that 95 % of the resampled
curves need.

Resampling cannot know what happened before the first times at which n entities say anything, nor beyond the last.
There the band says what follows from its nearest trusted place, because shares only grow, and from counting ends; and
it is nowhere narrower than the share that n entities without an event do not exclude. `benchmarks coverage` prints what
both bands are worth.

    100 %              ___........      above the last trusted place: from its lower end up to 100 %
                   ___/ ____/
       0 %   ...../____/                below the first: from 0 % up to its upper end
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from consistency.analysis.likelihood import Ranges, Reals, choose_start, maximize
from consistency.analysis.npmle import Cells, Distribution, find_cells, make_distribution
from consistency.history import NEVER, Column

RESAMPLES: Final = 200
CONFIDENCE: Final = 0.95
_DOUBT: Final = 0.01  # of the bounds that stand where resampling is not trusted
_TOLERANCE: Final = 1e-5  # far below what resampling itself scatters
_FRESH_SHARE: Final = 0.01  # of the start, so that it leaves no resampled entity without mass
_LEVELS: Final = 200
_TAIL_LEVELS: Final = 20
_ENDS: Final = 21

Table = npt.NDArray[np.float64]  # a row for each resampled curve, a column for each time


@dataclass(frozen=True, eq=False)
class Band:
    """Shares visible at `times_ns`: the estimate (a mass counts from the end of its support), and both 95 % bands.

    Between two times the lower ends of the earlier and the upper ends of the later one hold. `factor` is how much
    wider the simultaneous band is than the pointwise one.
    """

    times_ns: Column
    share: Reals
    pointwise_lower: Reals
    pointwise_upper: Reals
    lower: Reals
    upper: Reals
    factor: float
    n: int
    resamples: int


def resample(
    cells: Cells, estimate: Reals, seed: int | list[int], resamples: int = RESAMPLES
) -> Iterator[Distribution]:
    """`resamples` distributions, each of as many entities as there are, drawn with replacement. `estimate`: the masses
    of the cells that all of them give, where each search begins. The same seed gives the same distributions."""
    random, weights = np.random.default_rng(seed), cells.ranges.weights
    n = int(weights.sum())
    for _ in range(resamples):
        drawn = random.multinomial(n, weights / n)
        present = drawn > 0
        begins, ends = cells.ranges.begins[present], cells.ranges.ends[present]
        chosen = Ranges(begins, ends, drawn[present].astype(np.float64), cells.ranges.cells)
        yield _estimate(cells, chosen, estimate)


def _estimate(cells: Cells, chosen: Ranges, estimate: Reals) -> Distribution:
    begins, ends = chosen.find_innermost()
    merged = chosen.merge(begins, ends)
    cumulated = np.concatenate(((0.0,), np.cumsum(estimate)))
    known, start = cumulated[ends] - cumulated[begins], choose_start(merged)
    if known.any():  # of few entities the drawn ones may meet just where the estimate has nothing
        start = (1 - _FRESH_SHARE) * known / known.sum() + _FRESH_SHARE * start
    best = maximize(merged, start, _TOLERANCE)
    return make_distribution(cells.first_ns[begins], cells.last_ns[ends - 1], merged, best)


def draw_band(lower_ns: Column, upper_ns: Column, seed: int, resamples: int = RESAMPLES) -> Band:
    """Both bands of the distribution of n >= 1 intervals (lower, upper] in ns, over some 240 times of it."""
    cells = find_cells(lower_ns, upper_ns)
    best = maximize(cells.ranges)
    whole = make_distribution(cells.first_ns, cells.last_ns, cells.ranges, best)
    times_ns = choose_times(whole, lower_ns, upper_ns)
    drawn = [each.bound_shares(times_ns) for each in resample(cells, best.masses, seed, resamples)]
    surely, possibly = (np.array(curves) for curves in zip(*drawn, strict=True))
    share, _ = whole.bound_shares(times_ns)
    trusted, counted = find_trusted(share, whole.n), _count_ends(lower_ns, upper_ns, times_ns)
    lower, upper = _spread(surely, possibly, whole.n)
    factor = _find_factor(surely[:, trusted], possibly[:, trusted], lower[:, trusted], upper[:, trusted])
    pointwise, simultaneous = (_widen(lower, upper, width, trusted, counted) for width in (1.0, factor))
    return Band(times_ns, share, *pointwise, *simultaneous, factor, whole.n, resamples)


def choose_times(distribution: Distribution, lower_ns: Column, upper_ns: Column) -> Column:
    """Times at which the share grows by half a percent each, and finer in the tail, drawn straight between supports;
    and some ends of the intervals behind them, as behind a jump only those that have ended tell how far it went."""
    seen = distribution.upper_ns != NEVER
    reached = np.concatenate(((0.0,), np.cumsum(distribution.masses[seen])))
    ends_ns = np.concatenate(((0,), distribution.upper_ns[seen]))
    tail = 1 - np.geomspace(1 / _LEVELS, 0.1 / max(distribution.n, _LEVELS), _TAIL_LEVELS)
    levels = np.concatenate((np.arange(1, _LEVELS) / _LEVELS, tail, reached[-1:]))
    within = levels[levels <= reached[-1]]
    grown_ns = np.concatenate(((0.0,), np.interp(within, reached, ends_ns))).astype(np.int64)
    finite_ns = np.sort(upper_ns[upper_ns != NEVER])
    some = np.linspace(0, len(finite_ns) - 1, min(len(finite_ns), _ENDS)).astype(np.int64)
    return np.unique(np.concatenate((grown_ns, finite_ns[some], (lower_ns.max(),))))


def find_trusted(share: Reals, n: int) -> npt.NDArray[np.bool_]:
    """Where resampling can be trusted: from a share of n^(-1/3), the rate at which the estimate nears the truth, up to
    the last two entities."""
    trusted: npt.NDArray[np.bool_] = (share >= n ** (-1 / 3)) & (share <= 1 - 2 / n)
    return trusted


def _spread(surely: Table, possibly: Table, n: int) -> tuple[Table, Table]:
    """For each time the middle of the resampled curves, and how far below (above) it the pointwise band reaches."""
    tail, least = (1 - CONFIDENCE) / 2, 1 - (1 - CONFIDENCE) ** (1 / n)
    low, high = np.median(surely, axis=0), np.median(possibly, axis=0)
    below = np.maximum(low - np.quantile(surely, tail, axis=0), least)
    above = np.maximum(np.quantile(possibly, 1 - tail, axis=0) - high, least)
    return np.stack((low, below)), np.stack((high, above))


def _find_factor(surely: Table, possibly: Table, lower: Table, upper: Table) -> float:
    """How much wider the pointwise band must be for 95 % of the curves to lie in it wholly; 1 at least."""
    if not surely.size:
        return 1.0
    outside = np.maximum(((lower[0] - surely) / lower[1]).max(axis=1), ((possibly - upper[0]) / upper[1]).max(axis=1))
    return max(1.0, float(np.quantile(outside, CONFIDENCE)))


def _count_ends(lower_ns: Column, upper_ns: Column, times_ns: Column) -> tuple[Reals, Reals]:
    """Bounds that need no resampling: at each time the share was at least that of the intervals that had ended, and at
    most that of those that had begun, each with its exact bound (Clopper and Pearson), which at all times together errs
    in 1 % at most. They are as wide as the interval of polling, and hold at both ends."""
    n, tail = len(lower_ns), _DOUBT / 2 / len(times_ns)
    ended = np.searchsorted(np.sort(upper_ns), times_ns, "right")
    begun = np.searchsorted(np.sort(lower_ns), times_ns, "right")
    least, most = np.maximum(ended, 1), np.minimum(begun, n - 1)
    low = np.where(ended > 0, betaincinv(least, n - least + 1, tail), 0.0)
    return low, np.where(begun < n, betaincinv(most + 1, n - most, 1 - tail), 1.0)


def _widen(
    lower: Table, upper: Table, factor: float, trusted: npt.NDArray[np.bool_], counted: tuple[Reals, Reals]
) -> tuple[Reals, Reals]:
    low = np.where(trusted, lower[0] - factor * lower[1], counted[0])
    high = np.where(trusted, upper[0] + factor * upper[1], counted[1])
    low, high = np.maximum.accumulate(low), np.minimum.accumulate(high[::-1])[::-1]
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
