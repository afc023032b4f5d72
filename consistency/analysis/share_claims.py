"""Claims about a share of entities: decided by its exact one-sided 95 % bounds.

The entities of an action come in, a ClaimVerdict goes out. The unit is the entity, not the read: the reads of an entity
are no independent samples, and one that waits long is missed by a hundred of them.

    missed_first   the first attempt missed it
    stale          some attempt after the acknowledgement missed it
    never_seen     it was still missing at the deadline

An entity of which nobody knows it does not belong where the claim is to be broken. Where it is to hold, those that were
cut off before the deadline count as never seen, since they waited longest; of the others up to 1 in 20 are left out;
with more of them it cannot hold.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Final

import numpy as np

from consistency.analysis.deciding import find_enough, is_too_many
from consistency.analysis.entities import EntityColumns
from consistency.analysis.judgement import ClaimVerdict, Ending, Verdict
from consistency.analysis.searching import ENDINGS
from consistency.analysis.shares import bound_share
from consistency.analysis.words import (
    write_entities,
    write_percent_at_least,
    write_percent_at_most,
    write_percent_between,
)
from consistency.claim import MISSED_FIRST, NEVER_SEEN, STALE, Claim
from consistency.history import NEVER


@dataclass(frozen=True, slots=True)
class Tally:
    """`count` of `n` entities are known to belong to the share, `most` of `n` may; `left_out` are not among the n."""

    count: int
    most: int
    n: int
    left_out: int = 0


def judge_share(claim: Claim, entities: EntityColumns) -> ClaimVerdict:
    """The verdict on a claim that a share of entities is at most `claim.most`."""
    tally, limit = TALLIES[claim.share](entities), float(claim.most)
    lower, _ = bound_share(tally.count, tally.n + tally.left_out)
    upper = 1.0 if is_too_many(tally.left_out, tally.n + tally.left_out) else bound_share(tally.most, tally.n)[1]
    fate = _WORDS[claim.share].format(*_FATES[entities.searches.terms.until_gone])
    known = f"{tally.count:,} of {write_entities(tally.n)} {'was' if tally.count == 1 else 'were'} {fate}"
    is_limit = f"(95 % one-sided); the limit is {100 * limit:g} %."
    if upper <= limit:
        verdict, bounds = Verdict.HOLDS, f"at most {write_percent_at_most(upper)} {is_limit}"
    elif lower > limit:
        verdict, bounds = Verdict.BROKEN, f"more than {write_percent_at_least(lower)} {is_limit}"
    else:
        between = write_percent_between(lower, upper)
        verdict, bounds = (
            Verdict.CANNOT_TELL,
            f"{between} (95 % one-sided at each end); the limit of {100 * limit:g} % lies within.",
        )
    more = _plan_more_entities(tally, claim.most) if verdict is Verdict.CANNOT_TELL else None
    reason = f"{known}: {bounds}{_describe_left_out(tally)}"
    return ClaimVerdict(claim, verdict, reason, more, tally.left_out)


def _describe_left_out(tally: Tally) -> str:
    unknown, left_out = tally.most - tally.count, tally.left_out
    more = f" {write_entities(unknown)} more may belong to them: nobody looked to the end." if unknown else ""
    were = f" {write_entities(left_out)} {'was' if left_out == 1 else 'were'} left out: late, or not answered."
    return more + (were if left_out else "")


def _plan_more_entities(tally: Tally, limit: Fraction) -> int | None:
    """How many more entities would decide, if the same shares of them belong and may belong; None where none would."""
    n, most = tally.n, float(limit)
    if is_too_many(tally.left_out, n + tally.left_out):
        return None
    if tally.most < limit * n or not n:
        enough = find_enough(n, lambda count: bound_share(ceil(Fraction(tally.most * count, n or 1)), count)[1] <= most)
    elif tally.count > limit * n:
        enough = find_enough(n, lambda count: bound_share(floor(Fraction(tally.count * count, n)), count)[0] > most)
    else:
        return None
    return None if enough is None else enough - n


def _tally_first(entities: EntityColumns) -> Tally:
    known = int(entities.first_known.sum())
    count = int((entities.first_missed & entities.first_known).sum())
    return Tally(count, count, known, len(entities) - known)


def _tally_stale(entities: EntityColumns) -> Tally:
    stale = entities.misses > 0
    known = int((stale | (entities.first_known & entities.last_known)).sum())
    return Tally(int(stale.sum()), int(stale.sum()), known, len(entities) - known)


def _tally_never_seen(entities: EntityColumns) -> Tally:
    missed = int((entities.ending == ENDINGS.index(Ending.MISSED)).sum())
    cut_off = np.isin(entities.ending, [ENDINGS.index(Ending.UNANSWERED), ENDINGS.index(Ending.STOPPED)])
    behind = (entities.upper_ns != NEVER) & (entities.delay_ns > entities.searches.terms.deadline_ns)
    return Tally(missed, missed + int((cut_off | behind).sum()), len(entities))


TALLIES: Final[dict[str, Callable[[EntityColumns], Tally]]] = {
    MISSED_FIRST: _tally_first,
    STALE: _tally_stale,
    NEVER_SEEN: _tally_never_seen,
}
_WORDS: Final = {
    MISSED_FIRST: "{0} by the first attempt",
    STALE: "{0} by some attempt after the acknowledgement",
    NEVER_SEEN: "still {1} at the deadline",
}
_FATES: Final = (("missed", "missing"), ("still found", "found"))  # until it is found, until it is gone
