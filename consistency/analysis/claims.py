"""Claims: holds, broken, or cannot tell, and why.

A claim and the entities of its action come in, a ClaimVerdict goes out. A quantile claim is decided by the one-sided
95 % bounds of the quantile, never by its estimate; an entity whose search was cut off is open above its last miss, so
that no bound leans on what nobody saw:

    holds          [-----*-----]   |               [--*--]: the bounds and the estimate
    cannot tell          [-----*---|--]                 |: the limit
    broken                         |  [----*----]

«Always visible» works the other way: one miss breaks it. Without a miss it holds as far as n entities can tell, and its
reason prints what share of counterexamples they do not exclude. An entity whose first attempt was late or not answered,
or whose last one was not, could have been missed: it is left out of n, and where more than 1 in 20 is, nobody can tell.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil

import numpy as np

from consistency.analysis.entities import EntityColumns
from consistency.analysis.judgement import ClaimVerdict, Ending, QuantileEstimate, Verdict
from consistency.analysis.quantiles import ERROR, estimate_quantiles, lower_rank, upper_rank
from consistency.analysis.searching import ENDINGS
from consistency.analysis.shares import measure_share
from consistency.analysis.words import (
    find_resolution_ns,
    write_at_least,
    write_beyond,
    write_confidence,
    write_count,
    write_duration,
    write_exactly,
    write_list,
    write_percent_at_most,
    write_within,
)
from consistency.claim import Claim
from consistency.operation import Action

LEFT_OUT_MOST = 20  # 1 in so many entities may be left out of «always visible»
_HOPELESS = 10**9  # more entities than anybody will write


def judge_claim(claim: Claim, measured: Mapping[Action, EntityColumns]) -> ClaimVerdict:
    """The verdict on `claim` about first-visible latency, from the entities of its action."""
    entities = measured.get(Action(claim.action)) if claim.action in list(Action) else None
    if entities is None:
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, f"Nothing probed {claim.action}.", None)
    if claim.quantile is None or claim.limit_ns is None:
        return _judge_always_visible(claim, entities)
    return _judge_quantile(claim, entities, claim.quantile, claim.limit_ns)


def _judge_always_visible(claim: Claim, entities: EntityColumns) -> ClaimVerdict:
    """Visible to the first attempt and ever after: a retry, a flicker or an entity that was never seen breaks it."""
    n = len(entities)
    missed = np.flatnonzero(entities.misses)
    if len(missed):
        return ClaimVerdict(claim, Verdict.BROKEN, _describe_misses(entities, int(missed[0]), len(missed)), None)
    if n == 0:
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, "No entity was looked for, so nothing is known.", None)
    left_out, why = int((~(entities.first_known & entities.last_known)).sum()), _describe_left_out(entities)
    if LEFT_OUT_MOST * left_out > n:
        reason = f"No counterexample in {_count(n)}, but {why}: each of these could have been a miss."
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, reason, None)
    most = write_percent_at_most(measure_share(0, n - left_out).upper)
    reason = f"No counterexample in {_count(n - left_out)} (at most {most} with 95 % confidence)."
    caveat = f" {left_out:,} of {n:,} {_were(left_out)} left out: {why}." if left_out else ""
    return ClaimVerdict(claim, Verdict.HOLDS, reason + caveat, None, left_out)


def _describe_misses(entities: EntityColumns, row: int, missed: int) -> str:
    first = entities[row]
    since_ns = (each.invoked_ns - first.acknowledged_ns for each in first.attempts if each.told == "miss")
    after = write_duration(next(miss_ns for miss_ns in since_ns if miss_ns >= 0))
    return (
        f"{missed:,} of {_count(len(entities))} {_were(missed)} missed; the first of them is entity {first.index} "
        f"({first.item.name}), missed {after} after its acknowledgement."
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


def _judge_quantile(claim: Claim, entities: EntityColumns, quantile: Fraction, limit_ns: int) -> ClaimVerdict:
    (estimate,) = estimate_quantiles(entities.lower_ns, entities.upper_ns, [quantile])
    interval_ns = entities.searches.terms.interval_ns
    resolution_ns = find_resolution_ns(estimate.lower_ns, estimate.upper_ns, interval_ns)
    name, bounds = f"p{float(100 * quantile):g}", f"(95 % confidence, {_count(estimate.n)})"
    limit = f"the limit is {write_exactly(limit_ns)}."
    if estimate.bound_upper_ns is not None and estimate.bound_upper_ns <= limit_ns:
        within = write_within(estimate.bound_upper_ns, limit_ns, resolution_ns)
        return ClaimVerdict(claim, Verdict.HOLDS, f"{name} is at most {within} {bounds}; {limit}", None)
    if estimate.bound_lower_ns > limit_ns:
        beyond = write_beyond(estimate.bound_lower_ns, limit_ns, resolution_ns)
        return ClaimVerdict(claim, Verdict.BROKEN, f"{name} is above {beyond} {bounds}; {limit}", None)
    surely, possibly = int((entities.upper_ns <= limit_ns).sum()), int((entities.lower_ns <= limit_ns).sum())
    more = _plan_more_entities(estimate, surely, possibly)
    if estimate.n < estimate.needs:
        reason = f"{name} needs {_count(estimate.needs)}, there {'is' if estimate.n == 1 else 'are'} {estimate.n:,}."
    else:
        between = _write_bounds(estimate, resolution_ns)
        reason = f"{name} is {between} {bounds}; the limit of {write_exactly(limit_ns)} lies within."
        reason += _explain_doubt(entities, limit_ns, unresolved=more is None)
    return ClaimVerdict(claim, Verdict.CANNOT_TELL, reason, more)


def _write_bounds(estimate: QuantileEstimate, resolution_ns: int) -> str:
    if estimate.bound_upper_ns is None and estimate.bound_lower_ns:
        return f"above {write_at_least(estimate.bound_lower_ns, resolution_ns)} and not bounded above"
    return write_confidence(estimate.bound_lower_ns, estimate.bound_upper_ns, resolution_ns)


def _explain_doubt(entities: EntityColumns, limit_ns: int, *, unresolved: bool) -> str:
    cut_off = np.isin(entities.ending, [ENDINGS.index(Ending.UNANSWERED), ENDINGS.index(Ending.STOPPED)])
    undecided = int((cut_off & (entities.lower_ns <= limit_ns)).sum())
    if undecided:
        searches = "search was" if undecided == 1 else "searches were"
        return f" {undecided:,} {searches} cut off within the limit, so nobody saw how they would have ended."
    return " More entities alone would not decide: probe more often, or longer." if unresolved else ""


def _plan_more_entities(estimate: QuantileEstimate, surely: int, possibly: int) -> int | None:
    """How many more entities would decide, if they are like those at hand: None where no number would.

    `surely` of the n entities were visible within the limit, `possibly` as many may have been. With the same shares
    among n' entities the claim holds where the upper rank of n' is among those surely within the limit, and is broken
    where the lower rank is beyond those possibly within. Neither comes true while the quantile lies between the
    shares: then the attempts are spaced too widely around the limit, or the search ended too early.
    """
    n, quantile = estimate.n, estimate.quantile
    if n and surely > quantile * n:
        enough = _search(n, lambda count: count * surely // n >= upper_rank(count, quantile, ERROR))
    elif n and possibly < quantile * n:
        enough = _search(n, lambda count: ceil(count * Fraction(possibly, n)) < lower_rank(count, quantile, ERROR))
    else:
        enough = None
    missing = max(0, estimate.needs - n)
    return max(enough - n, missing) if enough is not None else missing or None


def _search(n: int, decides: Callable[[int], bool]) -> int | None:
    """The smallest count above `n` that decides, found by doubling and halving; None where none below 10^9 does."""
    step = 1
    while not decides(n + step):
        step *= 2
        if n + step > _HOPELESS:
            return None
    return bisect_left(range(n + step), True, lo=n + step // 2, key=decides)


def _count(entities: int) -> str:
    return write_count(entities, "entity", "entities")


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
