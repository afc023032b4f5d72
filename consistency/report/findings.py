"""What the checkers found, as a table: each condition in plain words, how often it was broken, and among how many.

Material comes in, lines of text go out. What happened stands in the incidents (`incidents`), each told once; here is
what each checker counted, because a claim is about that number. Checkers that found nothing are told in one sentence
for all, because there are two dozen.
"""

from dataclasses import dataclass
from typing import Final

from consistency.analysis.findings import Finding
from consistency.analysis.judgement import Verdict
from consistency.analysis.words import capitalize, write_list, write_percent
from consistency.report.incidents import list_incidents, say_incidents
from consistency.report.material import Material, name_action

EXAMPLES: Final = 3  # on a terminal

MEANINGS: Final = {
    "flicker": "an entity that had been found was missed by the next attempt",
    "lost": "an entity that had been seen vanished, and no later read found it",
    "never_read": "a write was acknowledged, and no read ever found it",
    "missing": "a read did not find what surely was there",
    "ghosts": "a read returned an entity that had been deleted before",
    "stale_match": "a query found an entity by a value that it had no more",
    "wrong_order": "a query for the newest first put a newer entity behind an older one",
    "set_full": "an acknowledged entity vanished for good (Jepsen's set-full)",
    "agreement": "two reads at the same time got different answers",
    "staleness": "a read returned old data after a newer write had been acknowledged",
    "safe": "a read was wrong though nobody was writing (not a safe register)",
    "regular": "a read returned neither the last value nor one being written (not a regular register)",
    "atomic": "a read returned old data, or less than another read had shown (not an atomic register)",
    "linearizable": "the calls on an entity do not behave as if each happened at one instant",
    "gamma": "a value was read too early or too late to fit one instant (Gamma: by how much)",
    "delta": "a value was still read after it had been replaced (Delta: by how much)",
    "k_atomicity": "a read was at least one version behind",
    "read_your_writes": "a client did not see its own write",
    "monotonic_reads": "a later read by the same client went back in time",
    "monotonic_writes": "a client's later write was seen without its earlier one",
    "writes_follow_reads": "an answer was seen without what it answered",
    "read_your_writes_by_session": "a client did not see its own write (told without comparing clocks)",
    "monotonic_by_session": "a later read by the same client went back in time (told without comparing clocks)",
    "writes_follow_reads_by_session": "an answer was seen without what it answered (told without comparing clocks)",
    "long_fork": "two readers saw two writes in opposite orders",
    "sequential": "no single order of all calls keeps each client's own order",
    "causal": "an effect was seen without its cause",
    "g1a": "a transaction read what was rolled back (G1a)",
    "g1b": "a transaction read a value that its writer overwrote before it committed (G1b)",
    "lost_update": "two transactions read one version and both wrote over it: one update is lost",
    "internal": "a transaction did not see what it had done itself",
    "duplicate_writes": "what was written once happened twice",
    "garbage_reads": "a transaction read what nobody wrote",
    "incompatible_orders": "two reads of a list show its elements in different orders",
    "g0": "transactions wrote over each other in a circle (G0)",
    "g1c": "transactions saw each other's writes in a circle (G1c)",
    "g_single": "a transaction saw one half of another's writes (read skew, G-single)",
    "g2": "transactions each decided by what the others were changing (write skew, G2)",
    "serializable": "no order of all transactions explains what they read",
    "serializable_by_session": "no order of all transactions keeps each client's own order",
    "strict_serializable": "no order of all transactions keeps the order of time",
    "counter": "a counter lost increments, or counted too many",
    "bank": "money was made or lost, or an account owes",
}


@dataclass(frozen=True)
class FindingLine:
    """One finding: the checker's name, what it means for an application, how often it was found, and what else there
    is to say of it. `share` of the opportunities, "" where one may show several anomalies; it has no interval here,
    because reads of one entity depend on each other."""

    name: str
    meaning: str
    count: str
    share: str
    remark: str


def list_findings(material: Material) -> list[FindingLine]:
    """Those with something to tell, in the order of the checkers."""
    return [_describe(finding) for finding in material.judgement.findings if _tells(finding)]


def say_unbroken(material: Material) -> list[str]:
    """One sentence on the checkers that found nothing, one on those that could not judge."""
    findings = [finding for finding in material.judgement.findings if not _tells(finding)]
    clean = [name_action(each.checker) for each in findings if each.verdict is Verdict.HOLDS]
    untold = [name_action(each.checker) for each in findings if each.verdict is Verdict.CANNOT_TELL]
    sentences = [f"Checked, and nothing found: {write_list(clean)}."] if clean else []
    if untold:
        sentences.append(f"This history cannot tell of {write_list(untold)}: summary.json says why.")
    return sentences


def say_findings(material: Material) -> list[str]:
    """How many incidents there are, what each checker counted, and the first few incidents."""
    lines = [
        f"{capitalize(line.meaning)} [{line.name}]: {line.count}{f' ({line.share})' if line.share else ''}."
        + (f" {line.remark}" if line.remark else "")
        for line in list_findings(material)
    ]
    examples = [
        f"Incident {each.number}, minute {each.minute}: {each.told} It breaks {each.breaks}."
        for each in list_incidents(material)[:EXAMPLES]
    ]
    return [*filter(None, (say_incidents(material),)), *lines, *examples]


def say_found(material: Material) -> str:
    """All findings with anomalies in one sentence; "" where there are none."""
    found = [
        f"{name_action(each.checker)} ({len(each.anomalies):,})"
        for each in material.judgement.findings
        if len(each.anomalies)
    ]
    if not found:
        return ""
    return f"Beyond the claims: {say_incidents(material)} By checker: {write_list(found)}."


def _tells(finding: Finding) -> bool:
    """Old snapshots are no anomalies of staleness, and yet what an application meets."""
    return bool(len(finding.anomalies) or finding.figures.get("stale_reads"))


def _describe(finding: Finding) -> FindingLine:
    share = finding.share
    more = f"; {finding.unresolved:,} more unresolved, by clocks" if finding.unresolved else ""
    counted, _, remark = finding.reason.partition(". ")  # such as the unit of a score, or the classes of stale reads
    return FindingLine(
        name_action(finding.checker),
        MEANINGS.get(finding.checker, ""),
        f"{counted.rstrip('.')}{more}",
        write_percent(share.count / share.n) if share is not None and share.n else "",
        remark,
    )
