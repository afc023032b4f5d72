"""Distributions: what is estimated of a whole run lies on the curve that the emulator planted."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

from benchmarks.truths import (
    GOAL_POINTS,
    LOGNORMAL,
    UNIFORM,
    Known,
    make_plan,
    measure_distance,
    run_once,
    simulate_distance,
)
from consistency import flow
from consistency.analysis.bands import draw_band
from consistency.analysis.npmle import estimate_distribution
from consistency.analysis.ranges import Reals
from consistency.history import Column
from consistency.plan import Plan

MEDIAN_NS, SPREAD = 200_000_000, 0.8  # of LOGNORMAL


def trace_planted(known: Known, times_ns: Column, median_ns: int) -> Reals:
    """The planted share visible at times since the acknowledgement: the lag counts from the commit, which the log says
    was that much earlier."""
    head_starts_ns = [
        known.truth.origin_ns + each.acknowledged_ns - known.truth.commits[each.item.name][0].committed_ns
        for each in known.entities
    ]
    since_ns = np.maximum(times_ns[:, None] + np.array(head_starts_ns)[None, :], 1)
    shares: Reals = norm.cdf(np.log(since_ns / median_ns) / SPREAD).mean(axis=1)
    return shares


class TestVirtualTime:
    @pytest.mark.slow
    def test_the_estimate_lies_on_the_truth(self, tmp_path: Path) -> None:
        """At n = 10,000 within 1.5 points at all ends of the support intervals, where polling is fine."""
        assert run_once(make_plan(10_000, UNIFORM, "12ms"), tmp_path) < GOAL_POINTS

    def test_coarse_polling_costs_entities_and_no_truth(self) -> None:
        """At four times the interval the distance is beyond the goal, and shrinks with the number of entities."""
        assert simulate_distance(UNIFORM, "12ms", 10_000, seed=1) < GOAL_POINTS
        few, many = (simulate_distance(UNIFORM, "50ms", n, seed=1) for n in (1_000, 40_000))
        assert few > GOAL_POINTS
        assert many < 0.6 * few

    def test_a_wrong_estimate_is_told(self) -> None:
        """Of exact values the distance is 0, and of the same values a little later it is not."""
        truths_ns = np.arange(1, 101)
        distribution = estimate_distribution(truths_ns, truths_ns)
        assert measure_distance(distribution, truths_ns) == pytest.approx(0)
        assert measure_distance(distribution, truths_ns + 5) == pytest.approx(0.05)


class TestRealTime:
    @pytest.mark.slow
    def test_over_grpc_the_planted_curve_lies_in_the_band(self, tmp_path: Path) -> None:
        """At n = 300, with the emulator in a process of its own: in the simultaneous band everywhere, and each interval
        contains its truth. A curve that is twice as late lies outside."""
        tree = {"entities": 300, "rate": "40/s", "seed": 11, "target": {"lag": LOGNORMAL}}
        plan = Plan.model_validate(tree | {"probes": {"global_query": {"interval": "50ms", "confirm": 0}}})
        archive = flow.measure(flow.prepare(plan, "band", tmp_path, None), "band", None).archive
        (found,) = flow.judge_run(archive).calibration
        assert (found.n, found.contained) == (300, 300)
        known = Known.of(archive)
        band = draw_band(known.entities.lower_ns, known.entities.upper_ns, seed=1)

        def leaves_band(median_ns: int) -> bool:
            planted = trace_planted(known, band.times_ns, median_ns)
            return bool((planted < band.lower).any() or (planted > band.upper).any())

        assert not leaves_band(MEDIAN_NS)
        assert leaves_band(2 * MEDIAN_NS)
