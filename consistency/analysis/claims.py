"""Claims: holds, broken, or cannot tell, and why.

A claim, the entities of each action and the findings of the checkers come in, a ClaimVerdict goes out. Claims about
quantiles, shares and checkers have modules of their own; what is left is decided by one counterexample.

«Always visible»: one miss breaks it. Without a miss it holds as far as n entities can tell, and its reason prints what
share of counterexamples they do not exclude. An entity whose first attempt was late or not answered, or whose last one
was not, could have been missed: it is left out of n, and where more than 1 in 20 is, nobody can tell.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from consistency.analysis.checker_claims import judge_checker
from consistency.analysis.deciding import is_too_many
from consistency.analysis.entities import EntityColumns
from consistency.analysis.findings import Finding
from consistency.analysis.judgement import ClaimVerdict, Verdict
from consistency.analysis.quantile_claims import judge_quantile
from consistency.analysis.share_claims import judge_share
from consistency.analysis.shares import measure_share
from consistency.analysis.words import write_duration, write_entities, write_exactly, write_list, write_percent_at_most
from consistency.claim import Claim
from consistency.operation import Action

_RIGHT_AFTER_NS = 1_000  # on virtual time an attempt may begin 1 ns behind the acknowledgement


def judge_claim(
    claim: Claim, measured: Mapping[Action, EntityColumns], findings: Sequence[Finding] = ()
) -> ClaimVerdict:
    """The verdict on `claim`, from the entities of its action or the finding of its checker."""
    if claim.is_about_checker:
        return judge_checker(claim, findings)
    entities = measured.get(Action(claim.subject)) if claim.subject in list(Action) else None
    if entities is None:
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, f"Nothing probed {claim.subject}.", None)
    if claim.quantile is not None and claim.limit_ns is not None:
        return judge_quantile(claim, entities, claim.quantile, claim.limit_ns)
    return judge_share(claim, entities) if claim.share else _judge_always_visible(claim, entities)


def _judge_always_visible(claim: Claim, entities: EntityColumns) -> ClaimVerdict:
    """Visible to the first attempt and ever after: a retry, a flicker or an entity that was never seen breaks it."""
    n = len(entities)
    missed = np.flatnonzero(entities.misses)
    if len(missed):
        return ClaimVerdict(claim, Verdict.BROKEN, _describe_misses(entities, int(missed[0]), len(missed)), None)
    if n == 0:
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, "No entity was looked for, so nothing is known.", None)
    left_out, why = int((~(entities.first_known & entities.last_known)).sum()), _describe_left_out(entities)
    if is_too_many(left_out, n):
        reason = f"No counterexample in {write_entities(n)}, but {why}: each of these could have been a miss."
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, reason, None)
    most = write_percent_at_most(measure_share(0, n - left_out).upper)
    reason = f"No counterexample in {write_entities(n - left_out)} (at most {most}, 95 % one-sided)."
    caveat = f" {left_out:,} of {n:,} {_were(left_out)} left out: {why}." if left_out else ""
    return ClaimVerdict(claim, Verdict.HOLDS, reason + caveat, None, left_out)


def _describe_misses(entities: EntityColumns, row: int, missed: int) -> str:
    first = entities[row]
    since_ns = (each.invoked_ns - first.acknowledged_ns for each in first.attempts if each.told == "miss")
    missed_so = "still found" if entities.searches.terms.until_gone else "missed"
    miss_ns = next(each_ns for each_ns in since_ns if each_ns >= 0)
    after = "right" if miss_ns < _RIGHT_AFTER_NS else write_duration(miss_ns)
    return (
        f"{missed:,} of {write_entities(len(entities))} {_were(missed)} {missed_so}; the first of them is entity "
        f"{first.index} ({first.item.name}), {missed_so} {after} after its acknowledgement."
    )


def _describe_left_out(entities: EntityColumns) -> str:
    known, late = entities.first_known, entities.late
    prompt = write_exactly(entities.searches.terms.prompt_ns)
    reasons = [
        f"the {which} attempt for {count:,} {what}"
        for which, count, what in (
            ("first", int(late.sum()), f"came more than {prompt} after the acknowledgement"),
            ("first", int((~known & ~late).sum()), "was not answered"),
            ("last", int((known & ~entities.last_known).sum()), "was not answered"),
        )
        if count
    ]
    return write_list(reasons)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
