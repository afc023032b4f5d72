"""Summaries: all series of one action, in counts and quantiles.

Columns of visibilities come in, one ActionSummary goes out. Shares are of searches; a search that got no answer at all
tells neither hit nor miss, so it does not count among those that the first attempt could have missed.
"""

from collections import Counter

import numpy as np

from consistency.analysis.judgement import ActionSummary
from consistency.analysis.quantiles import estimate_quantiles, summarize_durations
from consistency.analysis.series import Mask, Series
from consistency.analysis.shares import measure_share
from consistency.analysis.visibility import VisibilityColumns
from consistency.history import NEVER, Column


def summarize_action(columns: VisibilityColumns) -> ActionSummary:
    """The summary of every search of one action."""
    series = columns.series
    seen = columns.upper_ns != NEVER
    times_ns = series.completed_ns - series.invoked_ns
    return ActionSummary(
        series.action,
        n=len(columns),
        never_seen=measure_share(int((~seen).sum()), len(columns)),
        missed_first=measure_share(int((columns.retries > 0).sum()), int(find_answered(columns).sum())),
        retries=_count_values(columns.retries[seen]),
        flickered=int((columns.flickers > 0).sum()),
        errors=_count_errors(series),
        quantiles=estimate_quantiles(columns.lower_ns, columns.upper_ns),
        stable_quantiles=estimate_quantiles(columns.stable_lower_ns, columns.stable_upper_ns),
        hit_times=summarize_durations(times_ns[series.hit]),
        miss_times=summarize_durations(times_ns[series.miss]),
        visibilities=tuple(columns),
    )


def find_answered(columns: VisibilityColumns) -> Mask:
    """The series in which at least one attempt told hit or miss."""
    answered: Mask = (columns.upper_ns != NEVER) | (columns.misses > 0)
    return answered


def _count_values(values: Column) -> Counter[int]:
    found, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(found.tolist(), counts.tolist(), strict=True)))


def _count_errors(series: Series) -> Counter[str]:
    return Counter(series.told(int(attempt)) for attempt in np.flatnonzero(~(series.hit | series.miss)))
