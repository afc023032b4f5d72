"""Bands: how far the distribution of a latency can be trusted, by resampling the entities.

Intervals and a seed come in. `draw_band` gives two bands about the estimate: pointwise (each time alone holds the truth
with 95 %) and simultaneous (the whole curve does, with 95 %). Resampling says how many entities with exact latencies
would scatter as the estimate does (its worth: 600 entities polled coarsely may be worth 140), and the band is the
exact interval of a share of so many: near 0 % and 100 % the scatter that was seen is least where it errs most.

Resampling cannot know what happened before the first times at which n entities say anything, nor beyond the last.
There the band says what follows from its nearest trusted place, because shares only grow, and from counting ends.
`benchmarks coverage` prints what both bands are worth.

    100 %              ___........      above the last trusted place: from its lower end up to 100 %
                   ___/ ____/
       0 %   ...../____/                below the first: from 0 % up to its upper end
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import median_filter
from scipy.special import betaincinv, ndtr

from consistency.analysis.likelihood import maximize
from consistency.analysis.npmle import Distribution, find_cells, make_distribution
from consistency.analysis.ranges import Choice, Reals
from consistency.analysis.resampling import RESAMPLES, resample
from consistency.history import NEVER, Column

CONFIDENCE: Final = 0.95
_DOUBT: Final = 0.01  # of the bounds that stand where resampling is not trusted
_DEVIATIONS: Final = 1.959964  # of a normal distribution within which 95 % of it lie
_LEVELS: Final = 1_000
_ENDS: Final = 21

Table = npt.NDArray[np.float64]  # a row for each resampled curve, a column for each time


@dataclass(frozen=True, eq=False)
class Band:
    """Shares visible at `times_ns`: the estimate (a mass counts from the end of its support), and both 95 % bands.

    Between two times the lower ends of the earlier and the upper ends of the later one hold. `factor` is how
    many times as many deviations the simultaneous band reaches as the pointwise one.
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


def draw_band(lower_ns: Column, upper_ns: Column, seed: int, resamples: int = RESAMPLES) -> Band:
    """Both bands of the distribution of n >= 1 intervals (lower, upper] in ns, over some 1,000 times of it."""
    cells = find_cells(lower_ns, upper_ns)
    best = maximize(cells.ranges)
    whole = make_distribution(cells.first_ns, cells.last_ns, cells.ranges, best)
    times_ns = choose_times(whole, lower_ns, upper_ns)
    surely, possibly = resample(cells, best.masses[0], seed, resamples).bound_shares(times_ns)
    share, _ = whole.bound_shares(times_ns)
    trusted, counted = find_trusted(share, whole.n), _count_ends(lower_ns, upper_ns, times_ns)
    low, high = (_Scatter.of(curves, whole.n) for curves in (surely, possibly))
    low_pooled, high_pooled = (each.pool(trusted) for each in (low, high))
    reach = _find_reach(-low_pooled.measure(surely)[:, trusted], high_pooled.measure(possibly)[:, trusted])
    alone = low.reach(_DEVIATIONS, 0.5)[0], high.reach(_DEVIATIONS, 0.5)[1]
    lower = np.minimum(low_pooled.reach(reach, 1.0)[0], alone[0])
    upper = np.maximum(high_pooled.reach(reach, 1.0)[1], alone[1])
    pointwise, simultaneous = _widen(*alone, trusted, counted), _widen(lower, upper, trusted, counted)
    return Band(times_ns, share, *pointwise, *simultaneous, reach / _DEVIATIONS, whole.n, resamples)


def choose_times(distribution: Distribution, lower_ns: Column, upper_ns: Column) -> Column:
    """Times between which the share grows by less than a tenth of what 600 exact entities scatter, drawn straight
    between supports; and some ends of the intervals behind them, as behind a jump only those tell how far it went."""
    seen = distribution.upper_ns != NEVER
    reached = np.concatenate(((0.0,), np.cumsum(distribution.masses[seen])))
    ends_ns = np.concatenate(((0,), distribution.upper_ns[seen]))
    levels = np.append(np.sin(np.linspace(0, np.pi / 2, _LEVELS, endpoint=False)[1:]) ** 2, reached[-1])
    within = levels[levels <= reached[-1]]
    grown_ns = np.concatenate(((0.0,), np.interp(within, reached, ends_ns))).astype(np.int64)
    finite_ns = np.sort(upper_ns[upper_ns != NEVER])
    some = np.linspace(0, len(finite_ns) - 1, min(len(finite_ns), _ENDS)).astype(np.int64)
    return np.unique(np.concatenate((grown_ns, finite_ns[some], (lower_ns.max(),))))


def find_trusted(share: Reals, n: int) -> Choice:
    """Where resampling can be trusted: from a share of n^(-1/3), the rate at which the estimate nears the truth, up to
    the last two entities."""
    trusted: Choice = (share >= n ** (-1 / 3)) & (share <= 1 - 2 / n)
    return trusted


@dataclass(frozen=True, eq=False)
class _Scatter:
    """How resampled curves scatter at each time: about which share, and as the shares of how many entities do whose
    latencies are known exactly (their worth)."""

    center: Reals
    worth: Reals
    n: int

    @classmethod
    def of(cls, curves: Table, n: int) -> "_Scatter":
        """Of `curves` of n entities, each time alone."""
        center = curves.mean(axis=0)
        worth = _scatter_one(center, n) / np.maximum(curves.var(axis=0), 0.25 / n**2)
        return cls(center, np.clip(worth, 1.0, n), n)

    def pool(self, trusted: Choice) -> "_Scatter":
        """With the worth of neighbours within n^(-1/3), the rate at which the estimate nears the truth: between its
        steps a curve hardly scatters, by luck, and over many times it is the luckiest that counts."""
        worth, size = self.worth.copy(), 2 * int(_LEVELS / 2 * self.n ** (-1 / 3)) + 1
        worth[trusted] = median_filter(worth[trusted], size, mode="nearest")
        return _Scatter(self.center, worth, self.n)

    def measure(self, curves: Table) -> Table:
        """How many standard deviations each curve lies above the center."""
        deviation = np.sqrt(_scatter_one(self.center, self.n) / self.worth)
        return np.asarray((curves - self.center) / deviation)

    def reach(self, deviations: float, kept: float) -> tuple[Reals, Reals]:
        """The shares from which the center is that unlikely, as a share of so many entities: with `kept` 1 exactly, so
        that it errs too seldom (Clopper and Pearson), with 1/2 as often as that says on average (Jeffreys)."""
        tail, none = float(ndtr(-deviations)), 1e-9
        seen, unseen = (np.maximum(share * self.worth, none) for share in (self.center, 1 - self.center))
        low = np.asarray(betaincinv(seen + 1 - kept, unseen + kept, tail), np.float64)
        high = np.asarray(betaincinv(seen + kept, unseen + 1 - kept, 1 - tail), np.float64)
        return np.where(seen <= none, 0.0, low), np.where(unseen <= none, 1.0, high)


def _scatter_one(share: Reals, n: int) -> Reals:
    """The variance of one entity: of n that agree there might still be a quarter of one that does not."""
    likely = np.clip(share, 0.25 / n, 1 - 0.25 / n)
    return np.asarray(likely * (1 - likely))


def _find_reach(below: Table, above: Table) -> float:
    """How many deviations wide a band must be for 95 % of the curves to lie in it wholly; a pointwise one at least."""
    if not below.size:
        return _DEVIATIONS
    return max(_DEVIATIONS, float(np.quantile(np.maximum(below.max(axis=1), above.max(axis=1)), CONFIDENCE)))


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


def _widen(low: Reals, high: Reals, trusted: Choice, counted: tuple[Reals, Reals]) -> tuple[Reals, Reals]:
    """A band that only grows, and stands on the counted bounds where resampling is not trusted."""
    low, high = np.where(trusted, low, counted[0]), np.where(trusted, high, counted[1])
    low, high = np.maximum.accumulate(low), np.minimum.accumulate(high[::-1])[::-1]
    return np.clip(low, 0.0, 1.0), np.clip(high, 0.0, 1.0)
