"""Slots: which place of its stream's schedule each write has.

Series come in, their writes' places go out. A write that certainly failed is announced to nobody, so counting those
that were looked for would give every later entity the number of an earlier one, and make its write seem late:

    slot      0    1    2    3         the due time says the slot, since write k is due at start + k / rate
    written   ok   fail ok   ok
    counted   0    -    1    2
"""

import numpy as np

from consistency.analysis.series import Series
from consistency.durations import NS_PER_S
from consistency.history import Column
from consistency.plan import Plan
from consistency.schedule import Stream

_NEAR = 0.001  # of a period: a due time is rounded to a nanosecond, not to more


def find_slots(plan: Plan, start_ns: int, series: Series, stream: Stream) -> Column:
    """The slot of each series' write in `stream`; the series' own count where the due times are not this schedule's."""
    since_ns = series.history.due_ns[series.write_rows] - start_ns - plan.life_ns
    places = since_ns * float(plan.rate_per_s / NS_PER_S) - float(stream.phase)
    slots = np.rint(places).astype(np.int64)
    fits = len(slots) and slots.min() >= 0 and slots.max() < plan.entities and (abs(places - slots) < _NEAR).all()
    return slots if fits else series.index
