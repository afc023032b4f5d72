"""Wrong order: one answer alone shows it."""

import pytest

from consistency.analysis.checkers.order import check_wrong_order
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from consistency.history import History
from consistency.operation import Action, Completion, Event, Invocation, Item, Outcome

ITEM = Item("a", "a")
NOON_US = 1_767_268_800_000_000  # 2026-01-01T12:00:00Z


def judge(*orders: tuple[int, ...]) -> Finding:
    """What is found in a history of ordered queries with these answers, in seconds behind noon."""
    events: list[Event] = []
    for op, order in enumerate(orders):
        events.append(Invocation(op, "reader", Action.ORDERED_QUERY, ITEM, 10 * op, 10 * op))
        stamps = tuple(NOON_US + 1_000_000 * second for second in order)
        events.append(Completion(op, "reader", 10 * op + 5, Outcome.OK, seen=1, order=stamps))
    return check_wrong_order(History.of(events))


class TestOrder:
    @pytest.mark.parametrize(
        ("orders", "anomalies", "opportunities", "verdict"),
        [
            ([(3, 2, 1)], 0, 1, Verdict.HOLDS),
            ([(2, 2, 1)], 0, 1, Verdict.HOLDS),
            ([(3, 1, 2)], 1, 1, Verdict.BROKEN),
            ([(1, 2, 3), (2, 3, 1), (3, 1)], 2, 3, Verdict.BROKEN),
            ([(1,), ()], 0, 0, Verdict.CANNOT_TELL),
            ([], 0, 0, Verdict.CANNOT_TELL),
        ],
    )
    def test_counts(self, orders: list[tuple[int, ...]], anomalies: int, opportunities: int, verdict: Verdict) -> None:
        """An answer with several results either keeps the order or does not."""
        finding = judge(*orders)
        assert (len(finding.anomalies), finding.opportunities, finding.verdict) == (anomalies, opportunities, verdict)

    def test_the_witness_is_the_query(self) -> None:
        """With the first place where a newer one stands behind an older one."""
        (anomaly,) = judge((3, 2, 1), (9, 4, 7, 8)).anomalies
        assert [op.op for op in anomaly.ops] == [1]
        assert "12:00:07.000000 as number 3 of 4, behind 12:00:04.000000" in anomaly.explanation
