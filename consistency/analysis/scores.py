"""Scores: ranks for latencies that are known only as intervals, and the permutation tests that use them.

Ends of intervals come in, one score for each entity goes out: the share of all entities that were surely visible
before it, minus the share that were surely visible after it, both by the NPMLE of all (Wilcoxon's score; Peto and Peto
1972, Fay 1999). It runs from -1 (first) to 1 (last) and its sum is 0. A pair of overlapping intervals hardly counts,
because hardly anything is known of their order; an entity that was never seen is later than all that were seen before
it was given up, and no time is made up for it.

The tests permute the scores: if what is compared makes no difference, every order of the entities is as likely as any
other. That asks that they were looked for in the same way, and it counts a wave over the run as a difference, since
entities of one minute then resemble each other.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import chdtrc, ndtr

from consistency.analysis.npmle import Distribution, find_first_ns
from consistency.analysis.ranges import Reals
from consistency.history import Column


@dataclass(frozen=True, slots=True)
class RankTest:
    """A permutation test: its statistic (`z` for one degree of freedom, else chi-square) and two-sided p value."""

    statistic: float
    degrees: int
    p_value: float


def score(distribution: Distribution, lower_ns: Column, upper_ns: Column) -> Reals:
    """The score of each of the intervals that `distribution` was estimated from."""
    before, _ = distribution.bound_shares(find_first_ns(lower_ns, upper_ns) - 1)
    until, _ = distribution.bound_shares(upper_ns)
    scores: Reals = before + until - 1
    return scores


def examine_trend(scores: Reals, places: Reals) -> RankTest:
    """Whether scores grow or fall with `places` (times, or ranks of times): the covariance of both over its standard
    deviation among all permutations, which is normal for some 20 entities and more."""
    apart = places - places.mean()
    spread = sqrt(float(apart @ apart) * _vary(scores))
    z = float(apart @ (scores - scores.mean())) / spread if spread > 0 else 0.0
    return RankTest(z, 1, 2 * float(ndtr(-abs(z))))


def examine_groups(scores: Reals, groups: Column) -> RankTest:
    """Whether the mean scores of the groups 0, 1, 2, ... differ (Kruskal and Wallis): a sum of squared differences,
    chi-square with one degree less than there are groups, for some 5 entities in each and more."""
    counts = np.bincount(groups)
    counts, sums = counts[counts > 0], np.bincount(groups, scores)[counts > 0]
    degrees, variance = len(counts) - 1, _vary(scores)
    if degrees < 1 or variance == 0:
        return RankTest(0.0, max(degrees, 0), 1.0)
    statistic = float((counts * (sums / counts - scores.mean()) ** 2).sum()) / variance
    return RankTest(statistic, degrees, float(chdtrc(degrees, statistic)))


def _vary(scores: Reals) -> float:
    """The variance over all entities, as permutations have it; 0 where all scores are equal but for rounding."""
    variance = float(np.var(scores, ddof=1)) if len(scores) > 1 else 0.0
    return variance if variance > 1e-18 else 0.0
