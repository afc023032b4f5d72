"""The table that is drawn while a run goes on: on a terminal every second, elsewhere one line every ten.

A run's events come in, through the one observer that a run takes. On virtual time nothing is drawn: the run takes
seconds, and an observer would slow it.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Table

from consistency.backends.opening import Order
from consistency.clock import monotonic_ns
from consistency.durations import NS_PER_S, format_duration
from consistency.operation import MUTATIONS, Action, Completion, Event, Invocation, Item, Outcome
from consistency.recorder import Observer
from consistency.workers.reader import is_hit

HEADINGS = ("", "done", "missed 1st", "attempts", "waiting", "errors")
LINE_EVERY_NS = 10 * NS_PER_S


@dataclass
class _Row:
    """One probe so far."""

    searched: set[Item] = field(default_factory=set)
    attempts: Counter[Item] = field(default_factory=Counter)
    seen: set[Item] = field(default_factory=set)
    errors: int = 0

    def cells(self, action: Action, entities: int) -> list[str]:
        tries = sorted(self.attempts[item] for item in self.seen)
        missed = sum(count > 1 for count in tries) + len(self.searched - self.seen)
        return [
            action.replace("_", " "),
            f"{len(self.seen)}/{entities}",
            f"{100 * missed / len(self.searched):.0f} %" if self.searched else "-",
            f"{tries[len(tries) // 2]} ({tries[-1]})" if tries else "-",
            str(len(self.searched - self.seen)),
            str(self.errors),
        ]


class _Progress:
    """What the events have told so far."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._rows = {action: _Row() for action in order.plan.probes}
        self._open: dict[tuple[str, int], Invocation] = {}
        self._worst_late_ns = 0
        self.written = 0

    def observe(self, event: Event) -> None:
        """Take one event in."""
        if isinstance(event, Invocation):
            self._open[event.process, event.op] = event
            if event.action in MUTATIONS:
                self._worst_late_ns = max(self._worst_late_ns, event.at_ns - event.due_ns)
        elif isinstance(event, Completion):
            self._complete(self._open.pop((event.process, event.op)), event)

    def _complete(self, call: Invocation, event: Completion) -> None:
        if call.action in MUTATIONS:
            self.written += event.outcome is Outcome.OK
            return
        row = self._rows[call.action]
        row.searched.add(call.item)
        row.errors += event.outcome is not Outcome.OK
        if call.item not in row.seen and event.outcome is Outcome.OK:
            row.attempts[call.item] += 1
            if is_hit(self._order.plan.wants_absence(call.action), call.revision, event.seen):
                row.seen.add(call.item)

    def draw(self) -> Table:
        """The table."""
        pace = f"{self.written} written, worst {format_duration(self._worst_late_ns)} late · " if self.written else ""
        caption = f"{pace}Ctrl-C stops and reports"
        table = Table(*HEADINGS, box=None, title=self._order.run, title_justify="left", caption=caption)
        for cells in self._cells():
            table.add_row(*cells)
        return table

    def line(self) -> str:
        """The table's figures in one line."""
        written = [f"{self.written} written"] if self.written else []
        return "; ".join([*written, *(f"{name} {done}" for name, done, *_ in self._cells())]) or "nothing answered yet"

    def _cells(self) -> Iterator[list[str]]:
        """Of the probes that this process makes: a writer alone does not know what readers elsewhere have seen."""
        return (row.cells(action, self._order.plan.entities) for action, row in self._rows.items() if row.searched)


@contextlib.contextmanager
def show_progress(order: Order, stream: TextIO, *, quiet: bool) -> Iterator[Observer | None]:
    """The observer that draws on `stream`, or None where nothing is to be drawn."""
    if quiet or order.plan.virtual_time:
        yield None
        return
    progress = _Progress(order)
    console = Console(file=stream)
    if console.is_terminal:
        with Live(get_renderable=progress.draw, refresh_per_second=1, console=console):
            yield progress.observe
    else:
        yield _print_lines(progress, stream)


def _print_lines(progress: _Progress, stream: TextIO) -> Observer:
    next_ns = monotonic_ns() + LINE_EVERY_NS

    def observe(event: Event) -> None:
        nonlocal next_ns
        progress.observe(event)
        if monotonic_ns() >= next_ns:
            next_ns += LINE_EVERY_NS
            print(progress.line(), file=stream, flush=True)

    return observe
