"""What a follower has heard, and what the writer's history knows besides."""

from collections import Counter
from pathlib import Path

import pytest

from consistency.clock import Clock
from consistency.operation import Action
from consistency.schedule import name_item, plan_streams
from consistency.store import Store, StoreError
from consistency.workers.heard import Heard, recall_announcements
from tests.fakes import FakeStore
from tests.whole_runs import plan_of, run_over


class TestRecalled:
    @pytest.mark.parametrize(("workload", "revision"), [("create", 1), ("update", 2)])
    def test_all_but_what_did_not_happen(self, workload: str, revision: int, tmp_path: Path) -> None:
        """As it was announced: by the last change of a life, with when that was known, and not if it surely failed."""
        plan = plan_of(entities=4, workload=workload, probes={"key_get": {}, "global_query": {}})
        failing: dict[tuple[str, int], int | StoreError] = {
            ("insert", 3): StoreError("RESOURCE_EXHAUSTED", "no", definite=True)
        }

        def fail_once(ticking: Clock) -> Store:
            return FakeStore(ticking, plans=failing)

        history = run_over(plan, tmp_path, fail_once)
        heard, paths = Heard(plan), list(tmp_path.rglob("history-writer.jsonl"))
        told = [each for _ in range(2) for each in recall_announcements(plan, 5, paths) if heard.add(each)]
        streams = {stream.name: stream for stream in plan_streams(plan)}
        assert all(each.item == name_item(5, streams[each.stream], each.index) for each in told)
        assert Counter(each.revision for each in told) == {revision: 7}
        looked_for = {call.item for call in history if call.action in {Action.KEY_GET, Action.GLOBAL_QUERY}}
        assert looked_for == {each.item for each in told}
        known_ns = {(call.item, call.revision): call.completed_ns for call in history if call.process == "writer"}
        assert all(known_ns[each.item, revision] == each.acknowledged_ns for each in told)
