"""Summaries: all entities of one action, in counts and quantiles.

Columns of entities come in, one ActionSummary goes out. Shares are of entities. An entity that nobody looked for at the
deadline, or at once, is neither missing nor seen there: it counts among neither, and widens the bounds of the share
that are missing, since those that wait longest are cut off first.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction

import numpy as np

from consistency.analysis.entities import EntityColumns
from consistency.analysis.judgement import ActionSummary, Ending, Share
from consistency.analysis.quantiles import QUANTILES, estimate_quantiles, summarize_durations
from consistency.analysis.searching import ENDINGS
from consistency.analysis.series import Series
from consistency.analysis.shares import measure_share
from consistency.history import NEVER, Column


def summarize_action(
    entities: EntityColumns,
    quantiles: Iterable[Fraction] = QUANTILES,
    readers: Mapping[str, ActionSummary] | None = None,
) -> ActionSummary:
    """The summary of every entity of one action. `readers`: the summaries of each reader, where there are several."""
    searches, n = entities.searches, len(entities)
    series, terms = searches.series, searches.terms
    seen = entities.upper_ns != NEVER
    endings = {ending: int((entities.ending == place).sum()) for place, ending in enumerate(ENDINGS)}
    behind_deadline = int((seen & (entities.delay_ns > terms.deadline_ns)).sum())
    unknown = endings[Ending.UNANSWERED] + endings[Ending.STOPPED] + behind_deadline
    times_ns = series.completed_ns - series.invoked_ns
    visibilities = tuple(entities)
    return ActionSummary(
        series.action,
        n,
        never_seen=measure_share_within(endings[Ending.MISSED], unknown, n),
        unanswered=endings[Ending.UNANSWERED],
        stopped=endings[Ending.STOPPED],
        behind_deadline=behind_deadline,
        missed_first=measure_share(
            int((entities.first_missed & entities.first_known).sum()), int(entities.first_known.sum())
        ),
        late=int(entities.late.sum()),
        prompt_ns=terms.prompt_ns,
        retried=int((entities.retries > 0).sum()),
        retries=_count_values(entities.retries[seen]),
        flickered=int((entities.flickers > 0).sum()),
        errors=_count_errors(series),
        quantiles=estimate_quantiles(entities.lower_ns, entities.upper_ns, quantiles),
        stable_quantiles=estimate_quantiles(entities.stable_lower_ns, entities.stable_upper_ns, quantiles),
        hit_times=summarize_durations(times_ns[series.hit]),
        miss_times=summarize_durations(times_ns[series.miss]),
        visibilities=visibilities,
        searches=visibilities if len(searches) == n else tuple(searches),
        readers=readers or {},
    )


def measure_share_within(count: int, unknown: int, n: int) -> Share:
    """`count` of `n`, where `unknown` others may belong to them or not: from the lower bound with none of these to the
    upper bound with all of them."""
    lower, upper = measure_share(count, n).lower, measure_share(count + unknown, n).upper
    return Share(count, n, lower, upper)


def _count_values(values: Column) -> Counter[int]:
    found, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(found.tolist(), counts.tolist(), strict=True)))


def _count_errors(series: Series) -> Counter[str]:
    return Counter(map(series.code_of, series.failed.tolist()))
