"""Shares: published intervals, and the share of events that none in n excludes."""

import pytest
from scipy.stats import binomtest

from consistency.analysis.shares import measure_share


class TestShares:
    @pytest.mark.parametrize(
        ("n", "percent"), [(60, 4.87), (100, 2.95), (600, 0.498), (3600, 0.0832), (86400, 0.00347)]
    )
    def test_no_event(self, n: int, percent: float) -> None:
        """Without an event in n the share is at most 1 - 0.05^(1/n): the published figures."""
        share = measure_share(0, n)
        assert share.lower == 0
        assert share.upper == pytest.approx(1 - 0.05 ** (1 / n))
        assert float(f"{100 * share.upper:.3g}") == percent

    def test_clopper_pearson(self) -> None:
        """3 of 3,600 gives 0.0172 % to 0.2433 %."""
        share = measure_share(3, 3600)
        assert (round(100 * share.lower, 4), round(100 * share.upper, 4)) == (0.0172, 0.2433)

    @pytest.mark.parametrize(("count", "n"), [(1, 2), (7, 30), (599, 600)])
    def test_agrees_with_scipy(self, count: int, n: int) -> None:
        """Both ends are those of scipy's exact interval."""
        expected = binomtest(count, n).proportion_ci(0.95, "exact")
        assert (measure_share(count, n).lower, measure_share(count, n).upper) == pytest.approx(tuple(expected))

    def test_all(self) -> None:
        """n of n mirrors 0 of n."""
        assert measure_share(600, 600).lower == pytest.approx(1 - measure_share(0, 600).upper)
        assert measure_share(600, 600).upper == 1

    def test_of_nothing(self) -> None:
        """0 of 0 excludes no share."""
        assert (measure_share(0, 0).lower, measure_share(0, 0).upper) == (0, 1)
