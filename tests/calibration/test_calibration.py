"""Calibration, the test that matters most: every interval of a whole run contains the emulator's own truth."""

import tempfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency import flow
from consistency.analysis.calibration import calibrate
from consistency.analysis.judgement import ActionSummary, Judgement, Visibility
from consistency.flow import Judged
from consistency.operation import Action
from consistency.plan import Plan

LAGS = ["0", "fixed:150ms", "uniform:0,400ms", "exponential:100ms", "lognormal:200ms,0.8", "classes:90%=5ms,10%=3s"]


def run_plan(tree: dict[str, Any], folder: Path) -> Judged:
    """Run the plan and judge it."""
    order = flow.prepare(Plan.model_validate(tree), "calibration", folder, None)
    return flow.judge_run(flow.measure(order, "calibration", None).archive)


def contained(judged: Judged) -> list[tuple[Action, int, int]]:
    """Per action: its entities, and how many of their intervals contain the truth."""
    return [(found.action, found.n, found.contained) for found in judged.calibration]


def probes() -> st.SearchStrategy[dict[str, Any]]:
    """Any way to probe."""
    return st.fixed_dictionaries(
        {
            "interval": st.sampled_from(["7ms", "50ms", "300ms"]),
            "dither": st.booleans(),
            "backoff": st.sampled_from([1.0, 1.5, 3.0]),
            "backoff_after": st.sampled_from(["0", "200ms", "1s"]),
            "max_open": st.sampled_from([1, 2, 100]),
            "confirm": st.integers(0, 4),
            "confirm_for": st.sampled_from(["0", "100ms", "1s"]),
        }
    )


@st.composite
def plans(draw: st.DrawFn) -> dict[str, Any]:
    """Any plan on virtual time."""
    actions = draw(st.sets(st.sampled_from(["global_query", "key_get", "ancestor_query"]), min_size=1))
    return {
        "entities": draw(st.integers(1, 12)),
        "rate": draw(st.sampled_from(["1/s", "7/s", "200/s"])),
        "deadline": draw(st.sampled_from(["100ms", "1s", "10s"])),
        "seed": draw(st.integers(0, 10**6)),
        "virtual_time": True,
        "probe_isolation": draw(st.booleans()),
        "target": {
            "model": "megastore",
            "apply_a": draw(st.sampled_from(LAGS)),
            "apply_b": draw(st.sampled_from(LAGS)),
            "latency": draw(st.sampled_from(["0", "uniform:200us,600us", "exponential:20ms"])),
        },
        "probes": {action: draw(probes()) for action in sorted(actions)},
    }


class TestVirtualTime:
    @pytest.mark.slow
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(tree=plans())
    def test_every_interval_contains_the_truth(self, tree: dict[str, Any]) -> None:
        """Whatever the plan: probes, lags, latencies, isolation or none."""
        with tempfile.TemporaryDirectory() as folder:
            judged = run_plan(tree, Path(folder))
        assert all(n == hits == tree["entities"] for _, n, hits in contained(judged)), contained(judged)

    def test_in_datastore_mode_only_what_asks_for_it_is_late(self, tmp_path: Path) -> None:
        """Eventual gets see a snapshot 250 ms old; queries, which ask for nothing, are strong, as their truth is."""
        asked = ("eventual_get", "key_get", "global_query", "keys_only_query", "count_query", "ordered_query")
        target = {"model": "strong", "eventual_lag": "250ms"}
        tree = {"entities": 20, "virtual_time": True, "target": target, "probes": {name: {} for name in asked}}
        judged = run_plan(tree, tmp_path)
        assert [(n, hits) for _, n, hits in contained(judged)] == [(20, 20)] * len(asked)
        assert [summary.missed_first.count for summary in judged.judgement.actions] == [20, 0, 0, 0, 0, 0]

    def test_no_lag_gives_no_retry(self, tmp_path: Path) -> None:
        """A planted lag of zero is seen by the first attempt of every probe."""
        every: dict[str, Any] = {"global_query": {}, "key_get": {}, "ancestor_query": {}}
        judged = run_plan({"entities": 50, "virtual_time": True, "target": {"lag": "0"}, "probes": every}, tmp_path)
        assert [summary.retries for summary in judged.judgement.actions] == [{0: 50}] * 3

    def test_a_wrong_bound_is_caught(self, tmp_path: Path) -> None:
        """Were the lower end the miss's completion, the truth would lie outside: the comparison can fail."""
        tree = {
            "entities": 300,
            "seed": 5,
            "virtual_time": True,
            "target": {"lag": "exponential:100ms", "latency": "exponential:20ms"},
            "probes": {"global_query": {"interval": "20ms"}},
        }
        judged = run_plan(tree, tmp_path)
        assert contained(judged) == [(Action.GLOBAL_QUERY, 300, 300)]
        wrong = spoil(judged.judgement)
        (found,) = calibrate(judged.plan, wrong, judged.archive.truth, judged.manifest.origin_ns).calibrations
        assert found.contained < 300


def spoil(judgement: Judgement) -> Judgement:
    """The same judgement with lower ends taken from the completion of the last miss instead of its invocation."""

    def move(visibility: Visibility) -> Visibility:
        misses = [attempt for attempt in visibility.attempts if attempt.told == "miss"]
        if not misses or misses[-1].completed_ns is None:
            return visibility
        return replace(visibility, lower_ns=misses[-1].completed_ns - visibility.acknowledged_ns)

    def spoil_action(summary: ActionSummary) -> ActionSummary:
        return replace(summary, visibilities=tuple(move(visibility) for visibility in summary.visibilities))

    return replace(judgement, actions=tuple(spoil_action(summary) for summary in judgement.actions))


class TestRealTime:
    @pytest.mark.slow
    @pytest.mark.parametrize("client", ["async", "library"])
    def test_over_grpc_every_interval_contains_the_recorded_truth(self, client: str, tmp_path: Path) -> None:
        """A planted fixed 600 ms, the real client, the emulator in a process of its own."""
        tree = {
            "entities": 40,
            "rate": "20/s",
            "client": client,
            "target": {"lag": "fixed:600ms"},
            "probes": {"global_query": {"interval": "80ms"}, "key_get": {}, "ancestor_query": {"ancestor": "grandpa"}},
        }
        judged = run_plan(tree, tmp_path)
        assert [(n, hits) for _, n, hits in contained(judged)] == [(40, 40)] * 3
        query, get, ancestor = judged.judgement.actions
        assert query.missed_first.count == 40
        assert (get.missed_first.count, ancestor.missed_first.count) == (0, 0)
        median = next(estimate for estimate in query.quantiles if estimate.quantile == Fraction(1, 2))
        assert median.upper_ns is not None
        assert median.lower_ns < 600_000_000
        assert median.upper_ns > 500_000_000  # the lag counts from the commit, which lies before the acknowledgement
