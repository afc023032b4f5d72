"""The search for an order of sessions gives up in time, and says so."""

import pytest

from consistency.analysis.checkers import session_order
from consistency.analysis.checkers.session_order import check_sequential, limit_visits
from tests.histories import parse_history

WRITERS = 12
CONTRADICTION = "r/get i0 90-91 hit; r/get i0 92-93 miss"
MANY_ORDERS = "; ".join([*(f"w{k}/write i{k} {k}-{k}.5" for k in range(WRITERS)), CONTRADICTION])


class TestLimit:
    def test_beyond_it_the_answer_is_cannot_tell(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Each subset of the writes is a state; the contradiction is found only when all were tried."""
        history = parse_history(MANY_ORDERS)
        assert len(check_sequential(history).anomalies) == 1
        monkeypatch.setattr(session_order, "LOOKS_MAX", 1_400)
        finding = check_sequential(history)
        assert (len(finding.anomalies), finding.reason) == (0, "Not decided within 100 visited states.")

    def test_is_lower_where_each_state_costs_more(self) -> None:
        """A history of hundreds of calls would otherwise be searched for minutes."""
        assert limit_visits(500) < limit_visits(20) / 20
