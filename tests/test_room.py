"""A disk without room: before a run, and in the middle of one."""

import shutil
from pathlib import Path

import pytest

from consistency import flow
from consistency.archive import Archive
from consistency.errors import ConsistencyError
from consistency.history import History
from consistency.room import find_folder, require_room
from tests.cli.table import call
from tests.disk import small_disk
from tests.whole_runs import plan_of

PLAN = """entities = 40
rate = "20/s"
deadline = "20s"
seed = 3
[target]
lag = "15s"
[probes]
global_query = { interval = "2ms", confirm = 0 }
"""


def leave_free(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """The disk has `size` bytes left."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(size, 0, size))


class TestBefore:
    def test_a_run_that_does_not_fit_is_not_begun(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """And leaves no folder."""
        leave_free(monkeypatch, 10_000)
        with pytest.raises(
            ConsistencyError, match=r"^Disk nearly full: .* has 0\.0 MB free, and this run may take 0\.2 MB"
        ):
            flow.prepare(plan_of(), "experiment", tmp_path / "runs", None)
        assert not (tmp_path / "runs").exists()

    def test_one_that_may_not_fit_is_warned_of(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Nobody knows before how often it will have to look."""
        leave_free(monkeypatch, 1_000_000)
        assert require_room(plan_of(), tmp_path).startswith("warning: ")
        leave_free(monkeypatch, 1 << 40)
        assert require_room(plan_of(), tmp_path) == ""

    def test_the_disk_is_that_of_the_nearest_folder(self, tmp_path: Path) -> None:
        """The run's own is made later."""
        assert find_folder(tmp_path / "runs" / "first") == tmp_path


@pytest.mark.slow
class TestInTheMiddle:
    @pytest.mark.parametrize("flags", [[], ["--virtual-time"]])
    def test_what_there_is_is_judged(
        self,
        flags: list[str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        """Exit code 1, one sentence first and then the verdict; the histories hold whole lines."""
        (tmp_path / "full.toml").write_text(PLAN)
        (tmp_path / "small").mkdir()
        monkeypatch.chdir(tmp_path)
        with small_disk(tmp_path / "small", 120):
            words = ["run", "full.toml", "-q", "--no-report", "--run", "one", "--out", "small", *flags]
            said = call(words, monkeypatch, capsys)
            history = History.load(Archive(tmp_path / "small" / "full" / "one").histories())
        first, second, *_ = said.out.splitlines()
        assert (said.code, first[:16]) == (1, "Disk full after ")
        assert first.endswith(
            " of 40 entities: small/full/one. Kept everything written so far; the report covers it. "
            "Free space, then: consistency report small/full/one"
        )
        assert second.startswith(("None of ", "No write was acknowledged"))
        assert len(history) > 20
        assert flags or not history.torn
