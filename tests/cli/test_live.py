"""What is shown while a run goes on: each part of the picture, for a writer, for a reader, and before anything."""

import io
import re
from collections.abc import Callable

import pytest
from rich.console import Console

from consistency.cli import live
from consistency.cli.live import Picture, _repeat, show_progress
from consistency.cli.tally import Tally
from consistency.operation import Action
from consistency.plan import Plan
from tests.cli.test_tally import call

PLAN = Plan.model_validate({"entities": 30, "probes": {"global_query": {}, "key_get": {}}})


@pytest.fixture
def tally() -> Tally:
    """A tally that has heard nothing."""
    return Tally(PLAN)


class TestLine:
    def test_of_a_reader(self, tally: Tally) -> None:
        """Its part alone: searches, and never how much was written elsewhere."""
        for number in range(9):
            call(tally, 2 * number, Action.GLOBAL_QUERY, 100, str(number), due_ms=0, seen=0)
            call(tally, 2 * number + 1, Action.GLOBAL_QUERY, 200, str(number), seen=1)
        call(tally, 18, Action.GLOBAL_QUERY, 300, "late", due_ms=0, seen=0)
        assert re.fullmatch(
            r"0 s of about 3\d s; global query 9/30, missed first 100 %, attempts 2 \(2\), p50 100–210 ms, "
            r"p90 needs 29, 1 waiting, 0 errors",
            Picture(PLAN, "x/1", tally).tell(),
        )

    def test_of_a_writer(self, tally: Tally) -> None:
        """How much it wrote and how late, and nothing of what readers elsewhere see."""
        call(tally, 0, Action.WRITE, at_ms=2, due_ms=0)
        assert Picture(PLAN, "x/1", tally).tell().split("; ")[1:] == ["1 written", "pacing ok (worst 2 ms late)"]
        call(tally, 1, Action.WRITE, at_ms=5_000, due_ms=1_000)
        assert Picture(PLAN, "x/1", tally).tell().endswith("; 2 written; 1 of 2 writes late, worst 4 s late")

    def test_of_two_arms(self, tally: Tally) -> None:
        """An action looks for its own entities and for those that all share."""
        call(tally, 0, Action.KEY_GET, seen=1)
        plan = PLAN.model_copy(update={"interference": True})
        assert "; key get 1/60, " in Picture(plan, "x/1", tally).tell()

    def test_before_anything(self, tally: Tally) -> None:
        """It says that there is nothing, because a silent store is what one looks for."""
        assert Picture(PLAN, "x/1", tally).tell() == "nothing was answered yet"

    def test_behind_the_planned_time(self, tally: Tally) -> None:
        """What is left is said: until when at most something is searched for."""
        call(tally, 0, Action.WRITE, 40_000, due_ms=40_000)
        assert Picture(PLAN, "x/1", tally).tell().startswith("40 s, and nothing waits here; 1 written")
        call(tally, 1, Action.GLOBAL_QUERY, 40_000, due_ms=40_000)
        assert re.match(r"40 s; what is not seen is searched for until 6\d s; ", Picture(PLAN, "x/1", tally).tell())


class TestTable:
    def test_has_the_parts(self, tally: Tally) -> None:
        """One row for each action that this process probes, the time and the pace below."""
        call(tally, 0, Action.WRITE)
        for number in range(5):
            call(tally, number + 1, Action.KEY_GET, name=str(number), seen=1)
        stream = io.StringIO()
        Console(file=stream, width=120).print(Picture(PLAN, "x/1", tally).draw())
        title, heads, row, *below = stream.getvalue().splitlines()
        assert (title.strip(), heads.split()[0]) == ("x/1", "done")
        assert row.split() == ["key", "get", "5/30", "0", "%", "1", "(1)", "≤", "10", "ms", "needs", "29", "0", "0"]
        pace = "1 written · pacing ok (worst 0 ms late) · Ctrl-C stops early and still reports"
        assert re.fullmatch(rf"0 s of about 3\d s · {re.escape(pace)}", below[0])


class TestLines:
    def test_come_without_events(self, tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
        """A store that answers nothing is no reason to be silent; the last line is printed when all is over."""
        monkeypatch.setattr(live, "LINE_EVERY_S", 0.01)
        stream = io.StringIO()
        with show_progress(Picture(PLAN, "x/1", tally), stream):
            _wait_for(lambda: "nothing was answered yet\n" in stream.getvalue())
            call(tally, 0, Action.WRITE)
        assert "1 written" in stream.getvalue().splitlines()[-1]

    def test_a_short_run_has_none(self) -> None:
        """What is over before the first line is told by its report."""
        told: list[int] = []
        with _repeat(lambda: told.append(1)):
            pass
        assert told == []


def _wait_for(is_so: Callable[[], bool]) -> None:
    """Return when it is so; another thread makes it so."""
    while not is_so():
        pass
