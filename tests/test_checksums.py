"""Checksums: a run's files are what they were, or somebody says so."""

import hashlib
from pathlib import Path

from consistency import flow
from consistency.checksums import NAME, find_changes, seal
from tests.whole_runs import plan_of, run_plan


class TestChecksums:
    def test_what_was_changed_is_told(self, tmp_path: Path) -> None:
        """And what is gone, and what nobody sealed."""
        paths = [tmp_path / f"history-{name}.jsonl" for name in "abc"]
        for path in paths:
            path.write_text("{}\n")
        seal(tmp_path, paths[:2])
        assert find_changes(tmp_path, paths[:2]) == []
        paths[0].write_text("{} \n")
        paths[1].unlink()
        assert [note.split()[0] for note in find_changes(tmp_path, paths)] == [path.name for path in paths]

    def test_the_format_is_that_of_sha256sum(self, tmp_path: Path) -> None:
        """Anybody can compare them."""
        path = tmp_path / "a"
        path.write_bytes(b"x")
        seal(tmp_path, [path, tmp_path / "none"])
        assert (tmp_path / NAME).read_text() == f"{hashlib.sha256(b'x').hexdigest()}  a\n"

    def test_a_folder_without_checksums(self, tmp_path: Path) -> None:
        """Says nothing: it is older, or its run was killed."""
        assert find_changes(tmp_path, [tmp_path / "history-a.jsonl"]) == []


class TestRuns:
    def test_a_changed_history_is_no_secret(self, tmp_path: Path) -> None:
        """It is judged, and the note says that it is not what was measured."""
        archive = run_plan(plan_of(entities=3), tmp_path)
        assert not [note for note in flow.judge_run(archive).judgement.notes if "checksum" in note]
        path = archive.histories()[0]
        path.write_bytes(path.read_bytes().replace(b'"ok"', b'"ok" ', 1))
        assert flow.judge_run(archive).judgement.notes[0].startswith(f"{path.name} was changed after the run had ended")
