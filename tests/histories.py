"""Histories for tests: written in one readable line, or drawn by Hypothesis.

    parse_history("write a 0-10; global a 12-14 miss; global a 40-44 hit")

Times are milliseconds. A call is `ACTION ITEM BEGIN-END TOLD`; before the action a process may be named
(`reader-2/get a 20-25 hit`), after all stands `due T` where the call began late. `12-?` never completed. TOLD is hit,
miss, or an error's code; of a write `fail` or `info` (with a code: `info=ABORTED`), nothing if it was acknowledged.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import count

from hypothesis import strategies as st

from consistency.history import History
from consistency.operation import Action, Completion, Ended, Event, Invocation, Item, Outcome

MS = 1_000_000
_ACTIONS = {
    "write": Action.WRITE,
    "get": Action.KEY_GET,
    "ancestor": Action.ANCESTOR_QUERY,
    "global": Action.GLOBAL_QUERY,
}
_CALL = re.compile(
    r"(?:(?P<process>[\w-]+)/)?(?P<action>\w+) (?P<item>\w+) (?P<begin>[\d.]+)-(?P<end>[\d.]+|\?)"
    r"(?: (?!due)(?P<told>[\w=]+))?(?: due (?P<due>[\d.]+))?"
)


def parse_events(line: str) -> list[Event]:
    """The events that `line` describes, in the order of their calls; each process ends by itself."""
    events: list[Event] = []
    processes: dict[str, None] = {}
    for op, text in zip(count(), filter(None, map(str.strip, line.split(";"))), strict=False):
        match = _CALL.fullmatch(text)
        assert match, f"not a call: {text}"
        process = match["process"] or ("writer" if match["action"] == "write" else "reader")
        processes[process] = None
        events += _parse_call(match, op, process)
    return events + [Ended(process, 10**15) for process in processes]


def parse_history(line: str) -> History:
    """The history that `line` describes."""
    return History.of(parse_events(line))


def _parse_call(match: re.Match[str], op: int, process: str) -> list[Event]:
    action, begin_ns = _ACTIONS[match["action"]], _ns(match["begin"])
    due_ns = _ns(match["due"]) if match["due"] else begin_ns
    item = Item(match["item"], match["item"])
    invocation = Invocation(op, process, action, item, due_ns, begin_ns, revision=int(action is Action.WRITE))
    if match["end"] == "?":
        return [invocation]
    outcome, seen, code = _parse_told(match["told"] or "ok")
    return [invocation, Completion(op, process, _ns(match["end"]), outcome, seen, code=code)]


def _parse_told(told: str) -> tuple[Outcome, int, str]:
    outcome, _, code = told.partition("=")
    if outcome in {"ok", "hit", "miss"}:
        return Outcome.OK, int(outcome == "hit"), ""
    if outcome in {"fail", "info"}:
        return Outcome(outcome), 0, code
    return Outcome.FAIL, 0, told


def _ns(milliseconds: str) -> int:
    return round(float(milliseconds) * MS)


def write_history(intervals_ms: Iterable[tuple[float, float | None]], action: Action = Action.GLOBAL_QUERY) -> History:
    """A history whose searches have just these first-visible intervals: item k is written at k s, acknowledged 1 ms
    later, missed by a call that begins at the lower end (where that is above 0) and seen by one that ends at the upper
    end (where there is one)."""
    recorded: list[Event] = []
    for index, (lower_ms, upper_ms) in enumerate(intervals_ms):
        item, written_ns = Item(f"item-{index}", f"item-{index}"), index * 1000 * MS
        acknowledged_ns = written_ns + MS
        recorded.append(Invocation(3 * index, "writer", Action.WRITE, item, written_ns, written_ns, 1))
        recorded.append(Completion(3 * index, "writer", acknowledged_ns, Outcome.OK))
        if lower_ms > 0:
            at_ns = acknowledged_ns + round(lower_ms * MS)
            recorded.append(Invocation(3 * index + 1, "reader", action, item, at_ns, at_ns))
            recorded.append(Completion(3 * index + 1, "reader", at_ns + 1, Outcome.OK, 0))
        if upper_ms is not None:
            at_ns = acknowledged_ns + round(upper_ms * MS)
            recorded.append(Invocation(3 * index + 2, "reader", action, item, at_ns - 1, at_ns - 1))
            recorded.append(Completion(3 * index + 2, "reader", at_ns, Outcome.OK, 1))
    return History.of([*recorded, Ended("writer", 10**15), Ended("reader", 10**15)])


@st.composite
def events(draw: st.DrawFn) -> Sequence[Event]:
    """A few calls of a few processes, completed or not, in the order in which they were recorded."""
    recorded: list[Event] = []
    for op in range(draw(st.integers(0, 8))):
        process = draw(st.sampled_from(["writer", "reader-1", "reader-2"]))
        item = Item(draw(st.sampled_from(["grandpa", "a"])), draw(st.sampled_from(["a", "b", "ü"])))
        at_ns = draw(st.integers(0, 100))
        action = draw(st.sampled_from(list(Action)))
        recorded.append(Invocation(op, process, action, item, at_ns, at_ns, draw(st.integers(0, 1))))
        if draw(st.booleans()):
            stamp = draw(st.none() | st.integers(1, 10))
            outcome = draw(st.sampled_from(list(Outcome)))
            recorded.append(Completion(op, process, at_ns + draw(st.integers(0, 9)), outcome, 1, stamp, "ABORTED"))
    return recorded


@st.composite
def interval_lists(draw: st.DrawFn) -> list[tuple[int, int | None]]:
    """Intervals for `write_history` (ms), a few of them open; each of them known from one attempt at least."""
    ends = st.tuples(st.integers(0, 50), st.none() | st.integers(1, 50))
    drawn = draw(st.lists(ends, max_size=60))
    return [(lower_ms, lower_ms + width_ms) if width_ms else (lower_ms or 1, None) for lower_ms, width_ms in drawn]


@st.composite
def searches(draw: st.DrawFn) -> tuple[int, History]:
    """A truth, and the history of a search for it: (when the write became visible, counted from its acknowledgement
    and possibly before it; the history). The attempts overlap at will, each looks once between its ends."""
    truth_ns = draw(st.integers(-20, 60))
    recorded: list[Event] = [
        Invocation(0, "writer", Action.WRITE, Item("a", "a"), 70, 80, 1),
        Completion(0, "writer", 100, Outcome.OK),
    ]
    for op in range(draw(st.integers(1, 8))):
        begin_ns, before_ns, after_ns = draw(st.tuples(st.integers(90, 180), st.integers(0, 20), st.integers(0, 20)))
        look_ns = begin_ns + before_ns
        recorded.append(Invocation(op, "reader", Action.GLOBAL_QUERY, Item("a", "a"), begin_ns, begin_ns))
        outcome = draw(st.sampled_from([Outcome.OK, Outcome.OK, Outcome.OK, Outcome.FAIL, None]))
        if outcome is not None:
            seen = int(outcome is Outcome.OK and look_ns >= 100 + truth_ns)
            recorded.append(Completion(op, "reader", look_ns + after_ns, outcome, seen))
    return truth_ns, History.of(recorded)
