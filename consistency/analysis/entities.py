"""Entities: the searches of several readers for one entity, made one.

Columns of searches come in, columns of entities go out. Where one reader looked, they are the same.

An entity counts as visible when it is visible to every reader that looked for it, so its latency is that of the reader
who saw it last. Readers of one entity are no independent samples of the store: counting each search, 15 entities with
two readers would pass for 30, and every confidence would be too high. A maximum of latencies lies between the maximum
of their lower ends and the maximum of their upper ends (open if one of them is). Where the store tells every reader
the same at one time, as the embedded emulator does, the truth lies in each of the intervals, and so in this one too:
    reader-1    0     (------]              |
    reader-2    0         (------------]    |     the entity: (------------]
    reader-3    0  (--]                     |     the ends of reader-2, here
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from consistency.analysis.judgement import Visibility
from consistency.analysis.searching import ENDINGS, find_delays_ns, find_last
from consistency.analysis.series import Mask
from consistency.analysis.visibility import VisibilityColumns
from consistency.history import NEVER, Column


@dataclass(frozen=True, eq=False)
class EntityColumns(Sequence[Visibility]):
    """One row for each entity; `entities[i]` is its Visibility. An upper end that is open is NEVER.

    `begins` is the entity's first search. `first_known`: every reader's first attempt was prompt, and was answered;
    only then `first_missed` says what an attempt at once tells. `last_known`: every reader's last attempt was answered.
    """

    searches: VisibilityColumns
    begins: Column
    lower_ns: Column
    upper_ns: Column
    stable_lower_ns: Column
    stable_upper_ns: Column
    retries: Column
    misses: Column
    flickers: Column
    ending: Column
    late: Mask
    delay_ns: Column
    first_known: Mask
    first_missed: Mask
    last_known: Mask

    def __len__(self) -> int:
        return len(self.begins)

    def __getitem__(self, row: int) -> Visibility:  # type: ignore[override]  # a slice of rows is a slice of columns
        end = self.begins[row + 1] if row + 1 < len(self) else len(self.searches)
        searches = [self.searches[place] for place in range(self.begins[row], end)]
        if len(searches) == 1:
            return searches[0]
        attempts = sorted((each for search in searches for each in search.attempts), key=lambda each: each.invoked_ns)
        return replace(
            searches[0],
            process=", ".join(search.process for search in searches),
            probe_delay_ns=int(self.delay_ns[row]),
            lower_ns=int(self.lower_ns[row]),
            upper_ns=_closed(self.upper_ns[row]),
            stable_lower_ns=int(self.stable_lower_ns[row]),
            stable_upper_ns=_closed(self.stable_upper_ns[row]),
            retries=int(self.retries[row]),
            flickers=int(self.flickers[row]),
            errors=sum(search.errors for search in searches),
            ending=ENDINGS[self.ending[row]],
            late=bool(self.late[row]),
            attempts=tuple(attempts),
        )


def _closed(end_ns: np.int64) -> int | None:
    return None if end_ns == NEVER else int(end_ns)


def combine_searches(searches: VisibilityColumns) -> EntityColumns:
    """The entities of `searches`: the rule of this module's docstring for both ends of both intervals.

    An entity has as many retries as the reader who needed most; it was missed at first if some reader's first attempt
    missed it; misses and flickers add up.
    """
    series = searches.series
    begins = np.flatnonzero(np.diff(series.write_rows, prepend=-1))  # searches for one entity lie side by side

    def highest(values: Column) -> Column:
        return np.maximum.reduceat(values, begins)

    first_hit, first_miss = series.hit[series.begins], series.miss[series.begins]
    unknown = searches.late | ~(first_hit | first_miss)
    return EntityColumns(
        searches,
        begins,
        lower_ns=highest(searches.lower_ns),
        upper_ns=highest(searches.upper_ns),
        stable_lower_ns=highest(searches.stable_lower_ns),
        stable_upper_ns=highest(searches.stable_upper_ns),
        retries=highest(searches.retries),
        misses=np.add.reduceat(searches.misses, begins),
        flickers=np.add.reduceat(searches.flickers, begins),
        ending=highest(searches.ending),
        late=highest(searches.late.astype(np.int64)) > 0,
        delay_ns=highest(find_delays_ns(series)),
        first_known=highest(unknown.astype(np.int64)) == 0,
        first_missed=highest(first_miss.astype(np.int64)) > 0,
        last_known=highest((~(series.hit | series.miss)[find_last(series)]).astype(np.int64)) == 0,
    )
