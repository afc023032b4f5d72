"""The tally: what it makes of changes that are not writes, of sightings by absence, and of runs that do not end."""

from fractions import Fraction
from typing import Any

import pytest

from consistency.analysis.quantiles import ERROR, lower_rank, needed_entities, upper_rank
from consistency.cli.tally import NEWEST, Tally, _find_ranks, count_needed
from consistency.operation import Action, Completion, Invocation, Item, Outcome
from consistency.plan import Plan

MS = 1_000_000
S = 1_000 * MS


def make_tally(**plan: Any) -> Tally:
    """The tally of a run of this plan."""
    return Tally(Plan.model_validate({"entities": 9, "probes": {"global_query": {}}} | plan))


def call(tally: Tally, op: int, action: Action, at_ms: int = 0, name: str = "a", **told: Any) -> None:
    """One call of 10 ms; `told` of its answer, that asked for revision 1 unless it says otherwise."""
    asked = told.pop("asked", 1)
    tally.observe(Invocation(op, "p", action, Item(name, name), told.pop("due_ms", at_ms) * MS, at_ms * MS, asked))
    tally.observe(Completion(op, "p", (at_ms + 10) * MS, told.pop("outcome", Outcome.OK), **told))


class TestCounts:
    def test_a_deleted_entity_is_seen_when_it_is_gone(self) -> None:
        """Writes and deletes are writes; a ghost is a miss."""
        tally = make_tally(workload="delete", probes={"key_get": {}})
        call(tally, 0, Action.WRITE)
        call(tally, 1, Action.DELETE, asked=2)
        call(tally, 2, Action.KEY_GET, seen=1)
        row = tally.rows[Action.KEY_GET]
        assert (tally.writes[Outcome.OK], row.seen, row.waiting, row.misses, row.missed_first) == (2, 0, 1, 1, 1)
        call(tally, 3, Action.KEY_GET, seen=0)
        assert (row.seen, row.waiting, row.median_tries) == (1, 0, 2)

    def test_an_error_is_neither_hit_nor_miss(self) -> None:
        """It is counted by its code, and what was not seen is waited for."""
        tally = make_tally()
        call(tally, 0, Action.GLOBAL_QUERY, outcome=Outcome.FAIL, code="UNAVAILABLE")
        row = tally.rows[Action.GLOBAL_QUERY]
        assert (dict(row.errors), row.misses, row.waiting, row.in_flight) == ({"UNAVAILABLE": 1}, 0, 1, 0)

    def test_a_confirmation_is_no_search(self) -> None:
        """A flicker after the first hit is a miss, and the entity stays seen."""
        tally = make_tally()
        call(tally, 0, Action.GLOBAL_QUERY, seen=1)
        call(tally, 1, Action.GLOBAL_QUERY, at_ms=50, seen=0)
        row = tally.rows[Action.GLOBAL_QUERY]
        assert (row.searched, row.seen, row.misses, row.missed_first) == (1, 1, 1, 0)

    def test_an_earlier_life_counts(self) -> None:
        """Of a resumed run, all of it; the call that the kill cut off is in flight no more."""
        tally, item = make_tally(), Item("a", "a")
        begun, cut_off = (Invocation(op, "p", Action.GLOBAL_QUERY, item, 0, op * 2 * MS, 1) for op in range(2))
        tally.recall([begun, Completion(0, "p", MS, Outcome.OK, 1), cut_off])
        call(tally, 2, Action.GLOBAL_QUERY, at_ms=50, name="b", seen=1)
        row = tally.rows[Action.GLOBAL_QUERY]
        assert (row.searched, row.seen, row.in_flight) == (2, 2, 0)

    def test_pacing(self) -> None:
        """A write is late when it begins a whole period after it was due."""
        tally = make_tally(rate="10/s")
        call(tally, 0, Action.WRITE, at_ms=99, due_ms=0)
        call(tally, 1, Action.WRITE, at_ms=300, due_ms=200)
        assert (tally.begun, tally.late, tally.worst_late_ns) == (2, 1, 100 * MS)

    def test_memory_does_not_grow(self) -> None:
        """A search that must be over is counted and forgotten, whether it was seen or given up."""
        tally = make_tally(deadline="1s", call_timeout="1s")
        for number in range(3 * NEWEST):
            call(tally, number, Action.GLOBAL_QUERY, at_ms=100 * number, name=str(number), seen=number % 2)
        row = tally.rows[Action.GLOBAL_QUERY]
        assert len(row.open) < 100
        assert (len(row.found), row.seen, len(tally._calls)) == (NEWEST, 3 * NEWEST // 2, 0)
        assert row.given_up > NEWEST


class TestQuantiles:
    @pytest.mark.parametrize("quantile", [Fraction(1, 2), Fraction(9, 10)])
    def test_ranks_are_those_of_the_analysis(self, quantile: Fraction) -> None:
        """At every n that can bound the quantile; and so is the least such n."""
        assert count_needed(float(quantile)) == needed_entities(quantile)
        for n in (*range(count_needed(float(quantile)), 120), 500, NEWEST):
            assert _find_ranks(n, float(quantile)) == (
                lower_rank(n, quantile, ERROR),
                upper_rank(n, quantile, ERROR),
            )

    def test_from_the_last_miss_to_the_first_hit(self) -> None:
        """Each entity was missed at 100 ms and seen at 210 ms after its acknowledgement."""
        tally = make_tally()
        row = None
        for number in range(29):
            ack_ms = 1_000 * number
            call(tally, 2 * number, Action.GLOBAL_QUERY, ack_ms + 100, str(number), due_ms=ack_ms, seen=0)
            row = tally.rows[Action.GLOBAL_QUERY]
            assert (row.bound_quantile(0.9) is None, row.bound_quantile(0.5) is None) == (number < 28, number < 4)
            call(tally, 2 * number + 1, Action.GLOBAL_QUERY, ack_ms + 200, str(number), seen=1)
        assert row is not None
        assert row.bound_quantile(0.5) == row.bound_quantile(0.9) == (100 * MS, 210 * MS)

    def test_what_was_not_seen_has_no_upper_end(self) -> None:
        """Five that wait say no more than that the median lies behind their last misses."""
        tally = make_tally()
        for number in range(5):
            call(tally, number, Action.GLOBAL_QUERY, 70, str(number), due_ms=0, seen=0)
        assert tally.rows[Action.GLOBAL_QUERY].bound_quantile(0.5) == (70 * MS, None)
