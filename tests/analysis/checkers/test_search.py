"""The general search: repeated values, compare-and-set, deletions, and its limit."""

from random import Random

import pytest

from consistency.analysis.checkers.linearizability import check_linearizable, prove_illegal
from consistency.analysis.checkers.search import Call, Kind, Trial, search_order
from consistency.analysis.checkers.shrinking import shrink
from consistency.analysis.judgement import Verdict
from consistency.history import NEVER, History
from consistency.operation import Action, Completion, Event, Invocation, Item, Micro, Outcome, Verb
from tests.analysis.checkers.drawing import draw_calls
from tests.analysis.checkers.notation import parse


def call(start: int, finish: int, *steps: tuple[Kind, int]) -> Call:
    """A call of these steps."""
    return Call(start, finish, steps)


def transact(*steps: tuple[str, int, int, Outcome | None, tuple[Micro, ...]]) -> History:
    """A history of transactions on one key: process, start, end, outcome, steps."""
    events: list[Event] = []
    for op, (process, start, finish, outcome, micros) in enumerate(steps):
        item = Item("k", "k")
        events.append(Invocation(op, process, Action.TRANSACTION, item, start, start, micros=micros))
        if outcome is not None:
            events.append(Completion(op, process, finish, outcome, micros=micros))
    return History.of(events)


def compare_and_set(old: int | None, new: int) -> tuple[Micro, ...]:
    """As a transaction that reads and then writes."""
    return Micro(Verb.READ, "k", old), Micro(Verb.WRITE, "k", new)


class TestLimit:
    def test_it_is_in_states(self) -> None:
        """Ten concurrent writes and reads of each of them have many orders."""
        calls = [call(0, 50, (Kind.SET, value)) for value in range(10)]
        calls += [call(10 + value, 60, (Kind.IS, value)) for value in range(10)]
        assert search_order(calls, 0, visited_max=20).found is None
        assert search_order(calls, 0).found is True

    def test_the_verdict_is_cannot_tell(self) -> None:
        """And says how many states were visited."""
        line = "; ".join(f"{'abcdefgh'[n]}W{n % 2 + 1} 0-50" for n in range(8)) + "; iR1 60-61; jR2 60-61; kR1 62-63"
        finding = check_linearizable(parse(line), visited_max=3)
        assert finding.verdict is Verdict.CANNOT_TELL
        assert "3 visited states" in finding.reason

    def test_calls_without_an_answer_are_cheap(self) -> None:
        """Sixteen of them stay open for ever: were each subset of them an order of its own, there would be 65,536."""
        lost = [call(n, NEVER, (Kind.SET, n % 4 + 1)) for n in range(16)]
        reads = [call(20 + 2 * n, 21 + 2 * n, (Kind.IS, n % 4 + 1)) for n in range(16)]
        assert search_order([*lost, *reads], 0).found is True
        trial = search_order([*lost, *reads, call(90, 91, (Kind.IS, 1))], 0)
        assert (trial.found, trial.visited < 2_000) == (False, True)

    def test_an_optional_call_may_not_have_happened(self) -> None:
        """But if it did, then between its ends."""
        wrote, read = Call(0, 1, ((Kind.SET, 2),), optional=True), call(4, 5, (Kind.IS, 2))
        between = call(2, 3, (Kind.SET, 1))
        assert search_order([wrote, call(4, 5, (Kind.IS, 0))], 0).found is True
        assert search_order([wrote, read], 0).found is True
        assert search_order([wrote, between, read], 0).found is False

    def test_a_trial_is_the_same_each_time(self) -> None:
        """States and not seconds: the same answer with the same count."""
        calls = draw_calls(Random(5))
        trial = search_order(calls, 0)
        assert isinstance(trial, Trial)
        assert trial == search_order(calls, 0)


class TestItems:
    @pytest.mark.parametrize(
        ("line", "legal"),
        [
            ("aW1 0-1; aD0 2-3; aR0 4-5", True),
            ("aW1 0-1; aD0 2-3; aR1 4-5", False),
            ("aW1 0-1; aW2 2-3; aW1 4-5; bR1 6-7", True),
            ("aW1 0-1; aW2 2-3; aW1 4-5; bR2 6-7", False),
            ("aW1 0-1; aD0 2-?; bR0 4-5; bR1 6-7", False),
            ("aW1 0-1; aD0 2-?; bR1 6-7", True),
        ],
    )
    def test_repeated_values(self, line: str, legal: bool) -> None:
        """A deletion writes «absent» a second time; a value may come back."""
        finding = check_linearizable(parse(line))
        assert finding.verdict is (Verdict.HOLDS if legal else Verdict.BROKEN)
        assert finding.figures["searched_items"] == 1

    def test_compare_and_set(self) -> None:
        """Two transactions that both found nothing and both wrote: a lost update, which no order explains."""
        first = ("a", 0, 1, Outcome.OK, compare_and_set(None, 1))
        second = ("b", 2, 3, Outcome.OK, compare_and_set(None, 2))
        chained = ("b", 2, 3, Outcome.OK, compare_and_set(1, 2))
        assert check_linearizable(transact(first, second)).verdict is Verdict.BROKEN
        assert check_linearizable(transact(first, chained)).verdict is Verdict.HOLDS
        assert (
            check_linearizable(transact(("a", 0, 1, None, compare_and_set(None, 1)), second)).verdict is Verdict.HOLDS
        )

    def test_the_proof_is_minimal(self) -> None:
        """Of a long history with one contradiction few calls are left, and each is needed."""
        calls = [Call(10 * n, 10 * n + 1, ((Kind.SET, n % 3),)) for n in range(40)]
        stuck = Call(405, 406, ((Kind.IS, 1),))
        proof = prove_illegal([*calls, stuck], stuck)
        assert len(proof) == 3
        assert stuck in proof

    def test_the_proof_is_of_this_history(self) -> None:
        """The first read is explained by the last write of 1, so it proves nothing even where that is left out."""
        writes = [call(10 * n, 10 * n + 1, (Kind.SET, value)) for n, value in enumerate((1, 2, 1))]
        fine, stuck = call(30, 31, (Kind.IS, 1)), call(60, 61, (Kind.IS, 2))
        assert prove_illegal([*writes, fine, stuck], stuck) == [writes[1], writes[2], stuck]

    def test_shrinking_leaves_what_is_needed(self) -> None:
        """Whatever the order of what is left out."""
        needed = {3, 17, 18}
        assert set(shrink(range(50), lambda kept: needed <= set(kept))) == needed
