"""What the checkers found, as a table: each finding with its count, its share, and one anomaly in words.

Material comes in, lines of text go out. They hold foreign text (names of entities, codes): whoever prints them escapes
them. Findings without an anomaly are told in one sentence for all, because there are two dozen checkers.
"""

from dataclasses import dataclass
from typing import Final

from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from consistency.analysis.words import write_list, write_percent
from consistency.report.material import Material, name_action

MEANINGS: Final = {
    "flicker": "seen by one attempt and missed by the next",
    "lost": "seen, and then missed for good",
    "never_read": "acknowledged and looked for, and seen by no read",
    "missing": "a read did not find what surely was there",
    "ghosts": "returned after its deletion had ended",
    "stale_match": "a query found it by a value that a later write had replaced",
    "wrong_order": "an ordered query returned a newer entity behind an older one",
    "set_full": "an entity of a set that only grows was lost (Jepsen's set-full)",
    "agreement": "reads due at one instant answered differently",
    "staleness": "a read is behind the newest write that had ended before it began",
    "safe": "not even a safe register: wrong although nobody wrote meanwhile",
    "regular": "not a regular register: neither the last value nor one being written",
    "atomic": "not an atomic register: not a regular one, or the old value was read after the new one",
    "linearizable": "no order of the calls on one item explains what they returned",
    "gamma": "values that are linearizable only if operations are stretched (Gamma)",
    "delta": "values that are linearizable only if reads are moved earlier (Delta)",
    "k_atomicity": "reads that are at least one version behind in every order",
    "read_your_writes": "a process does not read its own write",
    "monotonic_reads": "a process reads an older version than before",
    "monotonic_writes": "a later write of a session is seen without its earlier one",
    "writes_follow_reads": "a write is seen without what its writer had read before it",
    "read_your_writes_by_session": "the same, without comparing clocks",
    "monotonic_by_session": "reads go back behind the order in which one session wrote, without comparing clocks",
    "writes_follow_reads_by_session": "the same as writes follow reads, without comparing clocks",
    "long_fork": "two reads of several items, each with something newer than the other",
    "sequential": "no single order keeps every session's own",
    "causal": "no order keeps cause before effect for every session",
    "g1a": "a transaction read what another wrote that failed (G1a)",
    "g1b": "a transaction read what another overwrote before it ended (G1b)",
    "lost_update": "transactions read one version and both wrote over it",
    "internal": "a transaction contradicts what it did itself",
    "duplicate_writes": "what was appended once stands in a list twice",
    "garbage_reads": "a transaction read what nobody wrote",
    "incompatible_orders": "two reads of a list show different orders",
    "g0": "transactions wrote over each other in a circle (G0)",
    "g1c": "transactions saw each other in a circle (G1c)",
    "g_single": "a transaction saw a part of another (read skew, G-single)",
    "g2": "transactions overlooked each other (write skew, G2)",
    "serializable": "no order of all transactions explains what they read",
    "serializable_by_session": "none that keeps each session's order",
    "strict_serializable": "none that keeps the order of time",
    "counter": "a counter that missed increments, or counted too many",
    "bank": "accounts whose total changed, or that owe",
}


@dataclass(frozen=True)
class FindingLine:
    """One finding with anomalies. `share` of the opportunities, "" where one may show several anomalies; it has no
    interval here, because reads of one entity depend on each other."""

    name: str
    meaning: str
    count: str
    share: str
    example: str


def list_findings(material: Material) -> list[FindingLine]:
    """Those with anomalies, in the order of the checkers."""
    return [_describe(finding) for finding in material.judgement.findings if len(finding.anomalies)]


def say_unbroken(material: Material) -> list[str]:
    """One sentence on the checkers that found nothing, one on those that could not judge."""
    findings = material.judgement.findings
    clean = [name_action(each.checker) for each in findings if each.verdict is Verdict.HOLDS]
    untold = [name_action(each.checker) for each in findings if each.verdict is Verdict.CANNOT_TELL]
    sentences = [f"Checked, and nothing found: {write_list(clean)}."] if clean else []
    if untold:
        sentences.append(f"This history cannot tell of {write_list(untold)}: summary.json says why.")
    return sentences


def say_findings(material: Material) -> list[str]:
    """One line for each finding with anomalies."""
    return [
        f"{line.name}: {line.count}{f' ({line.share})' if line.share else ''}. {line.example}"
        for line in list_findings(material)
    ]


def say_found(material: Material) -> str:
    """All findings with anomalies in one sentence; "" where there are none."""
    found = [f"{line.name} ({len(each.anomalies):,})" for line, each in zip(
        list_findings(material), filter(lambda each: len(each.anomalies), material.judgement.findings), strict=True
    )]  # fmt: skip
    if not found:
        return ""
    return f"Beyond the claims, the checkers counted what eventual reads may show: {write_list(found)}."


def _describe(finding: Finding) -> FindingLine:
    share = finding.share
    more = f"; {finding.unresolved:,} more unresolved, by clocks" if finding.unresolved else ""
    counted, _, remark = finding.reason.partition(". ")  # such as the unit of a score, or the classes of stale reads
    return FindingLine(
        name_action(finding.checker),
        MEANINGS.get(finding.checker, ""),
        f"{counted.rstrip('.')}{more}",
        write_percent(share.count / share.n) if share is not None and share.n else "",
        f"{remark} {finding.anomalies[0].explanation}".lstrip(),
    )
