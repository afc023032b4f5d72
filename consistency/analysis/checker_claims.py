"""Claims about a checker: how many anomalies, how far behind, how large a score.

A claim and the findings come in, a ClaimVerdict goes out. These are claims about the calls of this run: one that goes
beyond the limit breaks them, whatever the others did. What clocks could hide, and what the checker could not judge,
keeps them from holding:

    broken         |      [surely .. possibly]          the limit is |
    cannot tell        [surely .. | .. possibly]
    holds              [surely .. possibly] |           and nothing was left unjudged
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from consistency.analysis.findings import Finding
from consistency.analysis.judgement import ClaimVerdict, Verdict
from consistency.analysis.shares import bound_share
from consistency.analysis.words import write_duration, write_exactly, write_percent_at_most
from consistency.claim import VIOLATIONS, Claim

Range = tuple[float, float]  # what a number surely is, and what it may be


def judge_checker(claim: Claim, findings: Sequence[Finding]) -> ClaimVerdict:
    """The verdict on a claim about the finding of its checker."""
    finding = next((finding for finding in findings if finding.checker == claim.subject), None)
    if finding is None:
        reason = f"{claim.subject} says nothing of such a workload, so it was not checked."
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, reason, None)
    surely, possibly = RANGES[claim.figure](finding)
    limit = float(claim.most) if claim.limit_ns is None else claim.limit_ns
    if surely > limit:
        verdict, reason = Verdict.BROKEN, f"{_say(claim, finding, surely)}{_say_first(claim, finding)}"
    elif _is_unjudged(finding):
        verdict, reason = Verdict.CANNOT_TELL, finding.lacks or finding.reason
    elif possibly > limit:
        verdict, reason = Verdict.CANNOT_TELL, f"{_say(claim, finding, surely)} {_say_hidden(claim, finding, possibly)}"
    else:
        most = "at most " if possibly > surely else ""
        verdict, reason = Verdict.HOLDS, f"{_say(claim, finding, possibly, most)}{_say_bound(claim, finding)}"
    return ClaimVerdict(claim, verdict, reason, None)


def _is_unjudged(finding: Finding) -> bool:
    """Whether the checker lacked something; that clocks leave a doubt is another matter."""
    return bool(finding.lacks) or (finding.verdict is Verdict.CANNOT_TELL and not finding.unresolved)


def _say(claim: Claim, finding: Finding, value: float, most: str = "") -> str:
    if claim.figure == VIOLATIONS:
        return f"{finding.reason} The limit is {claim.most}." if claim.most else finding.reason
    limit = f"{claim.most}" if claim.limit_ns is None else write_exactly(claim.limit_ns)
    return f"{claim.subject}.{claim.figure} is {most}{_write(claim, value)}; the limit is {limit}."


def _write(claim: Claim, value: float) -> str:
    if value == inf:
        return "infinite"
    return f"{value:,.0f}" if claim.limit_ns is None or not value else write_duration(int(value))


def _say_first(claim: Claim, finding: Finding) -> str:
    """A witness where any will do; the first anomaly need not be the worst one."""
    return f" The first: {finding.anomalies[0].explanation}" if claim.figure == VIOLATIONS else ""


def _say_hidden(claim: Claim, finding: Finding, possibly: float) -> str:
    if not finding.unresolved:
        return f"Its bounds differ, and it may be {_write(claim, possibly)}."
    if claim.figure == VIOLATIONS:
        return f"{finding.unresolved:,} more depend on clocks that may disagree."
    return "It may be more: clocks that may disagree could hide it."


def _say_bound(claim: Claim, finding: Finding) -> str:
    if claim.figure != VIOLATIONS or len(finding.anomalies) or finding.share is None:
        return ""
    most = write_percent_at_most(bound_share(0, finding.opportunities)[1])
    return f" At most {most} (95 % one-sided), if they are independent of each other."


def _count_violations(finding: Finding) -> Range:
    return len(finding.anomalies), len(finding.anomalies) + finding.unresolved


def _measure_versions(finding: Finding) -> Range:
    """k of a read is 1 + the newer versions that had been written before it (measurement: k of one read)."""
    behind = finding.figures["versions_behind_max"] or 0
    return _open(finding, 1 + behind)


def _measure_k(finding: Finding) -> Range:
    lower, upper = (finding.figures[name] for name in ("k_lower", "k_upper"))
    return (inf if lower is None else lower), (inf if upper is None or finding.unresolved else upper)


def _measure_time(name: str) -> Callable[[Finding], Range]:
    def measure(finding: Finding) -> Range:
        value = finding.figures[name]
        return _open(finding, inf if value is None else value)

    return measure


def _open(finding: Finding, value: float) -> Range:
    """A number that clocks could hide more of has no upper end."""
    return value, inf if finding.unresolved else value


_SCORES: Final = {name: _measure_time(f"{name}_max_ns") for name in ("gamma", "delta")}
RANGES: Final[dict[str, Callable[[Finding], Range]]] = {
    VIOLATIONS: _count_violations,
    "k.max": _measure_versions,
    "t.max": _measure_time("behind_max_ns"),
    "k": _measure_k,
    "max": lambda finding: _SCORES[finding.checker](finding),
}
