"""What n entities can say: the published smallest n, and whether planned numbers decide as often as promised."""

from fractions import Fraction

import pytest
from scipy.stats import binom

from consistency.analysis.carrying import list_carried, needed_for_interval, needed_without_event, plan_entities
from consistency.analysis.quantiles import ERROR, QUANTILES, upper_rank
from consistency.analysis.shares import measure_share

P99 = Fraction(99, 100)


class TestSmallest:
    @pytest.mark.parametrize(("quantile", "n"), [*zip(QUANTILES, (6, 36, 72, 368, 3688), strict=True)])
    def test_two_sided(self, quantile: Fraction, n: int) -> None:
        """The published n, and those at which the rank of the upper end exists."""
        assert needed_for_interval(quantile) == n
        assert [upper_rank(count, quantile, ERROR / 2) <= count for count in (n - 1, n)] == [False, True]

    def test_of_600(self) -> None:
        """600 entities carry p99 with both ends, and p99.9 not at all."""
        carried = list_carried(600)
        assert [(each.carried, each.bounded) for each in carried] == [(True, True)] * 4 + [(False, False)]
        assert [each.needs for each in carried] == [5, 29, 59, 299, 2995]
        assert [(each.carried, each.bounded) for each in list_carried(300)][3] == (True, False)

    @pytest.mark.parametrize(("limit", "n"), [(Fraction(5, 100), 59), (Fraction(1, 1000), 2995)])
    def test_without_event(self, limit: Fraction, n: int) -> None:
        """From n on, no event in n bounds the share by the limit."""
        assert needed_without_event(limit) == n
        assert measure_share(0, n).upper <= limit < measure_share(0, n - 1).upper


class TestPlanned:
    @pytest.mark.parametrize("expected", [0.995, 0.999, 1.0])
    def test_decides_as_often_as_promised(self, expected: float) -> None:
        """With the planned n the claim holds with the asked probability, and with a tenth less it does not."""
        n = plan_entities(P99, expected, 0.8)
        assert n is not None
        chances = [binom(count, expected).sf(upper_rank(count, P99, ERROR) - 1) for count in (n, n * 9 // 10)]
        assert chances[0] >= 0.8 > chances[1]

    def test_hopeless(self) -> None:
        """No number of entities shows what is not true."""
        assert plan_entities(P99, 0.99) is None
        assert plan_entities(P99, 0.9) is None
