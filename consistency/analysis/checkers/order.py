"""Order: whether ordered queries returned their results in the order that they were asked for.

A history comes in, a finding goes out. An index that lags behind its entities puts an entity where its old value
belongs, and the query returns it there with its new value:

    asked for newest first    12:04   12:03   12:09   12:01
                                              ^ found at the place of 12:02, its old value

One answer shows it alone, so neither clocks nor writes are looked at. Nothing is said of what the limit cut off: that
an entity is lacking which belongs among the first is for `missing` to find.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from consistency.analysis.checkers.conclusions import Evidence, find
from consistency.analysis.findings import Anomalies, Anomaly, Finding
from consistency.history import History

_EPOCH = datetime.fromtimestamp(0, UTC)


def check_wrong_order(history: History, clock_bound_ns: int = 0) -> Finding:
    """Ordered queries that returned a newer entity behind an older one."""
    del clock_bound_ns
    several = [row for row, order in sorted(history.orders.items()) if len(order) > 1]
    guilty = [row for row in several if any(earlier < later for earlier, later in pairwise(history.orders[row]))]

    def build(number: int) -> Anomaly:
        row = guilty[number]
        query, order = history[row], history.orders[row]
        place = next(place for place in range(1, len(order)) if order[place - 1] < order[place])
        told = f"{query.process} asked for the newest first and was given {_write_time(order[place])} as number "
        told += f"{place + 1} of {len(order)}, behind {_write_time(order[place - 1])}."
        return Anomaly("wrong_order", query.item, (query,), told)

    noun = "ordered queries with several results"
    anomalies = Anomalies(len(guilty), build, np.array(guilty, np.int64))
    return find("wrong_order", Evidence(len(history.orders), len(several), anomalies, noun))


def _write_time(stamp_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=stamp_us)).strftime("%H:%M:%S.%f")
