"""Conclusions: from what a rule found on the registers to a finding with a verdict.

A rule (a function of Registers) comes in with a history and the bound of its clocks; a Finding goes out. The rule is
asked about intervals that are widened by the bound, so what it finds then is certain; and once more about intervals
that are narrowed by it, which is all that clocks as wrong as that could have hidden. What lies between is unresolved.

    certain      v [=====]  <- bound ->  [====] u      «v before u» whatever the clocks say
    unresolved   v [=====]   [====] u                  «v before u» only if the clocks agree
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from consistency.analysis.checkers.registers import INITIAL, Registers, gather_registers
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.analysis.judgement import Verdict
from consistency.analysis.shares import measure_share
from consistency.history import History
from consistency.operation import Item


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule found. `noun`: what the opportunities are. `lacks`: why the rule cannot be judged, or not for all
    items; "" where it can. `single`: one opportunity shows one anomaly at most, so that a share has a meaning.
    `remark`: a sentence that belongs beside the figures, such as what a score is the unit of."""

    examined: int
    opportunities: int
    anomalies: Anomalies
    noun: str = "reads"
    lacks: str = ""
    remark: str = ""
    single: bool = True
    figures: Mapping[str, float | int | None] = field(default_factory=dict)


Rule = Callable[[History, Registers], Evidence]


def conclude(checker: str, history: History, clock_bound_ns: int, rule: Rule) -> Finding:
    """The finding of `rule`, for clocks that are up to `clock_bound_ns` apart; one process has one clock."""
    bound_ns = clock_bound_ns if len(history.processes) > 1 else 0
    evidence = rule(history, gather_registers(history, bound_ns))
    possible = rule(history, gather_registers(history, -bound_ns)).anomalies.size if bound_ns else 0
    return find(checker, evidence, max(0, possible - evidence.anomalies.size))


def find(checker: str, evidence: Evidence, unresolved: int = 0) -> Finding:
    """The finding that says what `evidence` says."""
    verdict, reason = _decide(evidence, unresolved)
    count, opportunities = evidence.anomalies.size, evidence.opportunities
    return Finding(
        checker,
        evidence.examined,
        opportunities,
        evidence.anomalies,
        verdict,
        f"{reason} {evidence.remark}".rstrip(),
        share=measure_share(count, opportunities) if evidence.single and count <= opportunities else None,
        unresolved=unresolved,
        figures=evidence.figures,
        lacks=evidence.lacks,
    )


def _decide(evidence: Evidence, unresolved: int) -> tuple[Verdict, str]:
    among = f"among {evidence.opportunities:,} {evidence.noun}"
    if evidence.anomalies.size:
        return Verdict.BROKEN, f"{evidence.anomalies.size:,} {among}."
    if evidence.lacks:
        return Verdict.CANNOT_TELL, evidence.lacks
    if not evidence.opportunities:
        return Verdict.CANNOT_TELL, f"The history has no {evidence.noun} that could show it."
    if unresolved:
        return Verdict.CANNOT_TELL, f"Unresolved: {unresolved:,} {among} depend on clocks that may disagree."
    return Verdict.HOLDS, f"None {among}."


def witness(checker: str, history: History, registers: Registers, item: int, rows: Iterable[int], told: str) -> Anomaly:
    """The anomaly of `item` that the operations in `rows` prove; the first write of «absent» is nobody's operation."""
    real = sorted({int(row) for row in rows if row != INITIAL})
    return Anomaly(checker, find_item(history, registers, item), tuple(history[row] for row in real), told)


def find_item(history: History, registers: Registers, item: int) -> Item:
    """Item number `item`; a key that transactions alone use is its own group."""
    name = registers.names[item]
    return history.items[item] if item < len(history.items) else Item(name, name)
