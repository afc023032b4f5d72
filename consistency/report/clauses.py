"""Parts of sentences: never seen, missed, the longest wait, and on which side of a limit the bound lies.

One probe's summary comes in, a clause goes out, or "" where there is nothing to say.
"""

from consistency.analysis.judgement import ActionSummary, ClaimVerdict, QuantileEstimate, Verdict
from consistency.report.material import Material, longest_wait, name_action, name_one
from consistency.report.words import (
    rounding_ns,
    write_at_least,
    write_at_most,
    write_count,
    write_exactly,
    write_list,
    write_percent,
    write_percent_at_most,
    write_percent_interval,
)


def never_seen_clause(material: Material, summary: ActionSummary) -> str:
    """How many were missing in the end; "" where all were, which is another sentence."""
    share = summary.never_seen
    if share.count == share.n:
        return ""
    when = f"at the {write_exactly(material.plan.deadline_ns)} deadline"
    when = when if material.judgement.complete else "when its search ended"
    if not share.count:
        return f"None was missing {when} (so at most {write_percent_at_most(share.upper)} are, with 95 % confidence)."
    interval = write_percent_interval(share.lower, share.upper)
    still = f"{share.count:,} of {share.n:,} {'was' if share.count == 1 else 'were'} still missing {when}"
    return f"{still} (95 % interval {interval})."


def missed_clause(summary: ActionSummary) -> str:
    """How many the first attempt missed."""
    share = summary.missed_first
    if not share.n:
        return ""
    by = f"missed by the first {name_action(summary.action)}."
    if share.count in {0, share.n}:
        who = ("It was", "All were") if share.count else ("It was not", "None was")
        return f"{who[share.n > 1]} {by}"
    missed = f"{write_percent(share.count / share.n)} ({share.count:,} of {share.n:,})"
    return f"{missed} {'was' if share.count == 1 else 'were'} {by}"


def longest_clause(material: Material, summary: ActionSummary) -> str:
    """The longest wait and its entity; that of one never seen is a lower bound."""
    longest = longest_wait(summary)
    if longest is None:
        return ""
    resolution_ns = material.resolution_ns(summary.action, longest.lower_ns, longest.upper_ns)
    if longest.upper_ns is not None:
        return f"The longest wait was {write_at_most(longest.upper_ns, resolution_ns)}: entity {longest.index}."
    if not longest.lower_ns:
        return f"The longest wait is not known: entity {longest.index} was neither seen nor missed after its write."
    return f"The longest wait was at least {write_at_least(longest.lower_ns, resolution_ns)}: entity {longest.index}."


def nothing_seen_clause(material: Material, summary: ActionSummary) -> str:
    """That no entity was seen, until when, and which errors there were."""
    entities = "**The one entity** was not" if summary.n == 1 else f"**None of {summary.n:,} entities** was"
    until = f"before the deadline of {write_exactly(material.plan.deadline_ns)}"
    until = until if material.judgement.complete else "before its search ended (the run was cut short)"
    errors = sum(summary.errors.values())
    failed = f" {write_count(errors, 'attempt')} failed: {codes_clause(summary)}." if errors else ""
    return f"{entities} seen by {name_one(summary.action)} {until}.{failed}"


def codes_clause(summary: ActionSummary) -> str:
    """ "DEADLINE_EXCEEDED 3 and UNAVAILABLE 12"."""
    return write_list([f"{code} {count:,}" for code, count in sorted(summary.errors.items())])


def bound_clause(material: Material, summary: ActionSummary, estimate: QuantileEstimate, claim: ClaimVerdict) -> str:
    """The one-sided bound that decided the claim; "" where none did."""
    limit_ns, upper_ns = claim.claim.limit_ns or 0, estimate.bound_upper_ns
    resolution_ns = material.resolution_ns(summary.action, estimate.lower_ns, estimate.upper_ns)
    if claim.verdict is Verdict.HOLDS and upper_ns is not None:
        words = write_at_most(upper_ns, _resolution_apart(upper_ns, limit_ns, resolution_ns))
        return f"With 95 % confidence it is at most {words}."
    if claim.verdict is Verdict.BROKEN:
        resolution_ns = _resolution_apart(estimate.bound_lower_ns, limit_ns, resolution_ns)
        return f"With 95 % confidence it is more than {write_at_least(estimate.bound_lower_ns, resolution_ns)}."
    return ""


def _resolution_apart(value_ns: int, limit_ns: int, resolution_ns: int) -> int:
    """The coarsest resolution at which a rounded `value_ns` still lies on its own side of the limit.

    value 496, limit 500: rounded up to 500, fine. value 496, limit 498: rounded up to 500 it would contradict.
    """
    while resolution_ns > 1 and abs(value_ns - limit_ns) < rounding_ns(value_ns, resolution_ns):
        resolution_ns //= 10
    return resolution_ns
