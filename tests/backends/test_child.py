"""Children: none is left behind, whatever becomes of us."""

import json
import os
import signal
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from consistency.backends.child import Child, start_child, start_kept
from consistency.clock import monotonic_ns, wait_s
from consistency.errors import ConsistencyError
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.slow

# A server as stubborn as Google's: it watches nobody, and the one that serves is a grandchild that outlives its parent.
GRANDCHILD = "import time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
STUBBORN = (
    "import subprocess, sys, pathlib, time\n"
    f"grandchild = subprocess.Popen([sys.executable, '-c', {GRANDCHILD!r}])\n"
    "path = pathlib.Path(sys.argv[1])\n"
    "path.with_suffix('.new').write_text(str(grandchild.pid))\n"
    "path.with_suffix('.new').rename(path)\n"
    "time.sleep(60)\n"
)
HARNESS = (
    "import sys, time; from pathlib import Path; from tests.backends.test_child import stubborn\n"
    "with stubborn(Path(sys.argv[1])): time.sleep(60)\n"
)


def stubborn(folder: Path) -> AbstractContextManager[Child]:
    """The stubborn server, kept; it serves nothing, and is up when its grandchild is."""
    mark = folder / "grandchild"
    command = [sys.executable, "-c", STUBBORN, str(mark)]
    return start_kept(
        command, folder / "server.log", "127.0.0.1:9", lambda: "here" if mark.exists() else None, PATIENCE_S
    )


def lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(*pids: int) -> bool:
    """Whether all of them end before our patience does."""
    give_up_ns = monotonic_ns() + int(PATIENCE_S * 1e9)
    while any(map(lives, pids)) and monotonic_ns() < give_up_ns:
        wait_s(0.01)
    return not any(map(lives, pids))


class TestKept:
    def test_ends_with_its_context(self, tmp_path: Path) -> None:
        """The whole group; while it runs its record says how to reach it, and afterwards there is none."""
        with stubborn(tmp_path) as child:
            record = json.loads((tmp_path / "server.json").read_text())
            grandchild = int((tmp_path / "grandchild").read_text())
            assert (child.address, record["address"], record["group"]) == ("here", "127.0.0.1:9", record["pid"])
            assert os.getpgid(grandchild) == record["group"]
            assert child.explain_end() is None
        assert not lives(record["pid"])
        assert gone(grandchild)
        assert not (tmp_path / "server.json").exists()

    def test_ends_when_its_harness_is_killed(self, tmp_path: Path) -> None:
        """With -9, which nobody can catch."""
        harness = subprocess.Popen([sys.executable, "-c", HARNESS, str(tmp_path)])
        while not (tmp_path / "grandchild").exists() and harness.poll() is None:
            wait_s(0.01)
        server = json.loads((tmp_path / "server.json").read_text())["pid"]
        grandchild = int((tmp_path / "grandchild").read_text())
        assert lives(server)
        assert lives(grandchild)
        harness.kill()
        harness.wait()
        assert gone(server, grandchild)

    def test_what_it_leaves_behind_is_ended_too(self, tmp_path: Path) -> None:
        """A server that is killed by another takes its group with it, and its end is told."""
        with stubborn(tmp_path) as child:
            grandchild = int((tmp_path / "grandchild").read_text())
            os.kill(json.loads((tmp_path / "server.json").read_text())["pid"], signal.SIGKILL)
            assert gone(grandchild)
            child.process.wait(PATIENCE_S)
            assert child.explain_end() == f"its process ended with exit code 137 (what it said: {child.log})"


class TestChild:
    WATCHFUL = "import sys; print('up', flush=True); sys.stdin.read()"

    def start(self, folder: Path, code: str) -> Child:
        """The child of a program, after its context."""
        log = folder / "server.log"

        def ready() -> str | None:
            return "here" if "up" in log.read_text() else None

        with start_child([sys.executable, "-c", code], log, ready, PATIENCE_S) as child:
            assert json.loads((folder / "server.json").read_text())["address"] == "here"
            assert lives(child.process.pid)
        return child

    def test_is_told_to_end_by_its_standard_input(self, tmp_path: Path) -> None:
        """No signal is needed."""
        child = self.start(tmp_path, self.WATCHFUL)
        assert child.process.returncode == 0
        assert not (tmp_path / "server.json").exists()

    def test_that_ends_too_soon_is_told(self, tmp_path: Path) -> None:
        """With the last thing that it said."""
        with pytest.raises(ConsistencyError, match=r"it answered: no such luck\. All it said: .*server\.log"):
            self.start(tmp_path, "print('no such luck')")
        assert not (tmp_path / "server.json").exists()
