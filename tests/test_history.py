"""Reading histories: whole lines, torn ones, damaged ones; pairing over several files."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consistency import event_file
from consistency.errors import ConsistencyError
from consistency.event_file import read_batches, read_events
from consistency.history import History
from consistency.operation import (
    Action,
    Began,
    Completion,
    Ended,
    Event,
    FaultChange,
    Invocation,
    Item,
    Micro,
    Outcome,
    Verb,
)
from tests import histories
from tests.histories import parse_events, parse_history

LINE = "write a 0-10; reader-1/get a 12-14 miss; reader-2/get a 13-?; reader-1/get a 20-24 hit"


def save(path: Path, events: Sequence[Event], tail: bytes = b"") -> Path:
    path.write_bytes(b"".join(msgspec.json.encode(event) + b"\n" for event in events) + tail)
    return path


class TestReading:
    def test_events_come_back(self, tmp_path: Path) -> None:
        """What was recorded is read back, in its order."""
        events = parse_events(LINE)
        assert read_events(save(tmp_path / "history.jsonl", events)) == (events, False)

    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
    @given(events=histories.events(), data=st.data())
    def test_cut_at_any_byte(self, tmp_path: Path, events: Sequence[Event], data: st.DataObject) -> None:
        """A file cut at any byte reads as its whole lines, and tells when it lost part of one."""
        whole = save(tmp_path / "history.jsonl", events).read_bytes()
        cut = data.draw(st.integers(0, len(whole)))
        (tmp_path / "history.jsonl").write_bytes(whole[:cut])
        lines = whole[:cut].count(b"\n")
        assert read_events(tmp_path / "history.jsonl") == (events[:lines], whole[:cut][-1:] not in {b"", b"\n"})

    def test_last_line_that_is_no_event_is_torn(self, tmp_path: Path) -> None:
        """A last line with its newline that cannot be decoded counts as torn, too."""
        events = parse_events(LINE)
        assert read_events(save(tmp_path / "history.jsonl", events, b'{"event":"inv\xff\n')) == (events, True)

    @pytest.mark.parametrize("batch_bytes", [50, 10_000])
    @pytest.mark.parametrize("tail", [b"{}\n", b'{"torn', b"{}\n{"])
    def test_damaged_line_in_the_middle(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tail: bytes, batch_bytes: int
    ) -> None:
        """A damaged line further up is one sentence: which line, how much precedes it, and what to do."""
        monkeypatch.setattr(event_file, "_BATCH_BYTES", batch_bytes)
        events = parse_events(LINE)
        path = save(tmp_path / "history.jsonl", events, b"\nnonsense\n" + tail)
        where = rf"line {len(events) + 2} is not an event .*; {len(events)} events precede it.* -n {len(events) + 1} "
        with pytest.raises(ConsistencyError, match=where):
            read_events(path)

    def test_the_command_in_the_message_mends(self, tmp_path: Path) -> None:
        """Keeping the lines that the message names gives a readable file."""
        events = parse_events(LINE)
        path = save(tmp_path / "history.jsonl", events, b"nonsense\n{}\n")
        with pytest.raises(ConsistencyError) as caught:
            read_events(path)
        kept = int(str(caught.value).split("head -n ")[1].split()[0])
        path.write_bytes(b"\n".join(path.read_bytes().split(b"\n")[:kept]) + b"\n")
        assert read_events(path) == (events, False)

    def test_batches_of_any_size_hold_the_same_events(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where a batch ends makes no difference, even inside a line, or exactly at the end of a torn file."""
        events = parse_events(LINE)
        whole = save(tmp_path / "history.jsonl", events, b"damaged\n")
        for size in (1, 7, 100, whole.stat().st_size):
            monkeypatch.setattr(event_file, "_BATCH_BYTES", size)
            assert read_events(whole) == (events, True)

    def test_only_the_last_batch_is_torn(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A line that a batch cuts in two is not torn."""
        monkeypatch.setattr(event_file, "_BATCH_BYTES", 100)
        path = save(tmp_path / "history.jsonl", parse_events(LINE), b"{")
        assert [reading.torn for reading in read_batches(path)][-2:] == [False, True]

    def test_unreadable_file(self, tmp_path: Path) -> None:
        """A file that is not there is one sentence."""
        with pytest.raises(ConsistencyError, match=r"absent\.jsonl cannot be read: No such file"):
            read_events(tmp_path / "absent.jsonl")


class TestPairing:
    def test_operations_over_several_files(self, tmp_path: Path) -> None:
        """Invocations meet their completions by process and number; operations are ordered by invocation."""
        item = Item("grandpa", "a")
        reader: list[Event] = [Invocation(7, "reader", Action.KEY_GET, item, 19, 20), Ended("reader", 40)]
        writer: list[Event] = [
            Invocation(7, "writer", Action.WRITE, item, 10, 11, 1),
            Completion(7, "writer", 15, Outcome.OK, server_ns=99),
        ]
        paths = [save(tmp_path / "history-reader.jsonl", reader), save(tmp_path / "history-writer.jsonl", writer, b"{")]
        history = History.load(paths)
        write, read = history
        assert (write.process, write.completed_ns, write.outcome, write.server_ns) == ("writer", 15, Outcome.OK, 99)
        assert (write.item, write.revision, write.due_ns, write.invoked_ns) == (item, 1, 10, 11)
        assert (read.process, read.completed_ns, read.outcome, read.server_ns) == ("reader", None, Outcome.INFO, None)
        assert history.ended == {"reader"}
        assert history.torn == ("history-writer.jsonl",)

    def test_the_last_word_on_a_region_counts(self) -> None:
        """A process that was started again elsewhere is there; one that says nothing is nowhere."""
        events = [Began("reader", 1, "eu-1"), Began("writer", 2, "us-1"), Began("reader", 3, "asia-1")]
        assert History.of([*events, Ended("other", 4)]).regions == {"reader": "asia-1", "writer": "us-1"}

    @settings(deadline=None, max_examples=30)
    @given(events=histories.events())
    def test_columns_agree_with_pairing_by_hand(self, events: Sequence[Event]) -> None:
        """Every row of the columns is what a dict of open calls gives."""
        ended = {(e.process, e.op): e for e in events if isinstance(e, Completion)}
        rows = {(o.process, o.op): o for o in History.of(events)}
        begun = [e for e in events if isinstance(e, Invocation)]
        assert len(rows) == len(begun)
        for invocation in begun:
            row, completion = rows[invocation.process, invocation.op], ended.get((invocation.process, invocation.op))
            assert (row.item, row.action, row.invoked_ns) == (invocation.item, invocation.action, invocation.at_ns)
            assert row.completed_ns == (completion.at_ns if completion else None)
            assert row.outcome == (completion.outcome if completion else Outcome.INFO)
            assert (row.server_ns, row.code) == ((completion.server_ns, completion.code) if completion else (None, ""))

    def test_order_is_by_invocation(self) -> None:
        """Whatever the order in the files, operations come in the order in which they began."""
        history = parse_history("get a 30-31 hit; write a 0-40; get a 10-99 miss")
        assert [operation.invoked_ns // histories.MS for operation in history] == [0, 10, 30]

    def test_empty(self, tmp_path: Path) -> None:
        """No files, and empty files, give a history without operations."""
        assert len(History.load([])) == 0
        assert list(History.load([save(tmp_path / "history.jsonl", [])])) == []

    def test_twin_invocation(self, tmp_path: Path) -> None:
        """The same operation in two files is one sentence, not two operations."""
        copies = [save(tmp_path / f"history-{name}.jsonl", parse_events(LINE)) for name in "ab"]
        with pytest.raises(ConsistencyError, match="Operation 0 of process writer is in the histories twice"):
            History.load(copies)

    def test_twin_completion(self) -> None:
        """An operation that ends twice is one sentence."""
        events = parse_events("write a 0-10")
        with pytest.raises(ConsistencyError, match="Operation 0 of process writer is in the histories twice"):
            History.of([*events, events[1]])

    def test_completion_without_invocation(self) -> None:
        """An operation that ends but never began means that the front of a file is missing."""
        with pytest.raises(ConsistencyError, match="Operation 0 of process writer ends but never began"):
            History.of(parse_events("write a 0-10")[1:])
        with pytest.raises(ConsistencyError, match="Operation 1 of process reader ends but never began"):
            History.of([*parse_events("write a 0-10"), Completion(1, "reader", 4, Outcome.OK)])


class TestTransactionsAndFaults:
    """What only some runs have."""

    STEPS = (Micro(Verb.APPEND, "x", 1), Micro(Verb.READ, "y"))
    ITEM = Item("x", "x")

    def test_a_transaction_has_its_steps_as_they_ended(self) -> None:
        """A read's value is known at the end only."""
        ended = (Micro(Verb.APPEND, "x", 1), Micro(Verb.READ, "y", (1, 2)))
        history = History.of([
            Invocation(0, "writer", Action.WRITE, self.ITEM, 0, 0, 1),
            Invocation(1, "writer", Action.TRANSACTION, self.ITEM, 1, 1, micros=self.STEPS),
            Completion(1, "writer", 2, Outcome.OK, micros=ended),
        ])  # fmt: skip
        assert history.micros == {1: ended}

    def test_a_transaction_that_did_not_end_has_its_steps_as_they_began(self) -> None:
        """Its appends may have happened."""
        history = History.of([Invocation(7, "writer", Action.TRANSACTION, self.ITEM, 1, 1, micros=self.STEPS)])
        assert history.micros == {0: self.STEPS}

    def test_faults_are_told_by_time(self) -> None:
        """They come from a file of their own."""
        end, begin = FaultChange("nemesis", 9, "pause", active=False), FaultChange("nemesis", 3, "pause", active=True)
        assert History.of([end, begin]).faults == (begin, end)
