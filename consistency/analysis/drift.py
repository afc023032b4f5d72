"""Drift: does visibility change over a run, and from hour to hour?

The intervals of one action come in, each with the time of its write; a Drift and the hours go out. Whether latencies
grow or fall with time is told by the trend of their scores, so an entity that was never seen counts as late and no time
is made up for it. By how much is told by the median of the last half minus that of the first.

    time of the run  |-- first half: median --|-- last half: median --|      difference = last - first

The trend test sees a steady change and not a wave that returns to where it began; the test of the hours sees both. With
several hundred entities each finds changes that do not matter, so the difference stands beside the p value.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from consistency.analysis.comparison import QuantileChange, compare
from consistency.analysis.judgement import QuantileEstimate
from consistency.analysis.npmle import estimate_distribution
from consistency.analysis.quantiles import QUANTILES, estimate_quantiles
from consistency.analysis.resampling import RESAMPLES
from consistency.analysis.scores import RankTest, examine_groups, examine_trend, score
from consistency.history import Column

MEDIAN: Final = QUANTILES[0]
LEAST_ENTITIES: Final = 20  # below it neither the tests' distributions nor medians of halves say anything


@dataclass(frozen=True, slots=True)
class Drift:
    """Over the run: the test of a trend, and the median of the last half against that of the first."""

    n: int
    test: RankTest
    median: QuantileChange


@dataclass(frozen=True, slots=True)
class HourPart:
    """The entities that were written in one hour: their median with its exact 95 % interval."""

    hour: int
    median: QuantileEstimate


@dataclass(frozen=True, slots=True)
class HourlyChange:
    """The hours in order, and the test of whether they differ."""

    test: RankTest
    hours: tuple[HourPart, ...]


def measure_drift(
    written_ns: Column, lower_ns: Column, upper_ns: Column, seed: int, resamples: int = RESAMPLES
) -> Drift | None:
    """Whether the latency of entities written at `written_ns` changed over the run; None of fewer than 20."""
    n = len(written_ns)
    if n < LEAST_ENTITIES:
        return None
    order = np.argsort(written_ns, kind="stable")
    lower_ns, upper_ns, half = lower_ns[order], upper_ns[order], n // 2
    scores = score(estimate_distribution(lower_ns, upper_ns), lower_ns, upper_ns)
    halves = (lower_ns[:half], upper_ns[:half]), (lower_ns[half:], upper_ns[half:])
    (median,) = compare(*halves, seed, (MEDIAN,), resamples).changes
    return Drift(n, examine_trend(scores, np.arange(n, dtype=np.float64)), median)


def compare_hours(hours: Column, lower_ns: Column, upper_ns: Column) -> HourlyChange | None:
    """Whether the hours differ: `hours` names each entity's (of the run, or of the day). None of fewer than 20
    entities, or where all were written in one hour."""
    found, groups = np.unique(hours, return_inverse=True)
    if len(hours) < LEAST_ENTITIES or len(found) < 2:
        return None
    scores = score(estimate_distribution(lower_ns, upper_ns), lower_ns, upper_ns)
    parts = tuple(_describe_hour(hour, lower_ns[hours == hour], upper_ns[hours == hour]) for hour in found.tolist())
    return HourlyChange(examine_groups(scores, groups), parts)


def _describe_hour(hour: int, lower_ns: Column, upper_ns: Column) -> HourPart:
    (median,) = estimate_quantiles(lower_ns, upper_ns, [MEDIAN])
    return HourPart(hour, median)
