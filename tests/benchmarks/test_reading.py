"""The benchmark of reading runs, on as little as it can. No figure is judged."""

from pathlib import Path

from benchmarks import reading
from consistency.history import History


class TestReading:
    def test_the_file_is_a_history_that_is_summarised(self, tmp_path: Path) -> None:
        """Ten entities of twenty calls each, all of them seen, read from the file that was written."""
        reading.write_history(tmp_path / "history.jsonl", 400)
        assert len(History.load([tmp_path / "history.jsonl"])) == 200
        figures = reading.read_once(tmp_path / "history.jsonl")
        assert min(figures.values()) > 0
