"""The session guarantees against their definitions, and by session alone."""

from random import Random

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.judgement import Verdict
from tests.analysis.checkers import brute_sessions as brute
from tests.analysis.checkers.drawing import draw_session_history
from tests.analysis.checkers.notation import Op, build_history, parse

COUNT = 250
RULES = {
    "read_your_writes": brute.breaks_read_your_writes,
    "monotonic_reads": brute.breaks_monotonic_reads,
    "monotonic_writes": brute.breaks_monotonic_writes,
    "writes_follow_reads": brute.breaks_writes_follow_reads,
}


def rename(ops: list[Op], number: int) -> list[Op]:
    """The same with items of its own, later than all before."""
    later = number * 1000
    return [
        op._replace(
            item=f"{op.item}{number}", start=op.start + later, finish=None if op.finish is None else op.finish + later
        )
        for op in ops
    ]


@pytest.mark.slow
class TestAgainstDefinitions:
    @pytest.mark.parametrize("checker", RULES)
    def test_same_reads(self, checker: str) -> None:
        """1,000 histories, four by four as one, so that sessions go on over more items than they began with."""
        random = Random(11)
        for _ in range(COUNT):
            ops = [op for part in range(4) for op in rename(draw_session_history(random), part)]
            expected = sum(op.verb == "R" and RULES[checker](op, ops) for op in ops)
            assert len(CHECKERS[checker](build_history(ops), 0).anomalies) == expected, ops


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
