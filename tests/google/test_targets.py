"""Google's emulators as targets: each is started, measured, told apart, and ended."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from consistency import flow
from consistency.analysis.judgement import Verdict
from consistency.clock import monotonic_ns, wait_s
from consistency.operation import Action
from consistency.plan import Plan
from consistency.processes import is_alive
from consistency.upkeep.cleaning import Scope, clean
from tests.components import require_component
from tests.patience import PATIENCE_S
from tests.plans import GOOD, mistake

TRUTHS = {
    "legacy": "Google's legacy emulator, a coin for each read (0.9), seed 3",
    "legacy_firestore": "Google's legacy emulator with --use-firestore-in-datastore-mode, always strong",
    "firestore": "Google's Firestore emulator, always strong",
}


def plan_of(emulator: str, **chosen: object) -> Plan:
    """A small plan that every one of them can answer."""
    tree = {
        "entities": 6,
        "rate": "4/s",
        "deadline": "3s",
        "seed": 3,
        "target": {"backend": "google", "emulator": emulator},
        "probes": {probe: {"confirm": 1} for probe in ("key_get", "global_query", "ordered_query")},
        "claims": {"key_get": "p50 <= 3s"},
    }
    return Plan.model_validate(tree | chosen)


@pytest.mark.google
@pytest.mark.slow
class TestRuns:
    @pytest.mark.parametrize("emulator", TRUTHS)
    def test_the_same_plan_on_each(self, emulator: str, tmp_path: Path) -> None:
        """It is measured, the report says what kind of truth it was, and nothing is left behind."""
        require_component("cloud-firestore-emulator" if emulator == "firestore" else "cloud-datastore-emulator")
        order = flow.prepare(plan_of(emulator), "google", tmp_path, emulator)
        judged = flow.judge_run(flow.measure(order, "google", None).archive)
        assert judged.manifest.truth.startswith(TRUTHS[emulator])
        assert [action.n for action in judged.judgement.actions] == [6, 6, 6]
        assert judged.judgement.verdict is Verdict.HOLDS
        assert not (order.archive.folder / "emulator.json").exists()

    @pytest.mark.parametrize("keeper_too", [False, True])
    def test_none_outlives_a_killed_run(self, keeper_too: bool, tmp_path: Path) -> None:
        """With -9, in the middle of it: its keeper ends it, and where that was killed too, `clean` does."""
        require_component("cloud-datastore-emulator")
        (tmp_path / "plan.toml").write_text(GOOD.replace("entities = 3", "entities = 300"))
        command = [sys.executable, "-m", "consistency", "run", "plan.toml", "--target", "google", "--run", "one", "-q"]
        harness = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
        folder, record = tmp_path / "runs" / "plan" / "one", tmp_path / "runs" / "plan" / "one" / "emulator.json"
        while not (folder / "history-writer.jsonl").exists() and harness.poll() is None:
            wait_s(0.05)
        server = json.loads(record.read_bytes())
        if keeper_too:
            os.kill(server["owner"]["pid"], signal.SIGKILL)
        os.kill(harness.pid, signal.SIGKILL)
        harness.wait()
        if keeper_too:
            assert is_alive(server)
            assert clean(tmp_path / "runs", Scope(), dry_run=False).processes == 1
        give_up_ns = monotonic_ns() + int(PATIENCE_S * 1e9)
        while (is_alive(server) or record.exists()) and monotonic_ns() < give_up_ns:
            wait_s(0.05)
        assert not is_alive(server)
        assert not record.exists()


class TestPlans:
    @pytest.mark.parametrize(
        ("emulator", "probe"),
        [("legacy", "count_query"), ("legacy_firestore", "read_time_get"), ("firestore", "eventual_get")],
    )
    def test_what_one_cannot_be_asked(self, emulator: str, probe: str) -> None:
        """Is left out and marked, so that one plan can be asked of all; a claim about it is not refused."""
        target = {"backend": "google", "emulator": emulator}
        claims = {probe: "always visible"}
        plan = Plan.model_validate({"target": target, "probes": {"key_get": {}, probe: {}}, "claims": claims})
        assert list(plan.probes) == ["key_get"]
        assert list(plan.unsupported) == [probe]
        assert plan.unsupported[Action(probe)].startswith(f"Google's {emulator.replace('_', ' ')} emulator has no ")
        assert Plan.model_validate_json(plan.model_dump_json()) == plan

    def test_one_that_can_be_asked_nothing(self, tmp_path: Path) -> None:
        """Then there is nothing to measure."""
        text = GOOD.partition("[probes]")[0] + '[probes]\ncount_query = {}\n[target]\nbackend = "google"\n'
        assert "probes.count_query: Google's legacy emulator has no aggregations" in mistake(tmp_path, text)

    def test_a_share_is_the_coins(self, tmp_path: Path) -> None:
        """The strong ones have none."""
        text = f'{GOOD}[target]\nbackend = "google"\nemulator = "firestore"\nconsistency = 0.5\n'
        assert "target.consistency: is a coin's" in mistake(tmp_path, text)

    def test_it_is_googles(self, tmp_path: Path) -> None:
        """Another target has no such setting."""
        assert "target.emulator: is one of Google's" in mistake(tmp_path, GOOD + '[target]\nemulator = "legacy"\n')

    def test_the_legacy_one_is_the_default(self) -> None:
        """And its share is what Google's own is."""
        target = Plan.model_validate({"target": {"backend": "google"}, "probes": {"key_get": {}}}).target
        assert (target.emulator, target.consistency) == ("legacy", 0.9)
