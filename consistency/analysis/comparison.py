"""Comparison: do two runs differ, in which direction, and by how much?

The intervals of one action in two runs come in, a Comparison goes out: a test of whether they differ at all (the
permutation test of `scores`), the probability that an entity of the second waits longer, and for p50, p90 and p99 the
difference and the relative change with 95 % intervals, by resampling the entities of both runs.

The quantile of a distribution that is known only as intervals is an interval itself, so the difference of two is one:
from the second's lower end minus the first's upper end to the opposite. Where probes resolve well this adds little;
where they do not (a key get whose first attempt always hits) it says so, instead of comparing two round trips.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from consistency.analysis.carrying import needed_for_interval
from consistency.analysis.judgement import QuantileEstimate
from consistency.analysis.likelihood import maximize
from consistency.analysis.npmle import (
    Distribution,
    QuantilePoint,
    estimate_distribution,
    find_cells,
    make_distribution,
)
from consistency.analysis.quantiles import estimate_quantiles
from consistency.analysis.ranges import Reals
from consistency.analysis.resampling import RESAMPLES, Resampled, resample
from consistency.analysis.scores import RankTest, examine_trend, score
from consistency.history import Column

COMPARED: Final = (Fraction(1, 2), Fraction(9, 10), Fraction(99, 100))
_TAIL: Final = 0.025  # beyond each end of a two-sided interval
_BOUND: Final = 0.05  # beyond a one-sided bound


@dataclass(frozen=True, slots=True)
class Range:
    """A number with its 95 % interval and its one-sided 95 % bounds. An end is infinite where it is not bounded;
    `point` is None where a quantile was not seen."""

    point: float | None
    lower: float
    upper: float
    bound_lower: float
    bound_upper: float


@dataclass(frozen=True, slots=True)
class QuantileChange:
    """One quantile in two runs: what each run's own page says of it, by rank; and how far apart the most likely
    distributions are there, which is finer. `needs` is how many entities each must have for its interval to be bounded;
    where one has fewer, resampling cannot know the tail, and the ranges are unbounded."""

    quantile: Fraction
    needs: int
    first: QuantileEstimate
    second: QuantileEstimate
    difference_ns: Range
    change: Range  # relative: 0.2 is 20 % longer in the second run


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two runs of one action. `later`: the probability that an entity of the second run waits longer than one of the
    first (ties and overlaps count half), 0.5 where they do not differ."""

    first: Distribution
    second: Distribution
    test: RankTest
    later: float
    changes: tuple[QuantileChange, ...]


def compare(
    first: tuple[Column, Column],
    second: tuple[Column, Column],
    seed: int,
    quantiles: Sequence[Fraction] = COMPARED,
    resamples: int = RESAMPLES,
) -> Comparison:
    """Compare the (lower, upper) ends, in ns, of two runs; each must have one entity at least."""
    (one, one_drawn), (other, other_drawn) = (
        _draw(ends, [seed, place], resamples) for place, ends in enumerate((first, second))
    )
    counted = zip(*(estimate_quantiles(*ends, quantiles) for ends in (first, second)), strict=True)
    changes = tuple(_compare_quantile(each, (one, other), (one_drawn, other_drawn)) for each in counted)
    return Comparison(one, other, *compare_ranks(first, second), changes)


def compare_ranks(first: tuple[Column, Column], second: tuple[Column, Column]) -> tuple[RankTest, float]:
    """The test of whether two runs differ, and the probability that an entity of the second waits longer."""
    lower_ns, upper_ns = (np.concatenate(ends) for ends in zip(first, second, strict=True))
    scores = score(estimate_distribution(lower_ns, upper_ns), lower_ns, upper_ns)
    in_second = np.repeat((0.0, 1.0), (len(first[0]), len(second[0])))
    apart = float(scores[in_second == 1].mean() - scores[in_second == 0].mean())
    return examine_trend(scores, in_second), 0.5 + apart / 2


def _draw(ends: tuple[Column, Column], seed: list[int], resamples: int) -> tuple[Distribution, Resampled]:
    cells = find_cells(*ends)
    best = maximize(cells.ranges)
    whole = make_distribution(cells.first_ns, cells.last_ns, cells.ranges, best)
    return whole, resample(cells, best.masses[0], seed, resamples)


def _compare_quantile(
    counted: tuple[QuantileEstimate, QuantileEstimate],
    both: tuple[Distribution, Distribution],
    drawn: tuple[Resampled, Resampled],
) -> QuantileChange:
    quantile = counted[0].quantile
    needs = needed_for_interval(quantile)
    bounded = min(each.n for each in both) >= needs
    ends = [each.find_ends(quantile) for each in drawn] if bounded else None
    first, second = (each.find_quantile(quantile) for each in both)
    return QuantileChange(quantile, needs, *counted, *_range_changes(first, second, ends))


def _range_changes(
    first: QuantilePoint, second: QuantilePoint, ends: list[tuple[Reals, Reals]] | None
) -> tuple[Range, Range]:
    before, after = first.point_ns, second.point_ns
    apart = None if before is None or after is None else after - before
    relative = None if apart is None or not before else apart / before
    if ends is None:
        return tuple(Range(point, -np.inf, np.inf, -np.inf, np.inf) for point in (apart, relative))  # type: ignore[return-value]  # two of them
    (one_lower, one_upper), (two_lower, two_upper) = ends
    with np.errstate(invalid="ignore", divide="ignore"):  # what is not bounded is told by _range
        difference = _range(apart, two_lower - one_upper, two_upper - one_lower)
        return difference, _range(relative, two_lower / one_upper - 1, two_upper / one_lower - 1)


def _range(point: float | None, lower: Reals, upper: Reals) -> Range:
    """From the resampled lower and upper ends; infinity minus infinity is not a number and bounds nothing."""
    lower, upper = np.where(np.isnan(lower), -np.inf, lower), np.where(np.isnan(upper), np.inf, upper)
    low, bound_low = np.quantile(lower, (_TAIL, _BOUND), method="lower").tolist()
    high, bound_high = np.quantile(upper, (1 - _TAIL, 1 - _BOUND), method="higher").tolist()
    return Range(point, low, high, bound_low, bound_high)
