"""What is shown while a run goes on: on a terminal a table every second, elsewhere one line every ten seconds.

A tally comes in, which the run fills through its one observer; a thread beside the run draws it, also where the store
is silent. On virtual time nothing is drawn: the run takes seconds, and an observer would slow it.
"""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Column, Table

from consistency.budget import draw_up_budget
from consistency.cli.log import note
from consistency.cli.tally import Row, Tally, count_needed
from consistency.durations import NS_PER_S, format_duration
from consistency.operation import Action, Outcome
from consistency.plan import Plan
from consistency.schedule import plan_streams

HEADINGS = ("", "done", "missed 1st", "attempts", "p50", "p90", "waiting", "errors")
LINE_EVERY_S = 10.0
STOPPING = "Ctrl-C stops early and still reports"


class Picture:
    """The tally of `run` as a table, and as a line."""

    def __init__(self, plan: Plan, run: str, tally: Tally) -> None:
        self._plan = plan
        self._run = run
        self._tally = tally
        looked_for = Counter(action for stream in plan_streams(plan) for action in stream.actions)  # by either arm
        self._entities = {action: plan.entities * streams for action, streams in looked_for.items()}
        self._expected_ns = draw_up_budget(plan, cleaned=False).typical.duration_s * NS_PER_S

    def draw(self) -> Group:
        """The table, with the time and the pace below."""
        with self._tally.held:
            columns = [Column(heading, no_wrap=True) for heading in HEADINGS]
            table = Table(*columns, box=None, padding=(0, 1, 0, 0), title=self._run, title_justify="left")
            for action, row in self._tally.probes():
                table.add_row(*_list_cells(action, row, self._entities[action]))
            return Group(table, " · ".join([self._tell_time(), *self._tell_pacing(), STOPPING]))

    def tell(self) -> str:
        """The same in one line."""
        with self._tally.held:
            rows = [_list_cells(action, row, self._entities[action]) for action, row in self._tally.probes()]
            parts = [self._tell_time(), *self._tell_pacing(), *map(_join, rows)]
            return "; ".join(parts) if self._tally.rows else "nothing was answered yet"

    def _tell_time(self) -> str:
        """The plan's own time, and what is left once that is over: searches that take long, here or elsewhere."""
        spent = f"{self._tally.now_ns / NS_PER_S:,.0f} s"
        if self._tally.now_ns <= self._expected_ns + NS_PER_S:
            return f"{spent} of about {self._expected_ns / NS_PER_S:,.0f} s"
        if not any(row.waiting for _, row in self._tally.probes()):
            return f"{spent}, and nothing waits here"
        at_most_ns = self._expected_ns + self._plan.deadline_ns
        return f"{spent}; what is not seen is searched for until {at_most_ns / NS_PER_S:,.0f} s"

    def _tell_pacing(self) -> list[str]:
        tally = self._tally
        if not tally.begun:
            return []
        worst = f"worst {format_duration(tally.worst_late_ns)} late"
        pacing = f"{tally.late:,} of {tally.begun:,} writes late, {worst}" if tally.late else f"pacing ok ({worst})"
        return [f"{tally.writes[Outcome.OK]:,} written", pacing]


def _list_cells(action: Action, row: Row, entities: int) -> list[str]:
    return [
        action.replace("_", " "),
        f"{row.seen}/{entities}",
        f"{100 * row.missed_first / row.answered:.0f} %" if row.answered else "-",
        f"{row.median_tries} ({max(row.tries)})" if row.tries else "-",
        _tell_quantile(row, 0.5),
        _tell_quantile(row, 0.9),
        str(row.waiting),
        str(row.errors.total()),
    ]


def _tell_quantile(row: Row, quantile: float) -> str:
    bounds = row.bound_quantile(quantile)
    if bounds is None:
        return f"needs {count_needed(quantile)}"
    lower_ns, upper_ns = bounds
    if upper_ns is None:
        return f"> {format_duration(lower_ns)}"
    if not lower_ns:
        return f"≤ {format_duration(upper_ns)}"
    low, high = format_duration(lower_ns), format_duration(upper_ns)
    same = low.split()[1] == high.split()[1]
    return f"{low.split()[0] if same else low}–{high}"


def _join(cells: list[str]) -> str:
    name, done, missed, attempts, median, tail, waiting, errors = cells
    told = f"{name} {done}, missed first {missed}, attempts {attempts}, p50 {median}, p90 {tail}"
    return f"{told}, {waiting} waiting, {errors} errors"


@contextlib.contextmanager
def show_progress(picture: Picture, stream: TextIO) -> Iterator[None]:
    """Show the picture on `stream` until the context ends."""
    console = Console(file=stream)
    if console.is_terminal:
        with Live(get_renderable=picture.draw, refresh_per_second=1, console=console):
            yield
        note(picture.tell())
        return

    def print_line() -> None:
        note(line := picture.tell())
        print(line, file=stream, flush=True)

    with _repeat(print_line):
        yield


@contextlib.contextmanager
def _repeat(act: Callable[[], None]) -> Iterator[None]:
    """Act every ten seconds, and once more at the end of a run that took so long."""
    over, acted = threading.Event(), threading.Event()

    def work() -> None:
        while not over.wait(LINE_EVERY_S):
            acted.set()
            act()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        if acted.is_set():
            act()
