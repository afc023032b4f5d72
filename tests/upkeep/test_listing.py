"""The list of runs."""

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from consistency.errors import ConsistencyError
from consistency.upkeep.listing import list_runs
from tests.report.judgements import make_manifest


def save_run(out: Path, run: str, started_at: str, summary: object = None, *, virtual: bool = False) -> None:
    """A run's folder as far as the list reads it."""
    folder = out / run
    folder.mkdir(parents=True)
    manifest = make_manifest(run=run, started_at=started_at, virtual=virtual)
    (folder / "manifest.json").write_bytes(msgspec.json.encode(manifest))
    if summary is not None:
        (folder / "summary.json").write_bytes(msgspec.json.encode(summary))


class TestRuns:
    def test_the_newest_come_first(self, tmp_path: Path) -> None:
        """As many as are wanted; `latest` is not another run."""
        for hour in (1, 3, 2):
            save_run(tmp_path, f"slo/{hour}", f"2026-01-01T0{hour}:00:00+00:00")
        (tmp_path / "latest").symlink_to("slo/3")
        assert [line.run for line in list_runs(tmp_path, 2)] == ["slo/3", "slo/2"]

    def test_a_run_on_virtual_time_is_as_old_as_its_folder(self, tmp_path: Path) -> None:
        """Its own clock always begins at the same instant."""
        save_run(tmp_path, "a/1", "2026-01-03T00:00:00+00:00")
        save_run(tmp_path, "a/2", "2026-01-01T00:00:00+00:00", virtual=True)
        os.utime(tmp_path / "a/2/manifest.json", (0, datetime(2026, 1, 4, tzinfo=UTC).timestamp()))
        assert [line.run for line in list_runs(tmp_path, 9)] == ["a/2", "a/1"]

    def test_verdict_and_entities_come_from_the_summary(self, tmp_path: Path) -> None:
        """Of the probe with most entities; a run without claims has no verdict."""
        save_run(tmp_path, "a/1", "1", {"verdict": "holds", "actions": {"x": {"n": 3}, "y": {"n": 5}}})
        save_run(tmp_path, "a/2", "2", {"verdict": None, "actions": {}})
        found = [(line.verdict, line.entities) for line in list_runs(tmp_path, 9)]
        assert found == [("no claims", None), ("holds", 5)]

    def test_the_embedded_emulator_is_told_by_name(self, tmp_path: Path) -> None:
        """Its port meant something only while it ran."""
        save_run(tmp_path, "a/1", "1")
        manifest = make_manifest(run="a/1", target="127.0.0.1:8081")
        (tmp_path / "a/1/manifest.json").write_bytes(msgspec.json.encode(manifest))
        (line,) = list_runs(tmp_path, 9)
        assert line.target == "embedded emulator"

    def test_a_run_that_was_killed_is_listed(self, tmp_path: Path) -> None:
        """It can still be judged, unless it was killed before it wrote anything."""
        for run in ("a/1", "a/2"):
            save_run(tmp_path, run, run)
        (tmp_path / "a/1/history-writer.jsonl").touch()
        assert [line.verdict for line in list_runs(tmp_path, 9)] == ["nothing was measured", "not judged"]

    def test_a_damaged_manifest_does_not_hide_the_others(self, tmp_path: Path) -> None:
        """It is told in its line."""
        save_run(tmp_path, "a/1", "1")
        save_run(tmp_path, "a/2", "2")
        (tmp_path / "a/2/manifest.json").write_text("{")
        assert [line.verdict for line in list_runs(tmp_path, 9)] == ["nothing was measured", "damaged manifest"]

    def test_no_folder_is_told(self, tmp_path: Path) -> None:
        """With what to type."""
        with pytest.raises(ConsistencyError, match="There are no runs"):
            list_runs(tmp_path / "runs", 9)
