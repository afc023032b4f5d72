"""Quantiles: the published ranks and smallest n, exactness of the ranks, open ends."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from consistency.analysis.judgement import DurationSummary
from consistency.analysis.quantiles import (
    ERROR,
    QUANTILES,
    estimate_quantiles,
    lower_rank,
    needed_entities,
    summarize_durations,
    upper_rank,
)
from consistency.history import NEVER

P50, P90, P95, P99, P999 = QUANTILES


class TestRanks:
    @pytest.mark.parametrize(("quantile", "ranks"), [(P50, (1741, 1860)), (P99, (3552, 3576)), (P999, (3592, 3601))])
    def test_two_sided_ranks_of_3600(self, quantile: Fraction, ranks: tuple[int, int]) -> None:
        """The ranks of the 95 % intervals at n = 3,600 are the published ones; 3,601 is no finite end."""
        assert (lower_rank(3600, quantile, ERROR / 2), upper_rank(3600, quantile, ERROR / 2)) == ranks

    @settings(max_examples=25, deadline=None)
    @given(
        n=st.integers(1, 5000),
        quantile=st.fractions(Fraction(1, 1000), Fraction(999, 1000), max_denominator=1000),
        error=st.sampled_from([0.025, 0.05]),
    )
    def test_ranks_are_exact(self, n: int, quantile: Fraction, error: float) -> None:
        """Each rank errs with at most the stated probability, and the next tighter one with more."""
        below = binom(n, float(quantile))
        low, high = lower_rank(n, quantile, error), upper_rank(n, quantile, error)
        assert below.cdf(low - 1) <= error < below.cdf(low) + 1e-12
        assert below.sf(high - 1) <= error + 1e-12
        assert high == 1 or below.sf(high - 2) > error - 1e-12


class TestSmallestN:
    @pytest.mark.parametrize(("quantile", "n"), [*zip(QUANTILES, (5, 29, 59, 299, 2995), strict=True)])
    def test_one_sided(self, quantile: Fraction, n: int) -> None:
        """The one-sided upper bound is finite from the published n, and from no smaller one."""
        assert needed_entities(quantile) == n
        assert [upper_rank(count, quantile, ERROR) <= count for count in (n - 1, n)] == [False, True]

    @pytest.mark.parametrize(("quantile", "n"), [*zip(QUANTILES, (6, 36, 72, 368, 3688), strict=True)])
    def test_two_sided(self, quantile: Fraction, n: int) -> None:
        """The two-sided interval has a finite upper end from the published n."""
        assert [upper_rank(count, quantile, ERROR / 2) <= count for count in (n - 1, n)] == [False, True]


class TestEstimates:
    def test_ends_come_from_both_sides(self) -> None:
        """The estimate is the same rank of the lower and of the upper ends; the bounds take the outer ones."""
        lower_ns = np.arange(1, 3601)
        estimate = estimate_quantiles(lower_ns, lower_ns[::-1] + 50, [P99])[0]
        assert (estimate.lower_ns, estimate.upper_ns) == (3564, 3614)
        assert (estimate.interval_lower_ns, estimate.interval_upper_ns) == (3552, 3626)
        assert estimate.bound_lower_ns == lower_rank(3600, P99, ERROR)
        assert estimate.bound_upper_ns == upper_rank(3600, P99, ERROR) + 50

    def test_censored_ends_are_open(self) -> None:
        """Where the rank falls among entities that were never seen, the upper end is open, never the deadline."""
        lower_ns, upper_ns = np.full(100, 7), np.array([9] * 60 + [NEVER] * 40)
        p50, p90 = estimate_quantiles(lower_ns, upper_ns, [P50, P90])
        assert (p50.upper_ns, p50.bound_upper_ns) == (9, 9)
        assert (p90.lower_ns, p90.upper_ns, p90.bound_upper_ns) == (7, None, None)

    def test_nothing(self) -> None:
        """Of no entities nothing is known."""
        estimate = estimate_quantiles(np.array([], np.int64), np.array([], np.int64), [P50])[0]
        assert (estimate.n, estimate.needs, estimate.lower_ns, estimate.upper_ns) == (0, 5, 0, None)
        assert (estimate.interval_lower_ns, estimate.interval_upper_ns, estimate.bound_upper_ns) == (0, None, None)


class TestDurations:
    def test_nearest_rank(self) -> None:
        """Quantiles of durations are values that occurred: ranks 50, 99 and 100 of a hundred."""
        assert summarize_durations(np.arange(100, 0, -1)) == DurationSummary(100, 50, 99, 100)
        assert summarize_durations(np.array([3, 1, 2])) == DurationSummary(3, 2, 3, 3)

    def test_nothing(self) -> None:
        """Of no durations there is no summary."""
        assert summarize_durations(np.array([], np.int64)) is None
