"""Runs that compare, runs with faults: their arms, the spans of their faults, and the slots of their writes."""

from pathlib import Path

import pytest

from consistency import flow
from consistency.analysis.arms import split_arms
from consistency.analysis.faults import list_faults
from consistency.analysis.judgement import FaultSpan
from consistency.history import History
from consistency.operation import Action, FaultChange
from consistency.plan import Plan
from consistency.report.frames import make_frames
from consistency.report.interference import say_interference
from consistency.report.material import Material

COMPARING = {
    "entities": 60,
    "rate": "10/s",
    "deadline": "5s",
    "seed": 3,
    "interference": True,
    "virtual_time": True,
    "probes": {"global_query": {"interval": "40ms"}, "key_get": {}},
    "target": {"lag": "600ms"},
}
FAILING = {
    "entities": 40,
    "rate": "10/s",
    "deadline": "5s",
    "seed": 3,
    "virtual_time": True,
    "probes": {"key_get": {}},
    "faults": [{"at": "1s", "for": "1s", "kind": "aborted", "rpc": "commit"}],
}


def judged(tree: dict[str, object], out: Path) -> flow.Judged:
    """A run, judged."""
    plan = Plan.model_validate(tree)
    return flow.judge_run(flow.measure(flow.prepare(plan, "experiment", out, "run"), "experiment", None).archive)


def material(run: flow.Judged) -> Material:
    """What a report is made from."""
    return Material(run.plan, run.manifest, run.judgement, run.calibration, "title")


@pytest.fixture(scope="class")
def comparing(tmp_path_factory: pytest.TempPathFactory) -> flow.Judged:
    """Global queries and key gets, isolated and on the same entities, over a lag that a key get ends."""
    return judged(COMPARING, tmp_path_factory.mktemp("comparing"))


class TestArms:
    def test_share_no_entity_and_no_process(self, comparing: flow.Judged) -> None:
        """Nothing of one arm enters the other."""
        history = History.load(comparing.archive.histories())
        isolated, shared = split_arms(comparing.plan, history)
        assert len(isolated) + len(shared) == len(history)
        names = [{history.processes[place] for place in set(arm.process.tolist())} for arm in (isolated, shared)]
        assert names == [{"writer", "reader"}, {"writer-shared", "reader-shared"}]
        assert not set(isolated.item.tolist()) & set(shared.item.tolist())

    def test_are_the_whole_where_nothing_is_compared(self) -> None:
        """No copy is made."""
        history = History.of([])
        assert split_arms(Plan.model_validate({"probes": {"key_get": {}}}), history) == [history]

    def test_looking_makes_entities_visible_to_others(self, comparing: flow.Judged) -> None:
        """Alone a global query waits for the lag; beside key gets it does not, and the report says so."""
        by_action = {summary.action: summary for summary in comparing.judgement.actions}
        shared = {summary.action: summary for summary in comparing.judgement.shared}
        alone = min(each.lower_ns for each in by_action[Action.GLOBAL_QUERY].visibilities)
        beside = max(each.upper_ns or 0 for each in shared[Action.GLOBAL_QUERY].visibilities)
        assert alone > 500_000_000 > beside
        said = say_interference(material(comparing))
        assert "**global queries** saw 90 % of them **earlier**" in said
        assert "For key gets no difference can be told." in said

    def test_each_entity_has_its_slot(self, comparing: flow.Judged) -> None:
        """In either arm."""
        for summary in (*comparing.judgement.actions, *comparing.judgement.shared):
            assert sorted(each.index for each in summary.visibilities) == list(range(60))


class TestFaults:
    PLAN = Plan.model_validate({"probes": {"key_get": {}}, "faults": FAILING["faults"]})

    def test_are_spans_with_their_words(self) -> None:
        """One that never ended is open; an end without a beginning is nothing."""
        changes = [
            FaultChange("nemesis", 5, "gone", active=False),
            FaultChange("nemesis", 10, "aborted-1", active=True),
            FaultChange("nemesis", 20, "aborted-1", active=False),
            FaultChange("nemesis", 30, "aborted-1", active=True),
        ]
        assert list_faults(self.PLAN, History.of(changes)) == (
            FaultSpan("aborted-1", "aborted on commit", 10, 20),
            FaultSpan("aborted-1", "aborted on commit", 30, None),
        )

    def test_are_bands_in_minutes_of_the_run(self, tmp_path: Path) -> None:
        """Writes that were refused leave their slots empty, and make no later write late."""
        run = judged(FAILING, tmp_path)
        frames = make_frames(material(run))
        assert frames["faults"].to_numpy().tolist() == [[1, pytest.approx(1 / 60), pytest.approx(2 / 60)]]
        (summary,) = run.judgement.actions
        assert sorted(each.index for each in summary.visibilities) == [*range(10), *range(20, 40)]
        assert len(frames["unwritten"]) == 10
        assert frames["pacing"]["late_ms"].max() == 0
