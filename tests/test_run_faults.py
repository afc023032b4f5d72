"""Faults where writer and reader are processes of their own: each meets them on its own way to the store."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from consistency.archive import Archive
from consistency.durations import NS_PER_S
from consistency.flow import judge_run
from consistency.history import History
from consistency.operation import MUTATIONS, Outcome
from tests.patience import PATIENCE_S

PLAN = """entities = 45
rate = "20/s"
deadline = "5s"
call_timeout = "1s"
seed = 5
[target]
lag = "60ms"
[probes]
key_get = { interval = "40ms", confirm_for = "300ms" }
[[faults]]
at = "0"
for = "500ms"
kind = "unavailable"
rpc = "lookup"
[[faults]]
at = "700ms"
for = "500ms"
kind = "lost_acknowledgement"
rpc = "commit"
[[faults]]
at = "1400ms"
for = "600ms"
kind = "queue_delay"
delay = "1s"
"""
GRACE_NS = NS_PER_S // 4  # a process may wake up late
HELD_NS = 400_000_000  # of the 600 ms for which announcements are held back


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """A command of ours, in `folder`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATASTORE")}
    command = [sys.executable, "-m", "consistency", *words, "plan.toml", "-q"]
    return subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """The folder of a run of `write` and `read`."""
    folder = tmp_path_factory.mktemp("apart")
    (folder / "plan.toml").write_text(PLAN)
    workers = [start(folder, "read"), start(folder, "write", "--run", "one", "--format", "json")]
    for worker in workers:
        told, _ = worker.communicate(timeout=PATIENCE_S)
        assert worker.returncode == 0, told
    return Archive(folder / "runs" / "plan" / "one")


@pytest.mark.slow
class TestApart:
    def test_the_reader_meets_the_faults_of_its_calls(self, archive: Archive) -> None:
        """Its gets fail within the recorded span and nowhere else; the span stands in the writer's folder alone."""
        history, spans = History.load(archive.histories()), judge_run(archive).judgement.faults
        failed = [call.invoked_ns for call in history if call.code and call.process == "reader-1"]
        assert len(failed) > 10
        assert [span.name for span in spans] == ["unavailable-1", "lost_acknowledgement-2", "queue_delay-3"]
        assert spans[0].ends_ns is not None
        assert min(failed) > spans[0].begins_ns - GRACE_NS
        assert max(failed) < spans[0].ends_ns + GRACE_NS
        assert history.ended == {"writer", "nemesis", "reader-1"}

    def test_what_the_writer_does_not_know_the_reader_sees(self, archive: Archive) -> None:
        """A write whose acknowledgement was lost is neither done nor undone for the writer, and did happen."""
        history = History.load(archive.histories())
        unknown = {call.item for call in history if call.action in MUTATIONS and call.outcome is Outcome.INFO}
        assert len(unknown) > 5
        assert unknown <= {call.item for call in history if call.seen}

    def test_announcements_come_late(self, archive: Archive) -> None:
        """What was written during the fault is not looked for before its end."""
        history = History.load(archive.histories())
        fault = judge_run(archive).judgement.faults[2]
        written = [call for call in history if call.process == "writer" and call.outcome is Outcome.OK]
        during = {call.item for call in written if fault.begins_ns < call.invoked_ns < fault.begins_ns + HELD_NS}
        looked_ns = [call.invoked_ns for call in history if call.process == "reader-1" and call.item in during]
        assert during
        assert min(looked_ns) > fault.begins_ns + HELD_NS
