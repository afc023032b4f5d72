"""Without truth: deleting the emulator's own log changes nothing that is said of a run."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consistency import flow
from consistency.analysis.incidents import Incident
from consistency.analysis.judgement import Judgement
from consistency.archive import Archive
from tests.cli.table import call
from tests.whole_runs import plan_of, run_plan

LATE = {"model": "megastore", "apply_a": "0", "apply_b": "lognormal:200ms,0.8"}
PROBES = {"global_query": {"interval": "40ms"}, "keys_only_query": {"interval": "40ms"}, "key_get": {}}
STRICT = {"global_query": ["p50 <= 1ms", "p99 <= 2s", "p50 <= 30s"], "key_get": ["always visible"]}


def measure(tmp_path: Path, **chosen: Any) -> Archive:
    """A run whose truth log is there."""
    archive = run_plan(plan_of(target=LATE, probes=PROBES, claims=STRICT, **chosen), tmp_path)
    assert archive.truth.stat().st_size
    return archive


def tell_findings(judgement: Judgement) -> list[tuple[object, ...]]:
    """Every finding with all of its anomalies, which are built when they are asked for."""
    return [(replace(finding, anomalies=()), *finding.anomalies) for finding in judgement.findings]


def tell_incidents(judgement: Judgement) -> list[Incident]:
    """Each thing that went wrong, with its witness."""
    assert judgement.incidents
    return list(judgement.incidents)


def tell_claims(judgement: Judgement) -> Judgement:
    """All else that is judged, without the notes, which tell of missing files."""
    return replace(judgement, findings=(), incidents=None, notes=())


class TestDeletingTheTruth:
    @pytest.mark.slow
    @pytest.mark.parametrize("workload", ["create", "update", "delete"])
    def test_changes_no_interval_finding_or_claim(self, workload: str, tmp_path: Path) -> None:
        """Only the calibration is gone, and a note says that the log is."""
        archive = measure(tmp_path, workload=workload)
        with_truth = flow.judge_run(archive)
        archive.truth.unlink()
        without = flow.judge_run(archive)
        assert tell_findings(with_truth.judgement) == tell_findings(without.judgement)
        assert any(len(finding.anomalies) for finding in without.judgement.findings)
        assert tell_incidents(with_truth.judgement) == tell_incidents(without.judgement)
        assert tell_claims(with_truth.judgement) == tell_claims(without.judgement)
        assert without.judgement.notes == ("truth.jsonl is gone: it was there when the run ended.",)
        assert (len(with_truth.calibration), without.calibration) == (3, ())

    @pytest.mark.slow
    @pytest.mark.parametrize("damage", [b"", b"nonsense\n"])
    def test_changes_no_exit_code(
        self, damage: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """Nor what is printed of claims; so does a log that says nothing or that cannot be read."""
        archive = measure(tmp_path)

        def check() -> tuple[int, list[str]]:
            said = call(["check", str(archive.folder)], monkeypatch, capsys)
            return said.code, [line for line in said.out.splitlines() if "p50" in line or "p99" in line]

        told = check()
        archive.truth.write_bytes(damage)
        assert check() == told
        archive.truth.unlink()
        assert check() == told
        assert told[0] == 3
        assert len(told[1]) > 2
