"""Quantiles: what n intervals say about a quantile, exactly and without assuming any distribution.

Lower and upper ends of n intervals come in, estimates with their 95 % intervals and bounds go out. Each latency lies
between the ends of its interval, so the r-th smallest latency lies between the r-th smallest lower end and the r-th
smallest upper end; which r bound the quantile follows from the binomial distribution of the number of latencies
below it. Nothing is interpolated: an end is always one that was observed, or it is open.
"""

from bisect import bisect_left
from collections.abc import Iterable
from fractions import Fraction
from math import ceil, log
from typing import Final

import numpy as np
from scipy.special import bdtr

from consistency.analysis.judgement import DurationSummary, QuantileEstimate
from consistency.history import NEVER, Column

QUANTILES: Final = (Fraction(1, 2), Fraction(9, 10), Fraction(19, 20), Fraction(99, 100), Fraction(999, 1000))
ERROR: Final = 0.05  # of a one-sided bound, and of both ends of a two-sided interval together


def needed_entities(quantile: Fraction) -> int:
    """The smallest n at which the one-sided upper bound is finite: the largest of n values lies above the quantile
    with probability 1 - quantile^n, which must reach 95 %. (5, 29, 59, 299 and 2,995 for QUANTILES.)"""
    return ceil(log(ERROR) / log(quantile))


def estimate_quantiles(
    lower_ns: Column, upper_ns: Column, quantiles: Iterable[Fraction] = QUANTILES
) -> tuple[QuantileEstimate, ...]:
    """Estimates from the ends of n intervals (ns; an open upper end is NEVER).

    The estimate has rank ceil(n * quantile), the nearest rank. The order-statistic intervals hold with at least 95 %.
    """
    lower_ns, upper_ns = np.sort(lower_ns), np.sort(upper_ns)
    return tuple(_estimate(lower_ns, upper_ns, quantile) for quantile in quantiles)


def _estimate(lower_ns: Column, upper_ns: Column, quantile: Fraction) -> QuantileEstimate:
    n = len(lower_ns)
    rank = nearest_rank(n, quantile)
    return QuantileEstimate(
        quantile,
        n,
        needed_entities(quantile),
        lower_ns=_lower_end(lower_ns, rank),
        upper_ns=_upper_end(upper_ns, rank),
        interval_lower_ns=_lower_end(lower_ns, lower_rank(n, quantile, ERROR / 2)),
        interval_upper_ns=_upper_end(upper_ns, upper_rank(n, quantile, ERROR / 2)),
        bound_lower_ns=_lower_end(lower_ns, lower_rank(n, quantile, ERROR)),
        bound_upper_ns=_upper_end(upper_ns, upper_rank(n, quantile, ERROR)),
    )


def nearest_rank(n: int, quantile: Fraction) -> int:
    """The rank, from 1, of the smallest of n values that at least the share `quantile` of them do not exceed."""
    return ceil(n * quantile)


def lower_rank(n: int, quantile: Fraction, error: float) -> int:
    """The highest rank whose value lies above the quantile with probability `error` at most; 0 where none does.

    Value r exceeds the quantile when fewer than r of n lie below it: P(Binomial(n, quantile) < r).
    """
    return _smallest_count(n, quantile, error)


def upper_rank(n: int, quantile: Fraction, error: float) -> int:
    """The lowest rank whose value lies below the quantile with probability `error` at most; n + 1 where none does.

    Value r is below the quantile when at least r of n are: P(Binomial(n, quantile) >= r).
    """
    return _smallest_count(n, quantile, 1 - error) + 1


def _smallest_count(n: int, quantile: Fraction, level: float) -> int:
    """The smallest k in 0 ... n with P(Binomial(n, quantile) <= k) >= level."""
    return bisect_left(range(n), level, key=lambda k: float(bdtr(k, n, float(quantile))))


def _lower_end(sorted_ns: Column, rank: int) -> int:
    return int(sorted_ns[rank - 1]) if rank else 0


def _upper_end(sorted_ns: Column, rank: int) -> int | None:
    if not 1 <= rank <= len(sorted_ns) or sorted_ns[rank - 1] == NEVER:
        return None
    return int(sorted_ns[rank - 1])


def summarize_durations(durations_ns: Column) -> DurationSummary | None:
    """Median, p99 and maximum of measured durations by nearest rank; None where there is none."""
    n = len(durations_ns)
    if n == 0:
        return None
    sorted_ns = np.sort(durations_ns)
    p50_ns, p99_ns = (int(sorted_ns[nearest_rank(n, quantile) - 1]) for quantile in (QUANTILES[0], QUANTILES[3]))
    return DurationSummary(n, p50_ns, p99_ns, int(sorted_ns[-1]))
