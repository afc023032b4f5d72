"""Claims about a quantile: decided by its one-sided 95 % bounds, never by its estimate.

The entities of an action come in, a ClaimVerdict goes out. An entity whose search was cut off is open above its last
miss, so that no bound leans on what nobody saw:

    holds          [-----*-----]   |               [--*--]: the bounds and the estimate
    cannot tell          [-----*---|--]                 |: the limit
    broken                         |  [----*----]
"""

from fractions import Fraction
from math import ceil

import numpy as np

from consistency.analysis.deciding import find_enough
from consistency.analysis.entities import EntityColumns
from consistency.analysis.judgement import ClaimVerdict, Ending, QuantileEstimate, Verdict
from consistency.analysis.quantiles import ERROR, estimate_quantiles, lower_rank, upper_rank
from consistency.analysis.searching import ENDINGS
from consistency.analysis.words import (
    NOT_BOUNDED,
    find_resolution_ns,
    write_at_least,
    write_beyond,
    write_entities,
    write_exactly,
    write_interval,
    write_within,
)
from consistency.claim import Claim


def judge_quantile(claim: Claim, entities: EntityColumns, quantile: Fraction, limit_ns: int) -> ClaimVerdict:
    """The verdict on a claim that `quantile` of first-visible latency is at most `limit_ns`."""
    (estimate,) = estimate_quantiles(entities.lower_ns, entities.upper_ns, [quantile])
    interval_ns = entities.searches.terms.interval_ns
    resolution_ns = find_resolution_ns(estimate.lower_ns, estimate.upper_ns, interval_ns)
    name, bounds = f"p{float(100 * quantile):g}", f"(95 % one-sided, {write_entities(estimate.n)})"
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
        there = f"there {'is' if estimate.n == 1 else 'are'} {estimate.n:,}"
        reason = f"{name} needs {write_entities(estimate.needs)}, {there}."
    else:
        between = _write_bounds(estimate, resolution_ns)
        bounds = bounds.replace("one-sided", "one-sided at each end") if between.startswith("between") else bounds
        reason = f"{name} is {between} {bounds}; the limit of {write_exactly(limit_ns)} lies within."
        reason += _explain_doubt(entities, limit_ns, unresolved=more is None)
    return ClaimVerdict(claim, Verdict.CANNOT_TELL, reason, more)


def _write_bounds(estimate: QuantileEstimate, resolution_ns: int) -> str:
    if estimate.bound_upper_ns is None:
        least = write_at_least(estimate.bound_lower_ns, resolution_ns)
        return NOT_BOUNDED if least == "any time" else f"above {least} and {NOT_BOUNDED} above"
    between = write_interval(estimate.bound_lower_ns, estimate.bound_upper_ns, resolution_ns, " and ")
    return f"between {between}" if " and " in between else between.replace("≤", "at most")


def _explain_doubt(entities: EntityColumns, limit_ns: int, *, unresolved: bool) -> str:
    cut_off = np.isin(entities.ending, [ENDINGS.index(Ending.UNANSWERED), ENDINGS.index(Ending.STOPPED)])
    undecided = int((cut_off & (entities.lower_ns <= limit_ns)).sum())
    if undecided:
        searches = "search was" if undecided == 1 else "searches were"
        return f" {undecided:,} {searches} stopped or unanswered within the limit: nobody saw how they would end."
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
        enough = find_enough(n, lambda count: count * surely // n >= upper_rank(count, quantile, ERROR))
    elif n and possibly < quantile * n:
        enough = find_enough(n, lambda count: ceil(count * Fraction(possibly, n)) < lower_rank(count, quantile, ERROR))
    else:
        enough = None
    missing = max(0, estimate.needs - n)
    return max(enough - n, missing) if enough is not None else missing or None
