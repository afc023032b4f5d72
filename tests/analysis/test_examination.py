"""Examination: every checker speaks of some workload, and of none that it cannot judge."""

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.examination import APPLICABLE, examine
from consistency.analysis.judge import judge
from consistency.analysis.judgement import Judgement, Verdict
from consistency.claim import parse_assertion
from consistency.workload import Workload
from tests.analysis.runs import make_manifest, make_plan
from tests.histories import parse_history

STALE = "write a 0-10; global a 12-14 miss; global a 20-22 hit"
FRESH = "write a 0-10; global a 12-14 hit; global a 20-22 hit"


def judge_line(line: str, *assertions: str) -> Judgement:
    claims = [parse_assertion(text) for text in assertions]
    return judge(make_plan(entities=1), make_manifest(), parse_history(line), claims)


class TestApplicable:
    def test_every_workload_and_every_checker(self) -> None:
        """A checker that no workload is asked about would never run."""
        assert set(APPLICABLE) == set(Workload)
        assert frozenset().union(*APPLICABLE.values()) == set(CHECKERS)

    def test_findings_come_in_the_order_of_the_checkers(self) -> None:
        """Those that apply."""
        findings = examine(make_plan(), make_manifest(), parse_history(FRESH))
        assert [finding.checker for finding in findings] == [
            name for name in CHECKERS if name in APPLICABLE[Workload.CREATE]
        ]


class TestJudgement:
    def test_findings_do_not_change_the_verdict(self) -> None:
        """A store that is meant to be stale holds all that was claimed of it: nothing."""
        judgement = judge_line(STALE)
        assert judgement.verdict is Verdict.HOLDS
        found = {finding.checker: len(finding.anomalies) for finding in judgement.findings}
        assert (found["staleness"], found["flicker"]) == (1, 0)

    @pytest.mark.parametrize(
        ("line", "assertion", "verdict", "reason"),
        [
            (STALE, "staleness.violations == 0", Verdict.BROKEN, "1 among 2 reads. The first: reader read «absent»"),
            (FRESH, "staleness.violations == 0", Verdict.HOLDS, "None among 2 reads. At most 78 %, with 95 %"),
            (FRESH, "read_your_writes.violations == 0", Verdict.CANNOT_TELL, "The history has no occasions"),
            (FRESH, "ghosts.violations == 0", Verdict.CANNOT_TELL, "ghosts says nothing of such a workload"),
        ],
    )
    def test_a_claim_about_a_checker(self, line: str, assertion: str, verdict: Verdict, reason: str) -> None:
        """Its verdict is the finding's, with the first witness where it is broken."""
        (judged,) = judge_line(line, assertion).claims
        assert judged.verdict is verdict
        assert judged.reason.startswith(reason)

    def test_a_doubt_leaves_no_finding(self) -> None:
        """A polluted store shows what others wrote."""
        judgement = judge_line("write a 0-10 fail=ALREADY_EXISTS; global a 12-14 hit", "staleness.violations == 0")
        assert judgement.findings == ()
        assert [judged.verdict for judged in judgement.claims] == [Verdict.CANNOT_TELL]
