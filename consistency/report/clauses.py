"""Parts of sentences: never seen, missed, the longest wait, and on which side of a limit the bound lies.

One probe's summary comes in, a clause goes out, or "" where there is nothing to say.
"""

import re

from consistency.analysis.judgement import ActionSummary, ClaimVerdict, QuantileEstimate, Verdict
from consistency.analysis.words import (
    write_at_least,
    write_at_most,
    write_beyond,
    write_count,
    write_exactly,
    write_list,
    write_percent,
    write_percent_at_most,
    write_within,
)
from consistency.report.material import Material, longest_wait, name_action, name_one, say_sure

_JUDGED_BY = "The limit is held against the one-sided 95 % bound"
_MARKS = re.compile(r"[^\w -]")


def never_seen_clause(material: Material, summary: ActionSummary) -> str:
    """How many were missing at the deadline, and at how many nobody looked then; "" where nothing was seen, which is
    another sentence."""
    share, unknown = summary.never_seen, count_unknown(summary)
    if share.count + summary.unanswered + summary.stopped == share.n:
        return ""
    when = f"at the {write_exactly(material.plan.deadline_ns)} deadline"
    rest = f" {unknown_clause(material, summary)}" if unknown else ""
    fate = "found" if material.name_gone(summary.action) else "missing"
    if not share.count:
        none = f"None of the {share.n - unknown:,} that were looked for until then" if unknown else "None"
        most = f"(so at most {write_percent_at_most(share.upper)} are, 95 % one-sided)"
        return f"{none} was {fate} {when} {most}.{rest}"
    still = f"{share.count:,} of {share.n:,} {_were(share.count)} still {fate} {when}"
    return f"{still} ({say_sure(share)}).{rest}"


def count_unknown(summary: ActionSummary) -> int:
    """The entities of which nobody knows whether they were missing at the deadline."""
    return summary.unanswered + summary.stopped + summary.behind_deadline


def unknown_clause(material: Material, summary: ActionSummary) -> str:
    """Why nobody knows whether some entities were missing at the deadline; "" where all are known."""
    deadline = write_exactly(material.plan.deadline_ns)
    parts = [
        f"{count:,} of {summary.n:,} {_were(count)} {what}"
        for count, what in (
            (summary.unanswered, "neither seen nor answered to the end"),
            (summary.stopped, f"neither seen nor looked for until the deadline of {deadline}"),
            (summary.behind_deadline, f"looked for only behind the deadline of {deadline}"),
        )
        if count
    ]
    return f"{write_list(parts)}." if parts else ""


def late_clause(summary: ActionSummary) -> str:
    """How many first attempts came too late to say what one at once would have told; "" where none did."""
    if not summary.late:
        return ""
    who = f"{summary.late:,} of {write_count(summary.n, 'entity', 'entities')} {_were(summary.late)}"
    return (
        f"{who} not looked for within {write_exactly(summary.prompt_ns)} of the acknowledgement, "
        f"so nobody knows what a first {name_action(summary.action)} at once would have told."
    )


def missed_clause(material: Material, summary: ActionSummary) -> str:
    """How many the first attempt missed, or still found though deleted, of those with a prompt and answered one."""
    share = summary.missed_first
    if not share.n:
        return ""
    fate = "still found" if material.name_gone(summary.action) else "missed"
    by = f"{fate} by the first {name_action(summary.action)}."
    if share.n < summary.n:
        whose = "whose first attempt was prompt and answered"
        return f"Of the {share.n:,} {whose}, {share.count or 'none'} {_were(share.count or 1)} {by}"
    if share.count in {0, share.n}:
        who = ("It was", "All were") if share.count else ("It was not", "None was")
        return f"{who[share.n > 1]} {by}"
    missed = f"{write_percent(share.count / share.n)} ({share.count:,} of {share.n:,})"
    return f"{missed} {_were(share.count)} {by}"


def longest_clause(material: Material, summary: ActionSummary) -> str:
    """The longest wait that is known and its entity; that of one never seen is a lower bound."""
    longest = longest_wait(summary)
    if longest is None:
        return ""
    resolution_ns = material.resolution_ns(summary.action, longest.lower_ns, longest.upper_ns)
    unknown = any(each.late and not each.lower_ns for each in summary.visibilities)
    wait = "The longest known wait" if unknown else "The longest wait"
    if longest.upper_ns is not None:
        return f"{wait} was at most {write_at_most(longest.upper_ns, resolution_ns)}: entity {longest.index}."
    return f"{wait} was at least {write_at_least(longest.lower_ns, resolution_ns)}: entity {longest.index}."


def nothing_seen_clause(material: Material, summary: ActionSummary) -> str:
    """That no entity was seen, until when, and which errors there were."""
    entities = "**The one entity** was not" if summary.n == 1 else f"**None of {summary.n:,} entities** was"
    until = f"before the deadline of {write_exactly(material.plan.deadline_ns)}"
    until = "before its search ended" if count_unknown(summary) else until
    errors = sum(summary.errors.values())
    failed = f"{write_count(errors, 'attempt')} failed: {codes_clause(summary)}." if errors else ""
    seen = f"{entities} seen by {name_one(summary.action)} {until}."
    return " ".join(filter(None, (seen, unknown_clause(material, summary), failed)))


def codes_clause(summary: ActionSummary) -> str:
    """ "DEADLINE_EXCEEDED 3 and UNAVAILABLE 12". A code is a word; whatever else is in it could be a mark."""
    return write_list([f"{_MARKS.sub('', code)} {count:,}" for code, count in sorted(summary.errors.items())])


def bound_clause(material: Material, summary: ActionSummary, estimate: QuantileEstimate, claim: ClaimVerdict) -> str:
    """The one-sided bound that decided the claim; "" where none did."""
    limit_ns, upper_ns = claim.claim.limit_ns or 0, estimate.bound_upper_ns
    resolution_ns = material.resolution_ns(summary.action, estimate.lower_ns, estimate.upper_ns)
    if claim.verdict is Verdict.HOLDS and upper_ns is not None:
        return f"{_JUDGED_BY}: at most {write_within(upper_ns, limit_ns, resolution_ns)}."
    if claim.verdict is Verdict.BROKEN:
        beyond = write_beyond(estimate.bound_lower_ns, limit_ns, resolution_ns)
        return f"{_JUDGED_BY}: more than {beyond}."
    return ""


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
