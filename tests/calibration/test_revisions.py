"""Revisions: where an entity is changed after its creation, each interval contains the truth of the change."""

from pathlib import Path
from typing import Any

import pytest

from consistency import flow
from tests.whole_runs import plan_of, run_plan

MEGASTORE = {"model": "megastore", "apply_a": "uniform:0,300ms", "apply_b": "lognormal:200ms,0.8"}
STICKY = {"model": "replicas", "replicas": 3, "apply_b": "20ms | 100ms | 400ms", "routing": "sticky"}
LEGACY = ("global_query", "keys_only_query", "projection_query", "count_query", "gql_query", "eventual_get", "key_get")
ASKED: dict[str, Any] = {action: {"interval": "40ms"} for action in LEGACY}
OLD = {"interval": "40ms", "match": "old"}


class TestEachRevision:
    @pytest.mark.slow
    @pytest.mark.parametrize("target", [MEGASTORE, STICKY], ids=["megastore", "replicas"])
    @pytest.mark.parametrize("age", ["2s", "100ms"])
    @pytest.mark.parametrize(
        ("workload", "probes"),
        [
            ("update", ASKED),
            ("update", dict.fromkeys(LEGACY[:5], OLD)),
            ("delete", ASKED),
            ("recreate", ASKED),
        ],
        ids=["update", "the old value", "delete", "recreate"],
    )
    def test_every_interval_contains_its_truth(
        self, workload: str, probes: dict[str, Any], age: str, target: dict[str, Any], tmp_path: Path
    ) -> None:
        """By rows and by bodies, also where a change follows before the one ahead of it is visible."""
        plan = plan_of(workload=workload, age=age, probes=probes, target=target)
        found = flow.judge_run(run_plan(plan, tmp_path)).calibration
        assert [(each.n, each.contained) for each in found] == [(plan.entities, plan.entities)] * len(probes)

    def test_a_read_at_a_time_counts_from_the_commit_and_its_age(self, tmp_path: Path) -> None:
        """And so a revision is seen that much later."""
        probes = {"read_time_get": {"age": "100ms", "interval": "7ms"}}
        plan = plan_of(workload="update", probes=probes, target={"model": "strong"})
        judged = flow.judge_run(run_plan(plan, tmp_path))
        (found,), (summary,) = judged.calibration, judged.judgement.actions
        assert (found.n, found.contained) == (plan.entities, plan.entities)
        assert min(visibility.lower_ns for visibility in summary.visibilities) > 50_000_000
