"""The sentences of the first screen: what was found, how sure that is, what the tail is, and who needed retries.

Material comes in, sentences go out; the figure that matters in each is set between **. They name actions, numbers and
codes, and quote nothing of the plan but its limits, so every format can mark them up in its own way.

The number in "90 % were visible within X" is the upper end of the estimate: within X that share had surely been seen.
"""

from consistency.analysis.judgement import ActionSummary, ClaimVerdict, QuantileEstimate, Verdict
from consistency.analysis.words import (
    capitalize,
    write_at_least,
    write_at_most,
    write_count,
    write_exactly,
    write_list,
    write_percent_at_most,
)
from consistency.operation import Outcome
from consistency.report.clauses import (
    bound_clause,
    codes_clause,
    late_clause,
    longest_clause,
    missed_clause,
    never_seen_clause,
    nothing_seen_clause,
)
from consistency.report.findings import MEANINGS, say_found
from consistency.report.material import Material, find_quantile, name_action, name_one, name_quantile, say_sure
from consistency.report.steps import name_step

SIGNS = {Verdict.HOLDS: "✓", Verdict.BROKEN: "✗", Verdict.CANNOT_TELL: "?"}
NOTHING = "No write was acknowledged, so nothing can be said about visibility."


def say_finding(material: Material) -> str:
    """The first sentence: the claim that decides the verdict; without claims, what was found of the slowest probe."""
    claim, summary = leading_claim(material), leading_summary(material)
    if material.judgement.doubt:
        return f"{material.judgement.doubt} **Cannot tell**."
    if claim is None:
        return _say_unclaimed(material, summary) if summary else _say_unprobed(material)
    if summary is None and not claim.claim.is_about_checker:
        return f"{NOTHING} {_conclude(claim)}"
    return _say_claimed(material, summary, claim)


def say_tail(material: Material) -> str:
    """The second sentence: never seen, missed by the first attempt, and the longest wait with its entity; what nobody
    looked for stands apart. Nothing where the whole run is in doubt."""
    summary = leading_summary(material)
    if summary is None or material.judgement.doubt:
        return ""
    clauses = (
        never_seen_clause(material, summary),
        missed_clause(material, summary),
        late_clause(summary),
        longest_clause(material, summary),
    )
    return " ".join(filter(None, clauses))


def say_retries(material: Material) -> str:
    """Which actions needed retries, which never did, and of which nobody can tell."""
    if material.judgement.doubt:
        return ""
    retried = [summary for summary in material.probed if summary.retried]
    rest = [summary for summary in material.probed if not summary.retried]
    never = [summary for summary in rest if summary.missed_first.n == summary.n]
    untold = [summary for summary in rest if summary.missed_first.n < summary.n]
    return " ".join(filter(None, (_say_retried(retried), _say_never_retried(never), *map(_say_untold, untold))))


def say_more(claim: ClaimVerdict) -> str:
    """How many more entities would decide, or nothing."""
    if claim.verdict is not Verdict.CANNOT_TELL or not claim.more_entities:
        return ""
    return f"about {write_count(claim.more_entities, 'more entity', 'more entities')} would decide"


def leading_claim(material: Material) -> ClaimVerdict | None:
    """The claim that the first sentence is about: of those with the run's verdict the one about the highest quantile,
    or the first where none has a limit."""
    deciding = [claim for claim in material.judgement.claims if claim.verdict is material.judgement.verdict]
    return max(deciding, key=lambda claim: claim.claim.quantile or 0, default=None)


def leading_summary(material: Material) -> ActionSummary | None:
    """The probe that the first sentences are about: the leading claim's, else the one with most misses."""
    claim = leading_claim(material)
    if claim is not None and not claim.claim.is_about_checker:
        return next((summary for summary in material.probed if summary.action == claim.claim.subject), None)
    misses = ((summary.retried, summary.never_seen.count) for summary in material.probed)
    ranked = sorted(zip(misses, material.probed, strict=True), key=lambda pair: pair[0], reverse=True)
    return ranked[0][1] if ranked else None


def _conclude(claim: ClaimVerdict, gone: bool = False) -> str:
    limit_ns, subject = claim.claim.limit_ns, "Always gone" if gone else "Always visible"
    if limit_ns is not None:
        subject = f"Limit {write_exactly(limit_ns)}"
    elif claim.claim.share:
        subject = f"Limit {float(100 * claim.claim.most):g} %"
    elif claim.claim.most:
        subject = f"Limit {claim.claim.most}"
    elif claim.claim.is_about_checker:
        subject = f"No violation of {name_action(claim.claim.subject)}"
    return "; ".join(filter(None, (f"{subject}: **{claim.verdict}**", say_more(claim)))) + "."


def _say_always(material: Material, summary: ActionSummary, claim: ClaimVerdict) -> str:
    name, share, gone = name_action(summary.action), summary.missed_first, bool(material.name_gone(summary.action))
    fate = "still found" if gone else "missed"
    entities = write_count(share.n, "entity", "entities")
    if claim.verdict is Verdict.HOLDS and not claim.left_out:
        bound = f"at most {write_percent_at_most(share.upper)} of entities are {fate}, 95 % one-sided"
        each = f"each was {'gone for' if gone else 'seen by'} its first {name}"
        return f"No counterexample in **{entities}**: {each} ({bound}). {_conclude(claim, gone)}"
    if not share.count:
        return f"{claim.reason} {_conclude(claim, gone)}"
    missed = f"**{share.count:,} of {entities}** {'was' if share.count == 1 else 'were'} {fate} by the first {name}"
    return f"{missed} ({say_sure(share)}). One miss is enough. {_conclude(claim, gone)}"


def _say_claimed(material: Material, summary: ActionSummary | None, claim: ClaimVerdict) -> str:
    if claim.claim.is_about_checker and claim.verdict is Verdict.BROKEN:
        return f"{_say_broken(claim)} {_conclude(claim)}"
    if summary is None or claim.claim.is_about_checker or claim.claim.share:
        return f"{claim.reason} {_conclude(claim)}"
    if claim.claim.limit_ns is None:
        return _say_always(material, summary, claim)
    estimate = find_quantile(summary, claim.claim.quantile)
    if estimate is None:
        return f"{claim.reason} {_conclude(claim)}"
    bound = bound_clause(material, summary, estimate, claim)
    return " ".join(filter(None, (_say_quantile(material, summary, estimate), bound, _conclude(claim))))


def _say_broken(claim: ClaimVerdict) -> str:
    """What the violation of a checker means for an application, and then how often, how much, and which was first."""
    meaning = MEANINGS.get(claim.claim.subject, "")
    return f"**{capitalize(meaning)}**: {claim.reason}" if meaning else claim.reason


def _say_unprobed(material: Material) -> str:
    """Of a workload that nobody probes: its transactions, and what was found in them."""
    writes = material.judgement.pacing.writes
    if not material.plan.workload.is_transactional or not writes[Outcome.OK]:
        return NOTHING
    done = f"**{writes[Outcome.OK]:,} of {write_count(writes.total(), 'transaction')}** were acknowledged."
    return f"{done} {say_found(material) or 'No checker found an anomaly in them.'}"


def _say_unclaimed(material: Material, summary: ActionSummary) -> str:
    if not summary.retries:
        return nothing_seen_clause(material, summary)
    seen = [each for each in summary.quantiles if summary.n >= each.needs and each.upper_ns is not None]
    if seen:
        return _say_quantile(material, summary, seen[-1])
    entities = f"{write_count(summary.n, 'entity', 'entities')} {'was' if summary.n == 1 else 'were'}"
    needs = min((each.needs for each in summary.quantiles), default=0)
    why = f"too few for any percentile (p50 needs {needs:,})" if summary.n < needs else "too many were never seen"
    return f"{entities} probed by {name_one(summary.action)}, {why}."


def _say_quantile(material: Material, summary: ActionSummary, estimate: QuantileEstimate) -> str:
    share, probe = f"{float(estimate.quantile * 100):g} %", name_one(summary.action)
    gone, writes = material.name_gone(summary.action), name_step(material).writes
    if not summary.retries:
        return nothing_seen_clause(material, summary)
    if summary.n < estimate.needs:
        needs = f"{name_quantile(estimate.quantile)} needs {estimate.needs:,} entities and this run has {summary.n:,}"
        return f"{needs}, so it names no time within which {share} of entities are visible to {probe}."
    resolution_ns = material.resolution_ns(summary.action, estimate.lower_ns, estimate.upper_ns)
    interval = material.write_sure(summary.action, estimate)
    sure = f"({interval}; {write_count(summary.n, 'entity', 'entities')})"
    if estimate.upper_ns is None:
        wait = f"**at least {write_at_least(estimate.lower_ns, resolution_ns)}** after the write's acknowledgement"
        became = f"{gone} went for" if gone else f"{writes} became visible to"
        cut_off = "when nobody looked any more" if summary.unanswered + summary.stopped else "after the deadline"
        return f"{share} of {became} {probe} only {cut_off}, {wait} {sure}."
    within = f"**{write_at_most(estimate.upper_ns, resolution_ns)}**"
    were = f"{gone} were gone for" if gone else f"{writes} were visible to"
    return f"{share} of {were} {probe} within {within} of the write's acknowledgement {sure}."


def _say_retried(summaries: list[ActionSummary]) -> str:
    clauses = []
    for summary in summaries:
        share = f"{summary.retried:,} of {write_count(summary.n, 'entity', 'entities')}"
        clauses.append(f"**{name_action(summary.action, 2)}** needed retries for {share} ({_say_most(summary)})")
    return capitalize(f"{write_list(clauses)}.") if clauses else ""


def _say_most(summary: ActionSummary) -> str:
    """The most retries until an entity was seen, as the table has them: those of one never seen have no end."""
    seen = summary.retries.total()
    if not seen:
        return "none was seen"
    most = f"up to {max(summary.retries):,}"
    return most if seen == summary.n else f"{most} by those that were seen"


def _say_never_retried(summaries: list[ActionSummary]) -> str:
    if not summaries:
        return ""
    names = capitalize(write_list([f"**{name_action(summary.action, 2)}**" for summary in summaries]))
    counts = write_list([f"0 of {summary.n:,}" for summary in summaries])
    entities = "entity" if summaries[-1].n == 1 else "entities"
    bound = write_percent_at_most(max(summary.missed_first.upper for summary in summaries))
    return f"{names} never needed a retry ({counts} {entities}; at most {bound} of entities do, 95 % one-sided)."


def _say_untold(summary: ActionSummary) -> str:
    """No miss, but first attempts that were late or not answered: each of them could have been one."""
    unknown = summary.n - summary.missed_first.n
    codes = f" (errors: {codes_clause(summary)})" if summary.errors else ""
    return (
        f"**{capitalize(name_action(summary.action, 2))}** missed no entity, but the first attempts for {unknown:,} of "
        f"{summary.n:,} were late or not answered{codes}: each of these could have been a miss."
    )
