"""The recorder: nothing that was recorded is lost, by a killed process, a torn line, or a full disk."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency.errors import DiskError
from consistency.event_file import read_events
from consistency.operation import Action, Completion, Ended, Event, Invocation, Item, Outcome
from consistency.recorder import Recorder, has_ended
from tests.disk import full_disk

ITEM = Item("a", "a")
CHILD = """
import sys
from pathlib import Path
from consistency.operation import Action, Item, Outcome
from consistency.recorder import Recorder
recorder = Recorder(Path(sys.argv[1]), "writer")
while True:
    op = recorder.invoke(Action.WRITE, Item("a", "a"), 0, 0, 1)
    recorder.complete(op, 1, Outcome.OK)
    print(op, flush=True)
"""


def record_calls(path: Path, count: int, first_op: int = 0) -> None:
    """Record `count` whole calls."""
    recorder = Recorder(path, "reader-1", first_op)
    for _ in range(count):
        recorder.complete(recorder.invoke(Action.KEY_GET, ITEM, 5, 6), 9, Outcome.OK, seen=1)
    recorder.close()


def fill(recorder: Recorder) -> None:
    """Record more than fits."""
    for _ in range(100):
        recorder.invoke(Action.WRITE, ITEM, 0, 0, 1)


class TestRecorder:
    def test_records_what_it_is_told(self, tmp_path: Path) -> None:
        """Events read back are the events that were recorded, numbered in their order."""
        path, observed = tmp_path / "history-reader-1.jsonl", list[Event]()
        recorder = Recorder(path, "reader-1", 40, observed.append)
        op = recorder.invoke(Action.KEY_GET, ITEM, 5, 6)
        other = recorder.invoke(Action.WRITE, ITEM, 7, 8, revision=1)
        recorder.complete(op, 9, Outcome.OK, seen=1, server_ns=77)
        recorder.complete(other, 10, Outcome.INFO, code="UNAVAILABLE")
        recorder.end(11)
        recorder.close()
        assert read_events(path).events == observed
        assert observed == [
            Invocation(40, "reader-1", Action.KEY_GET, ITEM, 5, 6),
            Invocation(41, "reader-1", Action.WRITE, ITEM, 7, 8, 1),
            Completion(40, "reader-1", 9, Outcome.OK, 1, 77),
            Completion(41, "reader-1", 10, Outcome.INFO, code="UNAVAILABLE"),
            Ended("reader-1", 11),
        ]

    def test_buffering_changes_no_byte(self, tmp_path: Path) -> None:
        """What virtual time saves in writes, it does not save in content."""
        for name, buffered in (("plain", False), ("buffered", True)):
            recorder = Recorder(tmp_path / name, "writer", buffered=buffered)
            for _ in range(1_000):
                recorder.complete(recorder.invoke(Action.WRITE, ITEM, 5, 6), 9, Outcome.OK)
            recorder.end(10)
            recorder.close()
        assert (tmp_path / "plain").read_bytes() == (tmp_path / "buffered").read_bytes()

    def test_each_event_is_on_disk_before_the_next(self, tmp_path: Path) -> None:
        """Nothing waits in this process."""
        path = tmp_path / "history.jsonl"
        recorder = Recorder(path, "writer")
        for count in range(1, 20):
            recorder.invoke(Action.WRITE, ITEM, 0, 0, 1)
            assert len(read_events(path).events) == count
        recorder.close()

    @pytest.mark.slow
    def test_kill_loses_nothing(self, tmp_path: Path) -> None:
        """Every call that a process had recorded when it was killed is in its history, whole."""
        path = tmp_path / "history-writer.jsonl"
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE)
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(200)]
        os.kill(child.pid, signal.SIGKILL)
        told += child.stdout.readlines()
        child.stdout.close()
        assert child.wait() == -signal.SIGKILL
        count = int([line for line in told if line.endswith(b"\n")][-1]) + 1
        events = read_events(path).events
        assert [event.op for event in events if isinstance(event, Completion)][:count] == list(range(count))
        assert not has_ended(path)


class TestReopening:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
    @given(st.data())
    def test_a_torn_line_is_dropped(self, tmp_path: Path, data: st.DataObject) -> None:
        """Cut at any byte and gone on with, a history is its whole lines and the new ones."""
        path = tmp_path / "history.jsonl"
        path.unlink(missing_ok=True)
        record_calls(path, 4)
        content = path.read_bytes()
        cut = data.draw(st.integers(0, len(content)))
        path.write_bytes(content[:cut])
        whole = content[:cut].count(b"\n")
        record_calls(path, 1, first_op=9)
        reading = read_events(path)
        assert not reading.torn
        expected = [*[0, 0, 1, 1, 2, 2, 3, 3][:whole], 9, 9]
        assert [event.op for event in reading.events if isinstance(event, Invocation | Completion)] == expected

    def test_a_long_history_keeps_its_whole_lines(self, tmp_path: Path) -> None:
        """Only the end of the file is looked at, and only the torn piece goes."""
        path = tmp_path / "history.jsonl"
        record_calls(path, 500)
        content = path.read_bytes()
        path.write_bytes(content + b'{"event":"inv')
        record_calls(path, 0)
        assert path.read_bytes() == content


class TestHasEnded:
    def test_knows_the_last_line(self, tmp_path: Path) -> None:
        """A process that said that it was done has ended; one that did not, or goes on, has not."""
        path = tmp_path / "history.jsonl"
        recorder = Recorder(path, "writer")
        assert not has_ended(path)
        recorder.invoke(Action.WRITE, ITEM, 0, 0, 1)
        assert not has_ended(path)
        recorder.end(5)
        assert has_ended(path)
        recorder.invoke(Action.WRITE, ITEM, 0, 0, 1)
        assert not has_ended(path)
        recorder.close()

    def test_a_torn_end_is_none(self, tmp_path: Path) -> None:
        """The end counts when its line is whole."""
        path = tmp_path / "history.jsonl"
        recorder = Recorder(path, "writer")
        recorder.end(5)
        recorder.close()
        path.write_bytes(path.read_bytes()[:-1])
        assert not has_ended(path)


class TestFullDisk:
    def test_has_its_own_error(self, tmp_path: Path) -> None:
        """The run that it ends is judged all the same."""
        path = tmp_path / "history.jsonl"
        path.symlink_to("/dev/full")
        recorder = Recorder(path, "writer")
        with pytest.raises(DiskError, match="Disk full"):
            recorder.invoke(Action.WRITE, ITEM, 0, 0, 1)
        recorder.close()

    def test_keeps_whole_lines(self, tmp_path: Path) -> None:
        """A disk that takes a part of a line gives the part back: what is kept can be judged, and gone on with."""
        path = tmp_path / "history.jsonl"
        recorder = Recorder(path, "writer")
        refused = pytest.raises(DiskError)
        with contextlib.closing(recorder), full_disk(1_000), refused:
            fill(recorder)
        reading = read_events(path)
        assert not reading.torn
        assert 5 < len(reading.events) < 20

    def test_is_told_where_a_buffered_history_is_closed(self, tmp_path: Path) -> None:
        """On virtual time the disk may refuse at the very end."""
        recorder = Recorder(tmp_path / "history.jsonl", "writer", buffered=True)
        recorder.end(5)
        with full_disk(3), pytest.raises(DiskError):
            recorder.close()

    def test_a_place_that_cannot_be_written_is_one_sentence(self, tmp_path: Path) -> None:
        """A history that cannot be opened is the user's affair, not a bug."""
        with pytest.raises(DiskError, match="cannot be written"):
            Recorder(tmp_path / "none" / "history.jsonl", "writer")
