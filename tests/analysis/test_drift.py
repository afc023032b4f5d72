"""Drift over a run and from hour to hour: found where it is, not where it is not, with what was never seen."""

import numpy as np
import pytest

from consistency.analysis.drift import compare_hours, measure_drift
from consistency.history import NEVER
from tests.analysis.intervals import UNIT_NS, poll

N = 200
MEANS_NS = np.linspace(50, 250, N) * UNIT_NS


class TestDrift:
    @pytest.mark.slow
    def test_growing(self) -> None:
        """A mean that grows from 50 to 250 ms is found, whatever the order of the rows, with its size."""
        random = np.random.default_rng(1)
        lower_ns, upper_ns = poll(random, random.exponential(MEANS_NS), 50 * UNIT_NS)
        shuffled = random.permutation(N)
        drift = measure_drift(shuffled, lower_ns[shuffled], upper_ns[shuffled], 1, resamples=40)
        assert drift is not None
        assert drift.test.p_value < 1e-3
        assert drift.test.statistic > 0
        assert drift.median.difference_ns.lower < 69.3 * UNIT_NS < drift.median.difference_ns.upper
        assert drift.median.difference_ns.lower > 0

    def test_more_and_more_never_seen(self) -> None:
        """Entities that are never seen count as late, though they have no time."""
        unseen = np.arange(N) % 7 < np.arange(N) // 40
        lower_ns, upper_ns = np.where(unseen, 30, 1) * UNIT_NS, np.where(unseen, NEVER, 2 * UNIT_NS)
        drift = measure_drift(np.arange(N), lower_ns, upper_ns, 1, resamples=5)
        assert drift is not None
        assert drift.test.p_value < 1e-3

    @pytest.mark.slow
    def test_none(self) -> None:
        """Of 100 steady runs about 5 are rejected at 5 %; the benchmark «coverage» asks 1,000 for 3 to 7 %."""
        random, rejected = np.random.default_rng(2), 0
        for run in range(100):
            ends = poll(random, random.exponential(100 * UNIT_NS, 60), 50 * UNIT_NS)
            drift = measure_drift(np.arange(60), *ends, run, resamples=1)
            rejected += drift is not None and drift.test.p_value <= 0.05
        assert rejected <= 11

    def test_too_few(self) -> None:
        """Of 19 entities nothing is said."""
        assert measure_drift(np.arange(19), np.arange(19), np.arange(19), 1) is None
        assert compare_hours(np.arange(19), np.arange(19), np.arange(19)) is None


class TestHours:
    def test_a_wave(self) -> None:
        """An hour in the middle that is slower is found where the trend sees nothing, and each hour has its median."""
        random, hours = np.random.default_rng(3), np.arange(N) * 5 // N
        truth_ns = random.exponential(100 * UNIT_NS, N) + np.where(hours == 2, 300 * UNIT_NS, 0)
        ends = poll(random, truth_ns, 50 * UNIT_NS)
        change, drift = compare_hours(hours, *ends), measure_drift(np.arange(N), *ends, 1, resamples=5)
        assert change is not None
        assert drift is not None
        assert change.test.p_value < 1e-3
        assert drift.test.p_value > 0.05
        assert change.test.degrees == 4
        assert [part.hour for part in change.hours] == [0, 1, 2, 3, 4]
        assert max(change.hours, key=lambda part: part.median.lower_ns).hour == 2

    def test_one_hour(self) -> None:
        """One hour does not differ from itself."""
        assert compare_hours(np.zeros(30, np.int64), np.arange(30), np.arange(30)) is None
