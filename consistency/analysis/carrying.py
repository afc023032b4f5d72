"""Carrying: what n entities can say before any of them is written, and how many a claim needs.

A number of entities, a quantile or a limit come in, plain numbers go out. Two answers differ: the smallest n at which a
claim can hold at all (every entity must then be within the limit), and the n at which it probably will, if the store is
as good as expected. The first is what a plan must have; the second is what a plan should have.

A claim about a share of events («at most 0.1 % of reads are stale») is one about a quantile: that of 99.9 %.
"""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log
from typing import Final

from scipy.special import bdtrc

from consistency.analysis.quantiles import ERROR, QUANTILES, needed_entities, upper_rank

POWER: Final = 0.8
_MOST_ENTITIES: Final = 10**8


@dataclass(frozen=True, slots=True)
class Carried:
    """What n entities say of a quantile. `carried`: a claim about it can hold (from `needs` entities on); `bounded`:
    its two-sided 95 % interval has an upper end, too (from `needs_bounded` on)."""

    quantile: Fraction
    n: int
    needs: int
    needs_bounded: int

    @property
    def carried(self) -> bool:
        """Whether the one-sided 95 % bound is finite."""
        return self.n >= self.needs

    @property
    def bounded(self) -> bool:
        """Whether the two-sided 95 % interval is."""
        return self.n >= self.needs_bounded


def list_carried(n: int, quantiles: Iterable[Fraction] = QUANTILES) -> tuple[Carried, ...]:
    """What n entities say of each quantile (p50, p90, p95, p99, p99.9)."""
    return tuple(Carried(each, n, needed_entities(each), needed_for_interval(each)) for each in quantiles)


def needed_for_interval(quantile: Fraction) -> int:
    """The smallest n at which the two-sided 95 % interval has an upper end: quantile^n <= 2.5 %.
    (6, 36, 72, 368 and 3,688 for QUANTILES.)"""
    return ceil(log(ERROR / 2) / log(quantile))


def needed_without_event(limit: Fraction) -> int:
    """The smallest n of which no event bounds a share by `limit`: 1 - 0.05^(1/n) <= limit."""
    return needed_entities(1 - limit)


def plan_entities(quantile: Fraction, expected: float, power: float = POWER) -> int | None:
    """How many entities decide a claim about `quantile` with probability `power`, if the share `expected` of them is
    within its limit; None where no number does, because the expected share is not above the quantile.

    The claim holds where at least upper_rank(n) of n are within the limit; their number is Binomial(n, expected). The
    chance of that saws up and down a little with n; the n returned is the first of a doubling and halving search.
    """
    if expected <= quantile:
        return None
    least = needed_entities(quantile)
    if _chance(least, quantile, expected) >= power:
        return least
    most = least
    while _chance(most, quantile, expected) < power:
        most *= 2
        if most > _MOST_ENTITIES:
            return None
    return bisect_left(range(most), True, lo=most // 2, key=lambda n: _chance(n, quantile, expected) >= power)


def _chance(n: int, quantile: Fraction, expected: float) -> float:
    rank = upper_rank(n, quantile, ERROR)
    return float(bdtrc(rank - 1, n, expected)) if rank <= n else 0.0
