"""Resuming: a run that was killed goes on, and one that cannot says why."""

from pathlib import Path

import pytest

from benchmarks.kills import kill_often
from consistency.archive import Archive
from consistency.errors import ConsistencyError
from consistency.operation import Action, Item
from consistency.recorder import Recorder, find_next_op
from consistency.upkeep.resuming import resume
from tests.whole_runs import plan_of, run_plan


def refuse(archive: Archive) -> str:
    """Why it cannot be resumed."""
    with pytest.raises(ConsistencyError) as raised:
        resume(archive, lambda _: None)
    assert raised.value.exit_code == 1
    return str(raised.value)


class TestRefusals:
    @pytest.mark.parametrize(
        ("chosen", "told"),
        [
            ({}, "it ran without --keep-store, so its store ended with it. What there is: consistency report "),
            ({"target": {"backend": "google"}}, "its store (google) ended with it."),
            ({"target": {"backend": "live", "project": "acme"}}, "a live run asks for consent each time"),
            ({"virtual_time": True}, "on virtual time the same seed gives the same run again."),
        ],
    )
    def test_a_store_that_is_gone(self, chosen: dict[str, object], told: str, tmp_path: Path) -> None:
        """One sentence, and what to type."""
        archive = run_plan(plan_of(), tmp_path, "one")
        _, manifest = archive.load()
        archive.save(plan_of(**{"virtual_time": False, **chosen}), manifest)
        assert f"experiment/one cannot be resumed: {told}" in refuse(archive)

    def test_a_run_that_is_over(self, tmp_path: Path) -> None:
        """There is nothing to go on with; one whose reader was stopped can go on."""
        archive = run_plan(plan_of(), tmp_path, "one")
        _, manifest = archive.load()
        archive.save(plan_of(virtual_time=False), manifest)
        archive.data.mkdir()
        assert "experiment/one cannot be resumed: it has run to its end. What there is" in refuse(archive)
        reader = archive.history("reader")
        reader.write_bytes(reader.read_bytes()[:-5])
        assert resume(archive, lambda _: None).keep_store


class TestNumbers:
    def test_operations_go_on_where_they_were(self, tmp_path: Path) -> None:
        """Behind a line that was torn, too."""
        path = tmp_path / "history-writer.jsonl"
        assert find_next_op(path) == 0
        recorder = Recorder(path, "writer")
        for due_ns in range(3):
            recorder.invoke(Action.WRITE, Item("a", str(due_ns)), due_ns, due_ns)
        recorder.close()
        path.write_bytes(path.read_bytes()[:-5])
        assert find_next_op(path) == 2


@pytest.mark.slow
class TestKills:
    @pytest.mark.parametrize("apart", [False, True])
    def test_nothing_is_lost_and_nothing_is_twice(self, apart: bool, tmp_path: Path) -> None:
        """Five random kills with -9 of the run or its emulator, and of a reader apart; what fell due in between is
        missed, never made up."""
        tally = kill_often(tmp_path / "here", kills=5, seed=1, apart=apart, formats=("json",))
        assert tally.kills == 5
        assert tally.acknowledged > 5
        assert tally.missed > 0
        assert (tally.lost, tally.strange, tally.twice, tally.left, tally.undrawn) == (0, 0, 0, 0, 0)
