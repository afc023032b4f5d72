"""Examination: every checker speaks of some workload, and of none that it cannot judge."""

from dataclasses import replace

import pytest

from consistency.analysis.checker_claims import judge_checker
from consistency.analysis.checkers import CHECKERS
from consistency.analysis.examination import APPLICABLE, examine
from consistency.analysis.judge import judge
from consistency.analysis.judgement import Judgement, Verdict
from consistency.claim import parse_assertion, parse_claim
from consistency.workload import Workload
from tests.analysis.runs import make_manifest, make_plan
from tests.histories import parse_history
from tests.report.found import make_finding

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
            (STALE, "staleness.violations == 0", Verdict.BROKEN, "1 among 2 reads. 1 stale read: 0 old snapshots"),
            (STALE, "staleness.violations <= 1", Verdict.HOLDS, "1 among 2 reads. 1 stale read: 0 old snapshots"),
            (STALE, "safe.violations == 0", Verdict.BROKEN, "1 among 2 reads. The first: reader did not find"),
            (STALE, "staleness.k.max <= 2", Verdict.HOLDS, "staleness.k.max is 2; the limit is 2."),
            (STALE, "staleness.k.max <= 1", Verdict.BROKEN, "staleness.k.max is 2; the limit is 1."),
            (STALE, "gamma.max <= 1s", Verdict.HOLDS, "gamma.max is "),
            (STALE, "gamma.max <= 1ms", Verdict.BROKEN, "gamma.max is 2.00 ms; the limit is 1 ms."),
            (STALE, "k_atomicity.k <= 2", Verdict.HOLDS, "k_atomicity.k is 2; the limit is 2."),
            (FRESH, "staleness.t.max <= 1ms", Verdict.HOLDS, "staleness.t.max is 0; the limit is 1 ms."),
            (FRESH, "staleness.violations == 0", Verdict.HOLDS, "None among 2 reads. At most 78 % (95 % one-sided)"),
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


class TestLimits:
    """Claims that a number of a checker stays within a limit, by findings made by hand."""

    @pytest.mark.parametrize(
        ("text", "anomalies", "unresolved", "lacks", "verdict", "reason"),
        [
            ("violations <= 5", 3, 2, "", Verdict.HOLDS, "3 among 9 reads. The limit is 5."),
            ("violations <= 5", 3, 3, "", Verdict.CANNOT_TELL, "3 more depend on clocks that may disagree."),
            ("violations <= 5", 3, 0, "2 reads of what nobody wrote.", Verdict.CANNOT_TELL, "2 reads of what nobody"),
            ("violations <= 5", 6, 9, "2 reads of what nobody wrote.", Verdict.BROKEN, "6 among 9 reads."),
            ("t.max <= 30ms", 3, 0, "", Verdict.HOLDS, "t.max is 20.0 ms; the limit is 30 ms."),
            ("t.max <= 30ms", 3, 1, "", Verdict.CANNOT_TELL, "It may be more: clocks that may disagree could hide it."),
            ("t.max <= 10ms", 3, 1, "", Verdict.BROKEN, "t.max is 20.0 ms; the limit is 10 ms."),
        ],
    )
    def test_what_keeps_a_claim_from_holding(
        self, text: str, anomalies: int, unresolved: int, lacks: str, verdict: Verdict, reason: str
    ) -> None:
        """What surely goes beyond breaks it; doubts keep it from holding, each with its name."""
        found = replace(
            make_finding("staleness", anomalies),
            reason=f"{anomalies} among 9 reads.",
            unresolved=unresolved,
            lacks=lacks,
            figures={"behind_max_ns": 20_000_000, "versions_behind_max": 1},
        )
        judged = judge_checker(parse_claim("staleness", text), [found])
        assert judged.verdict is verdict
        assert reason in judged.reason

    @pytest.mark.parametrize(
        ("limit", "lower", "upper", "verdict", "reason"),
        [
            (3, 2, 4, Verdict.CANNOT_TELL, "k is 2; the limit is 3. Its bounds differ, and it may be 4."),
            (3, 2, None, Verdict.CANNOT_TELL, "Its bounds differ, and it may be infinite."),
            (3, None, None, Verdict.BROKEN, "k is infinite; the limit is 3."),
            (4, 2, 4, Verdict.HOLDS, "k is at most 4; the limit is 4."),
        ],
    )
    def test_bounds_that_differ(
        self, limit: int, lower: int | None, upper: int | None, verdict: Verdict, reason: str
    ) -> None:
        """With several writers only bounds of k are known."""
        found = replace(make_finding("k_atomicity", 1), figures={"k_lower": lower, "k_upper": upper})
        judged = judge_checker(parse_claim("k_atomicity", f"k <= {limit}"), [found])
        assert judged.verdict is verdict
        assert reason in judged.reason
