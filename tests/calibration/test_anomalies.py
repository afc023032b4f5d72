"""Anomalies: what a model of the emulator plants is found by its checkers, and nothing else is."""

from pathlib import Path
from typing import Any

import pytest

from consistency import flow
from tests.whole_runs import plan_of, run_plan

MODELS = frozenset(  # of consistency: whole, so that each anomaly breaks some of them, too
    (
        *("staleness", "safe", "regular", "atomic", "linearizable", "gamma", "delta", "k_atomicity"),
        *("monotonic_writes", "sequential", "causal"),
    )
)
BACK_IN_TIME = {"flicker", "missing", "monotonic_reads", "monotonic_by_session"}
PROBE: dict[str, Any] = {"interval": "50ms", "confirm": 4, "confirm_for": "2s"}
QUERY, KEYS = {"global_query": PROBE}, {"keys_only_query": PROBE}
OLD, OLD_KEYS = {"global_query": PROBE | {"match": "old"}}, {"keys_only_query": PROBE | {"match": "old"}}
NEWEST = {"ordered_query": PROBE}
STRONG = {"model": "strong"}
COIN = {"model": "per_read", "consistency": 0.7, "settle": "2s"}
REPLICAS = {"model": "replicas", "replicas": 3, "apply_b": "20ms | 100ms | lognormal:400ms,0.5"}
AT_ONCE = {"model": "megastore", "apply_a": "0", "apply_b": "0"}
APART = {"model": "megastore", "apply_a": "0", "apply_b": "lognormal:200ms,0.8"}  # rows follow their bodies

PLANTED: dict[str, tuple[str, dict[str, Any], dict[str, Any], set[str]]] = {
    "nothing: a strong store": ("create", STRONG, QUERY | {"eventual_get": PROBE}, set()),
    "nothing: strong updates": ("update", STRONG, QUERY | OLD_KEYS | NEWEST, set()),
    "nothing: strong deletions": ("delete", STRONG, QUERY | KEYS, set()),
    "nothing: strong re-creations": ("recreate", STRONG, QUERY | KEYS, set()),
    "nothing: applied at once": ("update", AT_ONCE, QUERY | OLD_KEYS, set()),
    "late rows": ("create", APART, QUERY, {"missing"}),
    "late rows of an update": ("update", APART, QUERY, {"missing"}),
    "flicker: a coin for each read": ("create", COIN, QUERY, BACK_IN_TIME),
    "back in time: any of three replicas": ("create", REPLICAS | {"routing": "random"}, QUERY, BACK_IN_TIME),
    "one replica": ("create", REPLICAS | {"routing": "sticky"}, QUERY, {"missing"}),
    "stale match: keys": ("update", APART, OLD_KEYS, {"stale_match"}),
    "stale match: entities": ("update", APART, OLD, {"stale_match"}),
    "wrong limit: old rows come and go among the newest": (
        "update",
        APART,
        NEWEST,
        {"wrong_order", "missing", "flicker"},
    ),
    "ghosts: keys": ("delete", APART, KEYS, {"ghosts"}),
    "no ghosts: without a body a row gives no entity": ("delete", APART, QUERY, set()),
    "late rows of a re-creation": ("recreate", APART, KEYS, {"missing"}),
    "nothing is ever applied": ("create", {"model": "manual"}, QUERY, {"missing", "never_read", "set_full"}),
}


def find_broken(workload: str, target: dict[str, Any], probes: dict[str, Any], out: Path, age: str = "5s") -> set[str]:
    """The checkers that found something in a run of 30 entities."""
    plan = plan_of(
        entities=30, rate="4/s", deadline="5s", seed=24, workload=workload, probes=probes, target=target, age=age
    )
    findings = flow.judge_run(run_plan(plan, out)).judgement.findings
    return {finding.checker for finding in findings if len(finding.anomalies)}


class TestPlanted:
    @pytest.mark.slow
    @pytest.mark.parametrize("name", PLANTED)
    def test_is_found_and_nothing_else(self, name: str, tmp_path: Path) -> None:
        """By the checkers of that very anomaly; models of consistency are broken only where there is one."""
        workload, target, probes, planted = PLANTED[name]
        broken = find_broken(workload, target, probes, tmp_path)
        assert broken - MODELS == planted
        assert planted or not broken

    @pytest.mark.slow
    def test_wrong_order_alone(self, tmp_path: Path) -> None:
        """Where the old row is among the newest as well, the entity is found at once, at the place of its old value."""
        assert find_broken("update", APART, NEWEST, tmp_path, age="1s") - MODELS == {"wrong_order"}
