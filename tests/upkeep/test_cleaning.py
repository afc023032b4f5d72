"""Cleaning: what is nobody's goes, what is somebody's stays."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from consistency.archive import Archive
from consistency.backends.live import list_written
from consistency.backends.process_record import record_process
from consistency.durations import NS_PER_S
from consistency.processes import is_alive
from consistency.run_lock import hold, is_held
from consistency.schedule import name_keys
from consistency.upkeep.cleaning import Scope, clean
from tests.whole_runs import plan_of, run_plan

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def left_behind(tmp_path: Path) -> Iterator[Path]:
    """The record of a server in its own group whose starter is dead."""
    server = subprocess.Popen(SLEEP, process_group=0)
    folder = tmp_path / "first" / "one"
    folder.mkdir(parents=True)
    record = folder / "emulator.json"
    record_process(record, server.pid, "", SLEEP)
    record.write_text(json.dumps(json.loads(record.read_text()) | {"owner": {}}))
    try:
        yield record
    finally:
        server.kill()
        server.wait()


class TestServers:
    def test_a_stray_is_ended(self, left_behind: Path, tmp_path: Path) -> None:
        """Counted, killed, and its record taken away; the second time there is none."""
        server = json.loads(left_behind.read_text())
        assert clean(tmp_path, Scope(), dry_run=False).processes == 1
        assert not is_alive(server)
        assert not left_behind.exists()
        assert clean(tmp_path, Scope(), dry_run=False).processes == 0

    @pytest.mark.parametrize(
        ("scope", "count"),
        [(Scope(), 1), (Scope("first/one"), 1), (Scope("first/two"), 0), (Scope(older_than_ns=60 * NS_PER_S), 0),
         (Scope(project="acme"), 0)],
    )  # fmt: skip
    def test_a_dry_run_only_counts(self, left_behind: Path, tmp_path: Path, scope: Scope, count: int) -> None:
        """Within the scope that was asked for."""
        assert clean(tmp_path, scope, dry_run=True).processes == count
        assert is_alive(json.loads(left_behind.read_text()))

    def test_one_that_is_looked_after_stays(self, left_behind: Path, tmp_path: Path) -> None:
        """Its starter lives: here, ourselves."""
        server = json.loads(left_behind.read_text())
        record_process(left_behind, server["pid"], "", SLEEP)
        assert clean(tmp_path, Scope(), dry_run=False).processes == 0
        assert is_alive(server)

    def test_litter_is_taken_away(self, left_behind: Path, tmp_path: Path) -> None:
        """A record whose server is gone counts as none."""
        server = json.loads(left_behind.read_text()) | {"boot": "another"}
        left_behind.write_text(json.dumps(server))
        assert clean(tmp_path, Scope(), dry_run=False).processes == 0
        assert not left_behind.exists()


class TestEntities:
    @pytest.mark.parametrize("workload", ["bank", "counter", "list_append"])
    def test_transactions_name_all_that_they_may_have_written(self, workload: str, tmp_path: Path) -> None:
        """Of a bank the accounts were opened by one transaction."""
        plan = plan_of(workload=workload, probes={}, entities=60, rate="20/s", groups=2)
        written = list_written(run_plan(plan, tmp_path, "one"))
        assert sorted(written) == sorted(name_keys(plan.keys, plan.groups))

    def test_a_run_that_had_not_begun_has_none(self, tmp_path: Path) -> None:
        """Its folder may be empty."""
        assert list_written(Archive(tmp_path)) == []


class TestLock:
    def test_a_killed_holder_lets_go(self, tmp_path: Path) -> None:
        """The lock says what no file with a number in it could."""
        code = "import sys, time; from pathlib import Path; from consistency.run_lock import hold\n"
        code += "with hold(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"
        holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
        assert holder.stdout is not None
        with holder.stdout as told:
            assert told.readline() == b"held\n"
        assert is_held(tmp_path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert not is_held(tmp_path)
        with hold(tmp_path):
            assert is_held(tmp_path)
        assert not is_held(tmp_path)
