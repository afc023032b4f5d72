"""Incidents: what went wrong, each thing once."""

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.incidents import group_incidents
from consistency.history import History
from tests.histories import parse_history

STALE = "write a 0-10; global a 12-14 miss; global a 20-22 miss; global a 30-33 hit"


def group(history: History) -> list[set[str]]:
    """The checkers that each incident contradicts."""
    incidents = group_incidents(history, [check(history, 0) for check in CHECKERS.values()])
    return [set(incident.checkers) for incident in incidents]


class TestIncidents:
    def test_a_read_went_wrong_once(self) -> None:
        """Two stale reads are two incidents; a condition of the whole entity belongs to the read that proves it."""
        broken = group(parse_history(STALE))
        assert len(broken) == 2
        assert all({"staleness", "safe", "regular", "atomic", "k_atomicity"} <= each for each in broken)
        assert sum("linearizable" in each for each in broken) == 1

    def test_all_are_assigned(self) -> None:
        """Conditions of a whole entity blame a read of each of their anomalies, however many these are."""
        many = "; ".join(STALE.replace(" a ", f" e{number} ") for number in range(1_010))
        history = parse_history(many)
        incidents = group_incidents(
            history, [CHECKERS[name](history, 0) for name in ("linearizable", "gamma", "delta")]
        )
        assert not incidents.unassigned
        assert sum(len(finding.anomalies) for finding in incidents.findings) > 2_000
        assert len(incidents) == 1_010

    def test_nothing_wrong(self) -> None:
        """No anomaly, no incident."""
        assert group(parse_history("write a 0-10; global a 12-14 hit")) == []

    def test_a_blamed_read_is_in_its_witness(self) -> None:
        """What a checker blames is one of the calls that prove it, and number_of leads from an anomaly to it."""
        history = parse_history(STALE)
        findings = [check(history, 0) for check in CHECKERS.values()]
        incidents = group_incidents(history, findings)
        for place, finding in enumerate(incidents.findings):
            for number in range(len(finding.anomalies)):
                which = incidents.number_of(place, number)
                assert which is not None
                calls = {(op.process, op.op) for op in finding.anomalies[number].ops}
                assert {(op.process, op.op) for op in incidents[which].anomaly.ops} & calls
                assert finding.checker in incidents[which].checkers
