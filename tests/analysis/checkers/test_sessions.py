"""The session guarantees with their occasions."""

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.notation import parse


@pytest.mark.parametrize(
    ("checker", "line", "anomalies", "opportunities"),
    [
        ("read_your_writes", "aW1 0-1; aR0 2-3; aR1 4-5; bR0 6-7", 1, 2),
        ("read_your_writes", "aW1 0-2; aR0 2-3", 0, 0),
        ("read_your_writes", "aW1 0-?; aR0 2-3", 0, 0),
        ("monotonic_reads", "wW1 0-1; aR1 2-3; aR0 4-5; bR0 4-5", 1, 1),
        ("monotonic_reads", "wW1 0-9; aR0 1-2; aR1 2-3; aR0 3-4", 0, 0),
        ("monotonic_writes", "wW1.x 0-1; wW1.y 2-3; rR1.y 4-5; rR0.x 6-7", 1, 1),
        ("monotonic_writes", "wW1.x 0-1; wW1.y 1-3; rR1.y 4-5; rR0.x 6-7", 0, 0),
        ("monotonic_writes", "wW1.x 0-1; wW1.y 2-3; rR0.x 4-5; rR1.y 6-7", 0, 0),
        ("writes_follow_reads", "vW1.x 0-1; wR1.x 2-3; wW1.y 4-5; rR1.y 6-7; rR0.x 8-9", 1, 1),
        ("writes_follow_reads", "vW1.x 0-1; wR1.x 2-3; wW1.y 3-5; rR1.y 6-7; rR0.x 8-9", 0, 0),
        ("writes_follow_reads_by_session", "bW1 1-3; cR1 4-7; cW2 8-11; aR2 8-11; aR1 12-14", 1, 1),
    ],
)
class TestCounts:
    def test_occasions(self, checker: str, line: str, anomalies: int, opportunities: int) -> None:
        """What could have been broken, and what was; an exact share of the two."""
        finding = CHECKERS[checker](parse(line), 0)
        assert (len(finding.anomalies), finding.opportunities) == (anomalies, opportunities)
        assert finding.share is not None
        assert (finding.share.count, finding.share.n) == (anomalies, opportunities)
        expected = Verdict.BROKEN if anomalies else Verdict.HOLDS if opportunities else Verdict.CANNOT_TELL
        assert finding.verdict is expected
