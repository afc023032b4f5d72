"""Claims: holds, broken, or cannot tell, and why.

A claim and the intervals of its action come in, a ClaimVerdict goes out. A quantile claim is decided by the one-sided
95 % bounds of the quantile, never by its estimate:

    holds          [-----*-----]   |               [--*--]: the bounds and the estimate
    cannot tell          [-----*---|--]                 |: the limit
    broken                         |  [----*----]

«Always visible» works the other way: one miss breaks it, and without a miss it holds as far as n entities can tell,
so its reason prints what share of counterexamples they do not exclude.
"""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from fractions import Fraction
from math import ceil

import numpy as np

from consistency.analysis.judgement import ClaimVerdict, QuantileEstimate, Verdict
from consistency.analysis.quantiles import ERROR, estimate_quantiles, lower_rank, upper_rank
from consistency.analysis.shares import measure_share
from consistency.analysis.summaries import find_answered
from consistency.analysis.visibility import VisibilityColumns
from consistency.claim import Claim
from consistency.durations import format_duration
from consistency.operation import Action

_HOPELESS = 10**9  # more entities than anybody will write


def judge_claim(claim: Claim, measured: Mapping[Action, VisibilityColumns]) -> ClaimVerdict:
    """The verdict on `claim` about first-visible latency, from the columns of its action."""
    columns = measured.get(Action(claim.action)) if claim.action in list(Action) else None
    if columns is None:
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, f"Nothing probed {claim.action}.", None)
    if claim.quantile is None or claim.limit_ns is None:
        return _judge_always_visible(claim, columns)
    return _judge_quantile(claim, columns, claim.quantile, claim.limit_ns)


def _judge_always_visible(claim: Claim, columns: VisibilityColumns) -> ClaimVerdict:
    """Visible to the first attempt and ever after: a retry, a flicker or an entity that was never seen breaks it."""
    n = int(find_answered(columns).sum())
    missed = np.flatnonzero(columns.misses)
    if len(missed):
        return ClaimVerdict(claim, Verdict.BROKEN, _describe_misses(columns, int(missed[0]), len(missed), n), None)
    if n == 0:
        return ClaimVerdict(claim, Verdict.CANNOT_TELL, "No attempt was answered, so nothing is known.", None)
    most = measure_share(0, n).upper
    reason = f"No counterexample in {n:,} entities (at most {100 * most:.2g} % with 95 % confidence)."
    return ClaimVerdict(claim, Verdict.HOLDS, reason, None)


def _describe_misses(columns: VisibilityColumns, row: int, missed: int, n: int) -> str:
    first = columns[row]
    miss_ns = next(a.invoked_ns for a in first.attempts if a.told == "miss") - first.acknowledged_ns
    return (
        f"{missed:,} of {n:,} entities were missed; the first of them is entity {first.index} ({first.item.name}), "
        f"missed {format_duration(miss_ns)} after its acknowledgement."
    )


def _judge_quantile(claim: Claim, columns: VisibilityColumns, quantile: Fraction, limit_ns: int) -> ClaimVerdict:
    (estimate,) = estimate_quantiles(columns.lower_ns, columns.upper_ns, [quantile])
    name, bounds = f"p{float(100 * quantile):g}", f"(95 % confidence, {estimate.n:,} entities)"
    limit = format_duration(limit_ns)
    if estimate.bound_upper_ns is not None and estimate.bound_upper_ns <= limit_ns:
        reason = f"{name} is at most {format_duration(estimate.bound_upper_ns)} {bounds}; the limit is {limit}."
        return ClaimVerdict(claim, Verdict.HOLDS, reason, None)
    if estimate.bound_lower_ns > limit_ns:
        reason = f"{name} is above {format_duration(estimate.bound_lower_ns)} {bounds}; the limit is {limit}."
        return ClaimVerdict(claim, Verdict.BROKEN, reason, None)
    surely, possibly = int((columns.upper_ns <= limit_ns).sum()), int((columns.lower_ns <= limit_ns).sum())
    more = _plan_more_entities(estimate, surely, possibly)
    reason = _explain_doubt(name, estimate, limit, bounds, unresolved=more is None)
    return ClaimVerdict(claim, Verdict.CANNOT_TELL, reason, more)


def _explain_doubt(name: str, estimate: QuantileEstimate, limit: str, bounds: str, *, unresolved: bool) -> str:
    if estimate.n < estimate.needs:
        return f"{name} needs {estimate.needs:,} entities, there are {estimate.n:,}."
    upper_ns = estimate.bound_upper_ns
    least = format_duration(estimate.bound_lower_ns)
    between = f"above {least} and not bounded above" if upper_ns is None else f"{least} to {format_duration(upper_ns)}"
    reason = f"{name} is {between} {bounds}; the limit of {limit} lies within."
    return f"{reason} More entities alone would not decide: probe more often, or longer." if unresolved else reason


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
