"""Mutation of histories: a valid one, broken in one known way, is caught by the right checkers and by no others."""

from collections.abc import Callable

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.judgement import Verdict
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Micro, Outcome, Verb
from tests.analysis.checkers.notation import Op, build_history, parse_ops

Change = Callable[[list[Op]], list[Op]]
REGISTER = {"staleness", "safe", "regular", "atomic", "linearizable", "gamma", "delta", "k_atomicity"}
SCORES = {"gamma", "delta", "k_atomicity"}  # of unique values: after a deletion they cannot tell
ORDERS = {"sequential", "causal"}
SETS = {"lost", "set_full"}

# Two sessions write and read x and y, a third reads; then z is created, found and deleted. Nothing is wrong with it.
VALID = """aW1.x 0-5; aR1.x 10-15; aW1.y 20-25; bR1.y 30-35; bR1.x 40-45; bU2.x 50-55; cR2.x 60-65; cR1.y 70-75;
aR2.x 80-85; bU2.y 90-95; cR2.y 100-105; aR2.y 110-115; bR2.x 120-125; bR2.y 130-135; aW1.z 140-145; cQ1.z 150-155;
dR1.z 160-165; aW1.v 170-175; dQ1.v 180-185; dQ1.v 190-195"""


def tell(place: str, value: int) -> Change:
    """The call that is written so returns another value."""
    (wanted,) = parse_ops(place)

    def change(ops: list[Op]) -> list[Op]:
        assert wanted in ops
        return [op._replace(value=value, found=None) if op == wanted else op for op in ops]

    return change


def add(*lines: str) -> Change:
    """More calls at the end."""
    return lambda ops: [*ops, *(op for line in lines for op in parse_ops(line))]


def find_broken(history: History) -> set[str]:
    """The checkers that find an anomaly."""
    return {name for name, check in CHECKERS.items() if check(history, 0).verdict is Verdict.BROKEN}


def find_nothing(ops: list[Op]) -> list[Op]:
    """The first query for v finds nothing: its asking stays, its answer changes."""
    (wanted,) = parse_ops("dQ1.v 180-185")
    return [op._replace(found=0) if op == wanted else op for op in ops]


def forget(ops: list[Op]) -> list[Op]:
    """The last query for v finds nothing any more."""
    (wanted,) = parse_ops("dQ1.v 190-195")
    return [op._replace(found=0) if op == wanted else op for op in ops]


MUTATIONS: dict[str, tuple[Change, set[str]]] = {
    "a process without a past reads an old version": (tell("cR2.x 60-65", 1), REGISTER),
    "a process does not see its own write": (
        tell("bR2.x 120-125", 1),
        REGISTER | ORDERS | {"read_your_writes"},
    ),
    "a process goes back": (add("cR1.x 200-205"), REGISTER | ORDERS | {"monotonic_reads", "monotonic_writes",
                            "writes_follow_reads", "writes_follow_reads_by_session",
                            "flicker"}),
    "a read of what nobody wrote": (tell("cR1.y 70-75", 7), {"safe", "regular", "atomic", "linearizable"} | ORDERS),
    "a deleted entity is returned": (add("aD0.z 200-205", "dR1.z 210-215"), REGISTER - SCORES | {"ghosts"}),
    "an old row is matched": (add("eQ1.y 200-205"), REGISTER | {"stale_match"}),
    "found for a value that it has not": (add("dQ1:2.x 200-205"), {"stale_match"}),
    "not found at first": (find_nothing, REGISTER | {"missing"}),
    "found, then missing for good": (forget, REGISTER | ORDERS | SETS | {"missing", "flicker", "monotonic_reads",
                                     "monotonic_by_session"}),
    "two reads that were due together differ": (add("aR2.x 210-215", "eR1.x 210-214"), REGISTER | {"agreement"}),
}  # fmt: skip


class TestMutations:
    def test_the_valid_history_is_valid(self) -> None:
        """No checker finds anything."""
        assert find_broken(build_history(parse_ops(VALID))) == set()

    @pytest.mark.parametrize("name", MUTATIONS)
    def test_caught_by_the_right_checkers(self, name: str) -> None:
        """And by no unrelated one."""
        change, expected = MUTATIONS[name]
        found = find_broken(build_history(change(parse_ops(VALID))))
        assert found == expected, (sorted(found - expected), sorted(expected - found))


def play(*reads: tuple[str, int | None, int | None]) -> History:
    """Writes of x and y, and transactions that read both: the process, what it saw of x, and of y."""
    events: list[Event] = []
    for op, key in enumerate("xy"):
        events.append(Invocation(op, "w", Action.WRITE, Item(key, key), 0, 10 * op, 1))
        events.append(Completion(op, "w", 500, Outcome.OK))
    for op, (process, x, y) in enumerate(reads, 2):
        micros = (Micro(Verb.READ, "x", x), Micro(Verb.READ, "y", y))
        events.append(Invocation(op, process, Action.TRANSACTION, Item("x", "x"), 10 * op, 10 * op, micros=micros))
        events.append(Completion(op, process, 10 * op + 5, Outcome.OK, micros=micros))
    return History.of(events)


class TestLongFork:
    def test_two_reads_that_saw_two_writes_in_opposite_orders(self) -> None:
        """Each saw what the other had not; the writes go on meanwhile, so no read is stale by itself."""
        finding = CHECKERS["long_fork"](play(("a", 1, None), ("b", None, 1)), 0)
        assert (finding.verdict, len(finding.anomalies)) == (Verdict.BROKEN, 1)
        assert {op.process for op in finding.anomalies[0].ops} == {"w", "a", "b"}

    def test_reads_that_go_forward(self) -> None:
        """One after the other sees more."""
        finding = CHECKERS["long_fork"](play(("a", 1, None), ("b", 1, 1), ("a", None, None)), 0)
        assert finding.verdict is Verdict.HOLDS

    def test_without_reads_of_several_items(self) -> None:
        """Nothing can be said."""
        assert CHECKERS["long_fork"](build_history(parse_ops(VALID)), 0).verdict is Verdict.CANNOT_TELL

    def test_a_read_at_once_breaks_monotonic_writes(self) -> None:
        """In the set form: e2 without e1 in one read, when one session wrote e1 and then e2."""
        events: list[Event] = [
            Invocation(0, "w", Action.WRITE, Item("x", "x"), 0, 0, 1),
            Completion(0, "w", 1, Outcome.OK),
            Invocation(1, "w", Action.WRITE, Item("y", "y"), 2, 2, 1),
            Completion(1, "w", 3, Outcome.OK),
        ]
        micros = (Micro(Verb.READ, "x", None), Micro(Verb.READ, "y", 1))
        events += [
            Invocation(2, "r", Action.TRANSACTION, Item("x", "x"), 4, 4, micros=micros),
            Completion(2, "r", 5, Outcome.OK, micros=micros),
        ]
        assert len(CHECKERS["monotonic_writes"](History.of(events), 0).anomalies) == 1
