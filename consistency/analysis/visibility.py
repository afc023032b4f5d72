"""Visibility: when did each acknowledged write become visible to one action?

Series of attempts come in; one interval for each goes out, counted from the acknowledgement.

    ack      miss   error  miss        hit    hit    miss   hit
     |        [===]  [==]   [===]       [===]  [=]    [==]   [==]     time ->
     0                      b               c         e         g
                            |--------------]|         |--------]|
              first-visible lies in (b, c]            stable-visible lies in (e, g]

A read shows the store at some instant between its invocation and its completion, and nobody knows at which. A miss may
have looked at once, so it excludes only what lies before its invocation (b, e). A hit may have looked at the last
moment, so it proves visibility only at its completion (c, g). Attempts without an answer move no end. Where hits
overlap, the earliest completion counts and not that of the first invocation, because any hit proves its own end:

    hit     [=====================]        asked first, and slow
    hit           [====]                   visible by the end of this one at the latest
                       c
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from consistency.analysis.judgement import Attempt, Visibility
from consistency.analysis.searching import ENDINGS, USUAL, Terms, find_endings, find_late
from consistency.analysis.series import Mask, Series
from consistency.history import NEVER, Column


@dataclass(frozen=True, eq=False)
class VisibilityColumns(Sequence[Visibility]):
    """One row for each series; `columns[i]` is its Visibility. An upper end that is open is NEVER.

    `retries` counts the misses before the first hit, `misses` all that began after the acknowledgement. `ending` holds
    places in ENDINGS; `late` tells whose first attempt was not prompt.
    """

    series: Series
    terms: Terms
    lower_ns: Column
    upper_ns: Column
    stable_lower_ns: Column
    stable_upper_ns: Column
    retries: Column
    misses: Column
    flickers: Column
    errors: Column
    ending: Column
    late: Mask

    def __len__(self) -> int:
        return len(self.series)

    def __getitem__(self, row: int) -> Visibility:  # type: ignore[override]  # a slice of rows is a slice of columns
        series, history, write = self.series, self.series.history, self.series.write_rows[row]
        attempts = Attempts(series, series.slice_of(row))
        acknowledged_ns = int(history.completed_ns[write])
        return Visibility(
            item=history.items[history.item[write]],
            index=int(series.index[row]),
            action=series.action,
            process=history.processes[history.process[series.rows[series.begins[row]]]],
            written_ns=int(history.invoked_ns[write]),
            acknowledged_ns=acknowledged_ns,
            probe_delay_ns=int(history.invoked_ns[series.rows[series.begins[row]]]) - acknowledged_ns,
            lower_ns=int(self.lower_ns[row]),
            upper_ns=_closed(self.upper_ns[row]),
            stable_lower_ns=int(self.stable_lower_ns[row]),
            stable_upper_ns=_closed(self.stable_upper_ns[row]),
            retries=int(self.retries[row]),
            flickers=int(self.flickers[row]),
            errors=int(self.errors[row]),
            ending=ENDINGS[self.ending[row]],
            late=bool(self.late[row]),
            attempts=attempts,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Attempts(Sequence[Attempt]):
    """The attempts of one search, built when they are first asked for: quantiles and claims hardly ever do, and a long
    run has millions. `places`: where they lie in the series."""

    series: Series
    places: slice
    _built: list[Attempt] = field(default_factory=list)

    def __len__(self) -> int:
        return int(self.places.stop - self.places.start)

    def __getitem__(self, place: int) -> Attempt:  # type: ignore[override]  # nobody cuts a slice of attempts
        if not self._built:
            self._built.extend(self._build())
        return self._built[place]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def _build(self) -> Iterator[Attempt]:
        history, rows = self.series.history, self.series.rows[self.places]
        due_ns, invoked_ns = history.due_ns[rows].tolist(), history.invoked_ns[rows].tolist()
        completed_ns = map(_closed, history.completed_ns[rows])
        told = map(self.series.told, range(self.places.start, self.places.stop))
        return map(Attempt, due_ns, invoked_ns, completed_ns, told)


def _closed(end_ns: np.int64) -> int | None:
    return None if end_ns == NEVER else int(end_ns)


def measure_visibility(series: Series, clock_bound_ns: int = 0, terms: Terms = USUAL) -> VisibilityColumns:
    """The interval of every series: the rules of this module's docstring, each one line over all attempts.

    First-visible: lower is the invocation of the last miss invoked before the first hit was, upper the earliest
    completion of a hit. Stable-visible: the last miss of all, and the earliest completion of a hit invoked after it.
    Both minus the acknowledgement and not below 0; without a hit the upper end is NEVER (right-censored). Where writer
    and reader have different clocks, `clock_bound_ns` (how far apart they may be) widens every interval.
    """
    hit, miss, invoked_ns = series.hit, series.miss, series.invoked_ns
    first_hit_ns = _lowest(series, np.where(hit, invoked_ns, NEVER))
    last_miss_ns = _highest(series, np.where(miss, invoked_ns, -NEVER))
    retry = miss & (invoked_ns < first_hit_ns[series.number])
    stable_hit = hit & (invoked_ns > last_miss_ns[series.number])
    return VisibilityColumns(
        series,
        terms,
        lower_ns=_lower_ends(series, retry, clock_bound_ns),
        upper_ns=_upper_ends(series, hit, clock_bound_ns),
        stable_lower_ns=_lower_ends(series, miss, clock_bound_ns),
        stable_upper_ns=_upper_ends(series, stable_hit, clock_bound_ns),
        retries=_count(series, retry),
        misses=_count(series, miss & (invoked_ns >= series.acknowledged_ns + clock_bound_ns)),
        flickers=_count(series, find_flickers(series)),
        errors=_count(series, ~(hit | miss)),
        ending=find_endings(series, terms),
        late=find_late(series, terms, clock_bound_ns),
    )


def find_flickers(series: Series) -> Mask:
    """The misses that follow a hit which had ended before they began: seen, then not seen.

    hit [==]    miss [==]            one change
    hit [=======]                    none: the miss may have looked first
           miss [==]
    """
    told = np.flatnonzero(series.hit | series.miss)
    before, after = told[:-1], told[1:]
    changed = series.hit[before] & series.miss[after] & (series.number[before] == series.number[after])
    apart = series.completed_ns[before] < series.invoked_ns[after]
    flickers = np.zeros(len(series.rows), bool)
    flickers[after[changed & apart]] = True
    return flickers


def _lower_ends(series: Series, misses: Mask, clock_bound_ns: int) -> Column:
    since_ns = series.invoked_ns - series.acknowledged_ns - clock_bound_ns
    return np.maximum(_highest(series, np.where(misses, since_ns, 0)), 0)


def _upper_ends(series: Series, hits: Mask, clock_bound_ns: int) -> Column:
    since_ns = series.completed_ns - series.acknowledged_ns + clock_bound_ns
    return _lowest(series, np.where(hits, np.maximum(since_ns, 0), NEVER))


def _lowest(series: Series, values: Column) -> Column:
    return np.minimum.reduceat(values, series.begins)


def _highest(series: Series, values: Column) -> Column:
    return np.maximum.reduceat(values, series.begins)


def _count(series: Series, attempts: Mask) -> Column:
    return np.bincount(series.number[attempts], minlength=len(series))
