"""Bands of the distribution: repeatable, in order, honest at both ends, and true often enough."""

import numpy as np
import pytest
from scipy.stats import binom

from consistency.analysis.bands import Band, draw_band, find_trusted
from consistency.analysis.likelihood import maximize
from consistency.analysis.npmle import find_cells
from consistency.analysis.ranges import Reals
from consistency.analysis.resampling import resample
from consistency.history import NEVER, Column
from tests.analysis.intervals import UNIT_NS, poll

MEAN_NS = 100 * UNIT_NS


def band_of(lower_ns: Column, upper_ns: Column, seed: int = 1, resamples: int = 40) -> Band:
    return draw_band(lower_ns, upper_ns, seed, resamples)


def simulate(random: np.random.Generator, n: int) -> tuple[Column, Column]:
    return poll(random, random.exponential(MEAN_NS, n), MEAN_NS)


def bound_at(band: Band, times_ns: Column, lower: Reals, upper: Reals) -> tuple[Reals, Reals]:
    """What the band says at any time: the lower end of the time before, the upper end of the time after."""
    before = np.searchsorted(band.times_ns, times_ns, "right") - 1
    after = np.minimum(np.searchsorted(band.times_ns, times_ns, "left"), len(band.times_ns) - 1)
    return lower[before], np.where(times_ns > band.times_ns[-1], 1.0, upper[after])


class TestBand:
    BAND = band_of(*simulate(np.random.default_rng(2), 300))

    @pytest.mark.slow
    def test_the_seed_repeats_it(self) -> None:
        """The same seed gives the same numbers, another gives others."""
        lower_ns, upper_ns = simulate(np.random.default_rng(2), 300)
        again, other = (band_of(lower_ns, upper_ns, seed) for seed in (1, 2))
        assert np.array_equal(again.lower, self.BAND.lower)
        assert not np.array_equal(other.lower, self.BAND.lower)

    def test_order(self) -> None:
        """Simultaneous contains pointwise contains (in the middle) the estimate; all of them only grow."""
        band, middle = self.BAND, find_trusted(self.BAND.share, self.BAND.n)
        assert (band.lower <= band.pointwise_lower).all()
        assert (band.pointwise_upper <= band.upper).all()
        assert (band.pointwise_lower[middle] <= band.share[middle]).all()
        assert (band.share[middle] <= band.pointwise_upper[middle]).all()
        for curve in (band.lower, band.pointwise_lower, band.share, band.pointwise_upper, band.upper):
            assert (np.diff(curve) >= 0).all()
        assert band.factor > 1

    def test_nothing_is_promised_beyond_the_last_entity(self) -> None:
        """The lower end never reaches 1: n entities do not exclude a share of 1 - 0.05^(1/n) that comes later."""
        assert self.BAND.pointwise_lower[-1] <= 0.05 ** (1 / 300)
        assert self.BAND.upper[0] > 0

    @pytest.mark.parametrize("upper_ns", [NEVER, 5])
    def test_few(self, upper_ns: int) -> None:
        """One entity says next to nothing, seen or not."""
        band = band_of(np.array([0]), np.array([upper_ns]))
        assert band.lower.max() < 0.01
        assert band.upper.min() > 0.99

    def test_before_a_jump(self) -> None:
        """Where all become visible at one instant, the misses before it bound the share there: it is not as large as
        behind the jump."""
        random = np.random.default_rng(5)
        band = band_of(*poll(random, np.full(300, 100.0 * UNIT_NS), 50 * UNIT_NS))
        assert band.upper[band.times_ns < 50 * UNIT_NS].max() < 0.1
        assert band.lower[-1] > 0.9


class TestResampling:
    def test_shares_scatter_as_a_binomial(self) -> None:
        """With exact values the share below a time is a count, so its resampled spread is the binomial one."""
        values_ns = np.arange(1, 101)
        cells = find_cells(values_ns, values_ns)
        drawn = resample(cells, maximize(cells.ranges).masses[0], 3, 300)
        shares = drawn.bound_shares(np.array([30]))[0]
        assert np.mean(shares) == pytest.approx(0.3, abs=0.01)
        assert np.std(shares) == pytest.approx(binom(100, 0.3).std() / 100, rel=0.15)

    def test_fewer_cells_are_enough(self) -> None:
        """Of 1,200 entities mass is sought on part of the cells, and on all that the estimate uses; the masses of each
        set sum to 1 and scatter about the estimate."""
        cells = find_cells(*simulate(np.random.default_rng(3), 1_200))
        masses = maximize(cells.ranges).masses[0]
        drawn = resample(cells, masses, 1, 60)
        assert len(drawn.first_ns) < len(cells.first_ns)
        assert set(cells.first_ns[masses > 0].tolist()) <= set(drawn.first_ns.tolist())
        assert drawn.masses.sum(axis=1) == pytest.approx(1)
        place = len(cells.first_ns) // 2
        shares = drawn.bound_shares(cells.last_ns[place : place + 1])[0]
        assert np.mean(shares) == pytest.approx(masses[: place + 1].sum(), abs=0.02)

    def test_many_sets_together_are_each_alone(self) -> None:
        """A search for several sets of weights finds the masses that a search for each of them finds."""
        ranges = find_cells(*simulate(np.random.default_rng(4), 80)).ranges
        weights = np.random.default_rng(5).exponential(size=(6, len(ranges.begins)))
        together = maximize(ranges.weigh(weights))
        for row in range(6):
            alone = maximize(ranges.weigh(weights[row : row + 1]))
            assert together.log_likelihood[row] == pytest.approx(alone.log_likelihood[0], abs=1e-4)
            assert max(together.gap[row], alone.gap[0]) <= 1e-7


@pytest.mark.slow
class TestCoverage:
    def test_of_simulated_runs(self) -> None:
        """Of 25 runs nearly all pointwise bands hold the truth at p50 and p90, and nearly all curves lie within the
        simultaneous band at every time, which is at the times of its steps; the benchmark «coverage» asks 500 runs for
        92 to 98 %."""
        random, levels = np.random.default_rng(11), np.array((0.5, 0.9))
        truth_ns = (-MEAN_NS * np.log(1 - levels)).astype(np.int64)
        pointwise, whole = [], []
        for run in range(25):
            band = band_of(*simulate(random, 200), seed=run, resamples=60)
            low, high = bound_at(band, truth_ns, band.pointwise_lower, band.pointwise_upper)
            pointwise.append((low <= levels) & (levels <= high))
            share = 1 - np.exp(-band.times_ns / MEAN_NS)
            whole.append(((band.lower <= share) & (share <= band.upper)).all())
        assert np.mean(pointwise) > 0.8
        assert np.mean(whole) > 0.8
