"""Runs in processes of their own: joined by a queue file, stopped, killed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from consistency import clock
from consistency.archive import Archive
from consistency.backends.connecting import check_address
from consistency.errors import ConsistencyError
from consistency.history import History
from tests.patience import PATIENCE_S


@pytest.mark.slow
@pytest.mark.usefixtures("heard_signals")
class TestProcesses:
    PLAN = """entities = 8
rate = "20/s"
deadline = "3s"
seed = 5
[target]
lag = "60ms"
[probes]
global_query = { interval = "20ms", confirm_for = "300ms" }
key_get = { interval = "20ms", confirm_for = "300ms" }
"""

    def start(self, folder: Path, *words: str) -> subprocess.Popen[str]:
        """A command of ours, in `folder`."""
        command = [sys.executable, "-m", "consistency", *words]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DATASTORE")}
        return subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def finish(self, process: subprocess.Popen[str], code: int = 0) -> str:
        """What it said; it ended with `code`."""
        out, err = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == code, out + err
        assert "Traceback" not in err
        return out + err

    def await_events(self, process: subprocess.Popen[str], history: Path) -> None:
        """Wait until the process has recorded a few events, or has ended."""
        while process.poll() is None and (not history.exists() or history.read_bytes().count(b"\n") < 8):
            clock.wait_s(0.01)

    def test_a_writer_and_readers_that_were_there_first(self, tmp_path: Path) -> None:
        """Both readers wait for the header, take the first free names, and see everything; the writer judges.

        Each says where it runs, and the judgement carries that.
        """
        (tmp_path / "pair.toml").write_text(self.PLAN)
        readers = [self.start(tmp_path, "read", "pair.toml", "-q", "--region", region) for region in ("eu-1", "us-1")]
        writing = ["write", "pair.toml", "-q", "--run", "first", "--format", "json", "--region", "eu-1"]
        self.finish(self.start(tmp_path, *writing))
        told = [self.finish(reader) for reader in readers]
        assert sorted(re.findall(r"^(reader-\d) reads pair/first$", "".join(told), re.MULTILINE)) == [
            "reader-1",
            "reader-2",
        ]
        folder = tmp_path / "runs" / "pair" / "first"
        history = History.load(Archive(folder).histories())
        assert history.ended == {"writer", "reader-1", "reader-2"}
        for process in ("reader-1", "reader-2"):
            assert len({call.item for call in history if call.seen and call.process == process}) == 16
        assert sorted(history.regions.values()) == ["eu-1", "eu-1", "us-1"]
        assert json.loads((folder / "summary.json").read_bytes())["regions"] == history.regions

    def test_a_reader_that_is_killed_and_comes_back(self, tmp_path: Path) -> None:
        """The two lives together miss nothing, and no entity is confirmed more often than the plan says."""
        (tmp_path / "pair.toml").write_text(self.PLAN)
        writer = self.start(tmp_path, "write", "pair.toml", "-q", "--run", "first", "--format", "json")
        reader = self.start(tmp_path, "read", "pair.toml", "-q", "--process", "reader-1")
        path = tmp_path / "runs" / "pair" / "first" / "history-reader-1.jsonl"
        self.await_events(reader, path)
        reader.send_signal(signal.SIGKILL)
        reader.communicate()
        self.finish(self.start(tmp_path, "read", "pair.toml", "-q", "--process", "reader-1"))
        self.finish(writer)
        history = History.load(Archive(path.parent).histories())
        hits = Counter(call.item for call in history if call.seen)
        assert len(hits) == 16
        assert max(hits.values()) <= 4
        assert "reader-1" in history.ended

    def test_ctrl_c_still_judges_and_reports(self, tmp_path: Path) -> None:
        """The run is stopped in the middle: exit 130, a verdict on what there is, and no process is left."""
        (tmp_path / "long.toml").write_text(self.PLAN.replace("entities = 8", "entities = 5000"))
        process = self.start(tmp_path, "run", "long.toml", "-q", "--run", "first", "--format", "json")
        folder = tmp_path / "runs" / "long" / "first"
        self.await_events(process, folder / "history-reader.jsonl")
        process.send_signal(signal.SIGINT)
        assert re.search(r"Stopped after \d+ of 10,000 writes\.", self.finish(process, 130))
        assert json.loads((folder / "summary.json").read_bytes())
        _, manifest = Archive(folder).load()
        with pytest.raises(ConsistencyError, match="Nothing answers"):
            check_address(manifest.address, "the manifest")

    def test_a_store_that_is_killed_ends_the_run(self, tmp_path: Path) -> None:
        """At once, with exit code 1, a sentence first, and a verdict on what there is."""
        (tmp_path / "long.toml").write_text(self.PLAN.replace("entities = 8", "entities = 5000"))
        process = self.start(tmp_path, "run", "long.toml", "-q", "--run", "first", "--format", "json")
        folder = tmp_path / "runs" / "long" / "first"
        self.await_events(process, folder / "history-reader.jsonl")
        os.kill(json.loads((folder / "emulator.json").read_text())["pid"], signal.SIGKILL)
        out, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, "Traceback" in err) == (1, False)
        assert re.match(
            r"The store at 127\.0\.0\.1:\d+ stopped answering after [\d,]+ of 10,000 entities: its process was ended "
            r"by signal 9 \(what it said: \S+/emulator\.log\)\. The report covers what was measured\.$",
            out.splitlines()[0],
        )
        assert json.loads((folder / "summary.json").read_bytes())
        assert not (folder / "emulator.json").exists()

    def test_ctrl_c_on_virtual_time_gives_grace_too(self, tmp_path: Path) -> None:
        """The series that are open come to their end, and the histories say so."""
        plan = "virtual_time = true\n" + self.PLAN.replace("entities = 8", "entities = 1000000")
        (tmp_path / "long.toml").write_text(plan)
        process = self.start(tmp_path, "run", "long.toml", "-q", "--run", "first", "--format", "json")
        folder = tmp_path / "runs" / "long" / "first"
        self.await_events(process, folder / "history-reader.jsonl")
        process.send_signal(signal.SIGINT)
        assert "Stopped after" in self.finish(process, 130)
        history = History.load(Archive(folder).histories())
        assert "reader" in history.ended
        assert not any(call.completed_ns is None for call in history if call.process == "reader")

    def test_a_reader_whose_writer_and_store_are_killed_says_so(self, tmp_path: Path) -> None:
        """Exit code 1, one sentence, and what it had read is kept."""
        plan = 'call_timeout = "1s"\n' + self.PLAN.replace("entities = 8", "entities = 60")
        (tmp_path / "pair.toml").write_text(plan)
        writer = self.start(tmp_path, "write", "pair.toml", "-q", "--run", "first")
        reader = self.start(tmp_path, "read", "pair.toml", "-q", "--process", "reader-1")
        folder = tmp_path / "runs" / "pair" / "first"
        self.await_events(reader, folder / "history-reader-1.jsonl")
        writer.kill()
        writer.communicate()
        told = self.finish(reader, 1)
        assert re.search(r"^The store at \S+ stopped answering: .*\. What was read is kept\.$", told, re.MULTILINE)
        assert History.load(Archive(folder).histories())
