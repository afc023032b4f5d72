"""Entities that should be there, should be gone, or should look otherwise."""

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.notation import parse


def judge(checker: str, line: str) -> Finding:
    """The finding of `checker`."""
    return CHECKERS[checker](parse(line), 0)


@pytest.mark.parametrize(
    ("checker", "line", "anomalies", "opportunities"),
    [
        ("flicker", "wW1 0-1; rR1 2-3; rR0 4-5", 1, 2),
        ("flicker", "wW1 0-1; rR1 2-4; rR0 4-5", 0, 2),
        ("lost", "wW1 0-1; rR1 2-3; rR0 4-5", 1, 1),
        ("lost", "wW1 0-1; rR1 2-3; rR0 4-5; rR1 6-7", 0, 1),
        ("lost", "wW1 0-1; rR0 4-5", 0, 1),
        ("never_read", "wW1 0-1; rR0 4-5", 1, 1),
        ("never_read", "wW1 0-5; rR0 4-6", 0, 0),
        ("ghosts", "wW1 0-1; wD0 2-3; rR1 4-5", 1, 1),
        ("ghosts", "wW1 0-1; wD0 2-4; rR1 4-5", 0, 0),
        ("ghosts", "wW1 0-1; wD0 2-3; wW2 4-5; rR2 6-7; rR1 8-9; rR0 10-11", 1, 3),
        ("ghosts", "wW1 0-1; wD0 2-?; rR1 4-5", 0, 0),
        ("stale_match", "wW1 0-1; wU2 2-3; rQ1 4-5", 1, 1),
        ("stale_match", "wW1 0-1; wU2 2-3; rQ2 4-5", 0, 1),
        ("stale_match", "wW1 0-1; wU2 2-9; rQ1 4-5", 0, 1),
        ("stale_match", "wW1 0-1; wU2 2-9; rQ1:2 4-5", 1, 1),
        ("stale_match", "wW1 0-1; wU2 2-3; rQ1:0 4-5", 0, 0),
        ("missing", "wW1 0-1; wU2 2-3; rQ2:0 4-5", 1, 1),
        ("missing", "wW1 0-1; wU2 2-3; rQ1:0 4-5", 0, 0),
        ("missing", "wW1 0-1; wU2 2-3; wU3 5-6; rQ2:0 4-5", 0, 0),
        ("missing", "wW1 0-1; wU2 2-3; wU3 6-7; rQ2:0 4-5", 1, 1),
        ("missing", "wW1 0-1; wU2 2-?; rQ1:0 4-5", 0, 0),
        ("missing", "wW1 0-1; rQ1:0 1-5; rQ1:0 2-5", 1, 1),
        ("agreement", "aR1 0-1; bR0 0-2; bR1 3-4", 1, 1),
        ("agreement", "aR1 0-1; bR1 0-2", 0, 1),
    ],
)
class TestPresence:
    def test_counts(self, checker: str, line: str, anomalies: int, opportunities: int) -> None:
        """Anomalies, and the occasions for one."""
        finding = judge(checker, line)
        assert (len(finding.anomalies), finding.opportunities) == (anomalies, opportunities)
        if not opportunities:
            assert finding.verdict is Verdict.CANNOT_TELL


class TestVagueReads:
    def test_a_query_that_found_nothing_says_little_of_an_item_of_several_revisions(self) -> None:
        """It may be absent or hold another revision, so no register checker counts it; of one revision it is absent."""
        assert judge("regular", "wW1 0-1; wU2 2-3; rQ1:0 4-5").examined == 0
        assert judge("regular", "wW1 0-1; rQ1:0 4-5").verdict is Verdict.BROKEN
