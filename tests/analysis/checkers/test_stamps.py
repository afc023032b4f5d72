"""The service's stamps, and clocks that disagree."""

import pytest

from consistency.analysis.checkers import CHECKERS
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from tests.analysis.checkers.notation import Op, build_history, parse

CLOCKED = (
    "staleness",
    "safe",
    "regular",
    "atomic",
    "linearizable",
    "gamma",
    "delta",
    "k_atomicity",
    "missing",
    "ghosts",
)
SKEWS_MS = (0, 50, 5000)


def judge(checker: str, line: str) -> Finding:
    """The finding of `checker`."""
    return CHECKERS[checker](parse(line), 0)


class TestClasses:
    @pytest.mark.parametrize(
        ("line", "old", "anomalous", "unclassified"),
        [
            ("wW1 0-1@100; rR0 4-5@99", 1, 0, 0),
            ("wW1 0-1@100; rR0 4-5@100", 0, 1, 0),
            ("wW1 0-1@100; rR0 4-5@150", 0, 1, 0),
            ("wW1 0-1@100; rR0 4-5", 0, 0, 1),
            ("wW1 0-1; rR0 4-5@150", 0, 0, 1),
            ("wW1 0-1@100; wU2 2-3@200; rR0 4-5@150", 0, 1, 0),
            ("wW1 0-1@100; wU2 2-3@200; rR1 4-5@150", 1, 0, 0),
            ("wW1 0-1@100; rR1 4-5@150", 0, 0, 0),
        ],
    )
    def test_a_stale_read(self, line: str, old: int, anomalous: int, unclassified: int) -> None:
        """Before the stamp of what it missed: an old snapshot; at or after it: an anomaly; without stamps: neither."""
        finding = judge("staleness", line)
        names = ("old_snapshots", "anomalous_reads", "not_classified_reads")
        assert [finding.figures[name] for name in names] == [old, anomalous, unclassified]
        assert len(finding.anomalies) == anomalous + unclassified
        told = [f": {old} old snapshot", f", {anomalous} proven anomal", f", {unclassified} not classified"]
        assert all(each in finding.reason for each in told) is (old + anomalous + unclassified > 0)

    def test_stamps_order_versions_that_overlap(self) -> None:
        """2 was committed before 1, so a process that read 1 and then 2 went back."""
        assert judge("monotonic_reads", "aW1 0-10@200; bW2 0-10@100; cR1 11-12; cR2 13-14").verdict is Verdict.BROKEN
        assert judge("monotonic_reads", "aW1 0-10@100; bW2 0-10@200; cR1 11-12; cR2 13-14").verdict is Verdict.HOLDS
        assert judge("monotonic_reads", "aW1 0-10; bW2 0-10; cR1 11-12; cR2 13-14").verdict is Verdict.HOLDS


def skew(ops: list[Op], skew_ns: int) -> list[Op]:
    """The readers' clocks are ahead by `skew_ns`."""
    return [
        op._replace(start=op.start + skew_ns, finish=op.finish + skew_ns)
        if op.process == "r" and op.finish is not None
        else op
        for op in ops
    ]


def write_and_read(stale_from: int | None = None) -> list[Op]:
    """A writer writes every 100 ms (ns here), a reader reads between: always the newest, with honest stamps; from
    revision `stale_from` on the reader's answers miss what its own read time holds."""
    ops = []
    for revision in range(1, 30):
        at = revision * 100
        ops.append(Op("w", "W" if revision == 1 else "U", revision, "x", at, at + 10, 10_000 + at + 5))
        seen = revision - 1 if stale_from is not None and revision >= stale_from else revision
        ops.append(Op("r", "R", seen, "x", at + 55, at + 60, 10_000 + at + 57))
    return ops


class TestClockBound:
    @pytest.mark.parametrize("checker", CLOCKED)
    @pytest.mark.parametrize("sign", [-1, 1])
    def test_a_consistent_store_has_no_violation_within_the_bound(self, checker: str, sign: int) -> None:
        """A skew of 60 with a bound of 70: what the clocks feign is unresolved, or nothing."""
        ops = [op._replace(stamp=None) for op in skew(write_and_read(), sign * 60)]
        finding = CHECKERS[checker](build_history(ops), 70)
        assert not finding.anomalies
        assert finding.verdict is not Verdict.BROKEN
        assert finding.unresolved or finding.verdict is Verdict.HOLDS or not finding.opportunities

    def test_the_same_skew_without_a_bound_feigns_violations(self) -> None:
        """So the bound is what protects the verdict."""
        ops = [op._replace(stamp=None) for op in skew(write_and_read(), 60)]
        assert CHECKERS["regular"](build_history(ops), 0).anomalies

    def test_what_the_bound_cannot_explain_is_broken(self) -> None:
        """A read that lies far behind the write that it missed."""
        finding = CHECKERS["regular"](parse("wW1 0-1; rR0 500-501; rR1 700-701"), 60)
        assert (finding.verdict, len(finding.anomalies), finding.unresolved) == (Verdict.BROKEN, 1, 0)

    def test_what_the_bound_can_explain_is_unresolved(self) -> None:
        """A read just behind it: said, and not counted."""
        finding = CHECKERS["regular"](parse("wW1 0-1; rR0 30-31; rR1 700-701"), 60)
        assert (finding.verdict, len(finding.anomalies), finding.unresolved) == (Verdict.CANNOT_TELL, 0, 1)

    def test_one_process_has_one_clock(self) -> None:
        """No bound loosens what it knows of itself."""
        assert CHECKERS["regular"](parse("aW1 0-1; aR0 30-31"), 60).verdict is Verdict.BROKEN


class TestSkew:
    @pytest.mark.parametrize("checker", ["staleness", "read_your_writes", "monotonic_reads", "monotonic_writes"])
    @pytest.mark.parametrize("stale_from", [None, 20])
    def test_with_stamps_no_verdict_depends_on_clocks(self, checker: str, stale_from: int | None) -> None:
        """The same at a skew of 0, 50 and 5,000, for a store that is right and for one that is not."""
        histories = [build_history(skew(write_and_read(stale_from), skew_ns)) for skew_ns in SKEWS_MS]
        verdicts = {CHECKERS[checker](history, 0).verdict for history in histories}
        assert len(verdicts) == 1
        if checker == "staleness":
            assert verdicts == {Verdict.HOLDS if stale_from is None else Verdict.BROKEN}
